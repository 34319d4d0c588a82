"""The operator as a process beside the cluster, under its own account, and what the tests of it share.

The program is SLUICE_BINARY, or the one that `make check` builds. `make test` names the one with ASan and UBSan: what
these find ends it, and the test that needed it fails with its log. RBAC is the real one: the kubeconfig is a certificate for the account that
deploy/rbac.yaml gives its rights to.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import cluster

BINARY = os.environ.get("SLUICE_BINARY", os.path.join(cluster.ROOT, "build", "check", "controller", "sluice"))
REGISTRY = "127.0.0.1:5000"
WEB = f"{REGISTRY}/test/web"
PATHS = {"Deployment": ("apps/v1", "deployments"), "StatefulSet": ("apps/v1", "statefulsets"),
         "DaemonSet": ("apps/v1", "daemonsets"), "CronJob": ("batch/v1", "cronjobs")}


class Operator:
    """One process. It is ended by stop() or kill(), by its process id. Without a kubeconfig it gets one with a certificate.
    within: the words of a program that becomes the operator."""

    def __init__(self, identity="one", port=18080, flags=(), kubeconfig=None, binary=None, within=()):
        self.identity, self.port, self._flags, self._binary, self._within = identity, port, flags, binary or BINARY, within
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-operator-")
        self._log = open(os.path.join(self._folder.name, "log"), "w+")
        groups = [word for group in cluster.OPERATOR_GROUPS for word in ("--group", group)]
        self._kubeconfig = kubeconfig or cluster.devcluster("kubeconfig", cluster.OPERATOR, *groups).strip()
        self.process = None

    def launch(self):
        """Starts it, and does not wait for anything."""
        self.process = subprocess.Popen(
            [*self._within, self._binary, "--kubeconfig", self._kubeconfig, "--identity", self.identity, "--bind", f"127.0.0.1:{self.port}",
             "--namespace", "sluice-system", "--insecure-registry", REGISTRY, *self._flags],
            stdout=self._log, stderr=self._log)
        return self

    def start(self):
        self.launch()
        try:
            cluster.eventually(f"operator {self.identity} is ready", self._is_ready, patience_s=60)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.log()}") from error
        return self

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"operator {self.identity} ended with {self.process.returncode}:\n{self.log()}")
        return self.get("/readyz")[0] == 200

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        """The sum of all series of that name."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def is_leading(self):
        return self.metric("leader_election_master_status") == 1

    def log(self, lines=40):
        self._log.flush()
        with open(self._log.name) as file:
            return "".join(file.readlines()[-lines:])

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, patience_s=60):
        """By SIGTERM, as a kubelet does; its exit code. It has 20 s for what it has begun; the sanitizer looks for leaks after that."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.signal(signal.SIGTERM)
        return self.process.wait(patience_s)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def finish(self):
        """Ends it, and says when it had not ended well. One that a test has stopped is woken, and its port is free in any case."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
        try:
            code = self.stop()
        finally:
            self.kill()
        text = self.log(200)
        self._log.close()
        self._folder.cleanup()
        if code not in (0, None, -signal.SIGKILL):
            raise AssertionError(f"operator {self.identity} ended with {code}:\n{text}")


class Kept(Operator):
    """An operator that is started again when it has ended, as a kubelet does, until finish(). codes: how it ended each time."""

    def __init__(self, *args, has_crash_file=True, **kwargs):
        super().__init__(*args, **kwargs)
        self._crashes = os.path.join(self._folder.name, "crashes")
        self._flags = (*self._flags, *(["--crash-file", self._crashes] if has_crash_file else []))
        self._is_over, self._lock = threading.Event(), threading.Lock()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.codes = []

    def start(self):
        self.launch()
        self._keeper.start()
        cluster.eventually(f"operator {self.identity} is ready", lambda: self.get("/readyz")[0] == 200)
        return self

    def _keep(self):
        while not self._is_over.wait(0.2):
            with self._lock:
                if self.process.poll() is not None:
                    self.codes.append(self.process.returncode)
                    self.launch()

    def kill(self):
        """It comes back, unless it is finished."""
        with self._lock:
            super().kill()

    def replace(self):
        """Another pod takes its place: what the old one had noted is gone."""
        with self._lock:
            super().kill()
            os.remove(self._crashes)
            self.codes.clear()
            self.launch()

    def finish(self):
        self._is_over.set()
        if self._keeper.is_alive():
            self._keeper.join()
        super().finish()


class Images:
    """Versions of a small web server, in the cluster's registry: digests by tag."""

    _made = {}

    @classmethod
    def web(cls, tag, broken=False, repository="test/web", index=False):
        """The digest of repository:tag, made and pushed once. A broken one ends at once when it is started."""
        key = (repository, tag, broken, index)
        if key not in cls._made:
            with tempfile.TemporaryDirectory(prefix="sluice-image-") as folder:
                binary = os.path.join(folder, "web")
                source = os.path.join(cluster.ROOT, "demo", "web", "web.c")
                if broken:
                    source = os.path.join(folder, "broken.c")
                    with open(source, "w") as file:
                        file.write("int main(void) { return 1; }\n")
                subprocess.run(["gcc", "-O1", "-static", "-D_GNU_SOURCE", f'-DVERSION="{tag}"', "-o", binary, source], check=True)
                words = ["--ref", f"{repository}:{tag}", "--binary", binary, "--label", f"org.opencontainers.image.version={tag}"]
                reference = cluster.devcluster("image", *words, *(["--index"] if index else []))
                cls._made[key] = reference.strip().rsplit("@", 1)[1]
        return cls._made[key]


def workload(kind, name="web", channel="shop", replicas=2, image=None, **spec):
    """A workload as a user writes it: one container web, without an image."""
    container = {"name": "web", "ports": [{"containerPort": 8080}],
                 "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}}
    if image:
        container["image"] = image
    pod = {"containers": [container], "terminationGracePeriodSeconds": 1}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    if kind == "CronJob":
        del container["readinessProbe"]
        pod["restartPolicy"] = "Never"
        body = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
    else:
        body = {"selector": {"matchLabels": {"app": name}}, "template": template}
        if kind != "DaemonSet":
            body["replicas"] = replicas
    body.update(spec)
    return {"apiVersion": PATHS[kind][0], "kind": kind,
            "metadata": {"name": name, "labels": {"sluice.dev/channel": channel}}, "spec": body}


def channel(name="shop", **spec):
    body = {"artifacts": [{"name": "web", "image": WEB}],
            "workloads": [{"kind": "Deployment", "name": "web", "containers": {"web": "web"}}], **spec}
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "metadata": {"name": name}, "spec": body}


def by_digest(name, digest, artifact="web", to="shop"):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": name},
            "spec": {"channel": to, "artifacts": [{"name": artifact, "digest": digest}]}}


def promotion(name, to="shop", **spec):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": name},
            "spec": {"channel": to, **spec}}


class Case(unittest.TestCase):
    """Tests with one operator for the class and one namespace for each test."""

    maxDiff = None
    operator_flags = ()
    without_guard = False

    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()
        cls.operator = Operator(flags=cls.operator_flags).start()

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        cls.operator.finish()

    def setUp(self):
        self._namespaces = []
        self.namespace = self.new_namespace("op")

    def tearDown(self):
        for one in reversed(self._namespaces):
            one.__exit__(None, None, None)
        if self.operator.process.poll() is not None:
            self.fail(f"the operator has ended:\n{self.operator.log(80)}")

    def wait_for_the_others(self):
        """The operator has work with the namespaces of other tests until they are gone, and for ever with a channel that one has left behind."""
        cluster.namespaces_are_gone()
        channels = self.api.get(f"{cluster.GROUP}/releasechannels")["items"]
        there = {one["metadata"]["name"] for one in self.api.get("/api/v1/namespaces")["items"]}
        self.assertEqual([one for one in channels if one["metadata"]["namespace"] not in there], [], "left behind in a namespace that is gone")

    def new_namespace(self, prefix):
        context = cluster.namespace(prefix)
        self._namespaces.append(context)
        return context.__enter__()

    def path(self, kind, name="", namespace=None):
        group, plural = PATHS[kind]
        return f"/apis/{group}/namespaces/{namespace or self.namespace}/{plural}" + (f"/{name}" if name else "")

    def make(self, body, namespace=None):
        namespace = namespace or self.namespace
        kind = body["kind"]
        if kind == "ReleaseChannel":
            return self.api.create(cluster.channels(namespace), body)
        if kind == "Promotion":
            return self.api.create(cluster.promotions(namespace), body)
        return self.api.create(self.path(kind, namespace=namespace), body)

    def status(self, name="shop", namespace=None):
        return self.api.get(cluster.channels(namespace or self.namespace, name)).get("status", {})

    def promo(self, name, namespace=None):
        return self.api.get(cluster.promotions(namespace or self.namespace, name)).get("status", {})

    def wait_phase(self, name, phase, namespace=None, patience_s=90):
        """Waits for the promotion's phase; fails at once, with its words, when it ended otherwise."""
        def reached():
            status = self.promo(name, namespace)
            if status.get("phase") in ("Succeeded", "Failed", "Aborted", "Superseded") and status["phase"] != phase:
                raise AssertionError(f"promotion {name} is {status['phase']}: {self.message(status)}\n{self.operator.log()}")
            return status if status.get("phase") == phase else None
        try:
            return cluster.eventually(f"promotion {name} is {phase}", reached, patience_s=patience_s)
        except AssertionError as error:
            now = json.dumps(self.promo(name, namespace), indent=1)
            raise AssertionError(f"{error}\n{now}\n{self.operator.log()}") from error

    def bring(self, name, digest, namespace=None):
        """Promotes that digest into the channel shop; the promotion's status when it has succeeded."""
        self.make(by_digest(name, digest), namespace)
        return self.wait_phase(name, "Succeeded", namespace)

    def wait_condition(self, type_, reason=None, name="shop", namespace=None, true=True, part=""):
        """Until the channel has that condition, with a message that holds the part; returns it."""
        def found():
            one = self.condition(self.status(name, namespace), type_)
            is_it = one and (one["status"] == "True") == true and reason in (None, one["reason"]) and part in one["message"]
            return one if is_it else None
        try:
            return cluster.eventually(f"{name} has {type_} {reason or ''} {part}", found)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(self.status(name, namespace), indent=1)}\n{self.operator.log()}") from error

    @staticmethod
    def condition(status, type_):
        return next((one for one in status.get("conditions", []) if one["type"] == type_), None)

    def message(self, status):
        ready = self.condition(status, "Ready")
        return ready["message"] if ready else ""

    def told(self, name):
        """How often each reason was told of the object of that name."""
        told = {}
        for one in self.api.get(f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events")["items"]:
            if one["regarding"]["name"] == name:
                told[one["reason"]] = told.get(one["reason"], 0) + one.get("series", {}).get("count", 1)
        return told

    def wait_told(self, name, *reasons):
        """An event comes right behind the status that it tells of, so whoever has seen the status may have to wait for it."""
        return cluster.eventually(f"{name} is told of: {', '.join(reasons)}", lambda: (
            told if set(reasons) <= set(told := self.told(name)) else None))

    def pods(self, namespace=None):
        return self.api.get(f"/api/v1/namespaces/{namespace or self.namespace}/pods")["items"]

    def running_digests(self, namespace=None):
        """What the pods themselves say they run."""
        digests = set()
        for pod in self.pods(namespace):
            for one in pod.get("status", {}).get("containerStatuses", []):
                if one.get("imageID"):
                    digests.add(one["imageID"].rsplit("@", 1)[1])
        return digests

    def image(self, kind="Deployment", name="web", namespace=None):
        spec = self.api.get(self.path(kind, name, namespace))["spec"]
        template = spec["jobTemplate"]["spec"]["template"] if kind == "CronJob" else spec["template"]
        return template["spec"]["containers"][0].get("image")

    def quiet(self, seconds):
        """No object of ours is written during these seconds: the sum of the operator's writes stays."""
        self.wait_for_the_others()
        time.sleep(3)
        before = self.writes()
        time.sleep(seconds)
        self.assertEqual(self.writes(), before, self.operator.log())

    def writes(self):
        lines = self.operator.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith("rest_client_requests_total{") and 'method="GET"' not in line)


class OwnOperators(Case):
    """Each test starts the operators that it needs, by new_operator(); self.operator is the one that is asked."""

    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()
        cls.operator = None

    @classmethod
    def tearDownClass(cls):
        cls.api.close()

    def tearDown(self):
        for context in reversed(self._namespaces):
            context.__exit__(None, None, None)

    def new_operator(self, *args, **kwargs):
        operator = Operator(*args, **kwargs)
        self.addCleanup(operator.finish)
        return operator
