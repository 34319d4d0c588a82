"""The development cluster itself, on this machine: as root, with the packages of devcluster/.

Two clusters are started side by side below a state folder of their own, so that clusters that are
up already are neither seen nor touched.
"""

import concurrent.futures
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TREE, "devcluster", "devcluster")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TREE, "devcluster"))

from parts import binaries, cgroup, failure, host, image, namespace, place, process  # noqa: E402

HOLLOW_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: many}
spec:
  replicas: 40
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec:
      nodeSelector: {sluice.dev/hollow: "true"}
      tolerations: [{key: sluice.dev/hollow, operator: Exists}]
      containers: [{name: none, image: "registry.example.com/none:1"}]
"""
HOST_FOLDERS = ["/run/containerd", "/var/lib/cni", "/var/lib/kubelet", "/var/lib/containerd",
                "/var/log/pods", "/var/log/containers"]


class Tool:
    """The command, run as a user runs it, with clusters below a folder of the test's own."""

    def __init__(self):
        self.state = tempfile.mkdtemp(prefix="dc-", dir="/tmp")
        self.env = {**os.environ, "SLUICE_STATE": self.state}

    def run(self, *words, text=None):
        return subprocess.run([TOOL, *words], env=self.env, input=text, capture_output=True,
                              text=True, check=False)

    def ok(self, *words, text=None):
        answer = self.run(*words, text=text)
        if answer.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: exit status {answer.returncode}\n"
                                 f"{answer.stdout}{answer.stderr}")
        return answer.stdout

    def kubectl(self, name, *words, text=None):
        return self.ok("exec", name, "--", "kubectl", *words, text=text)

    def place(self, name):
        with mock.patch.dict(os.environ, SLUICE_STATE=self.state):
            return place.Place(name)

    def pids(self, name):
        status = json.loads(self.run("status", "--json", name).stdout)
        return {c["name"]: c["pid"] for c in status["components"]}

    def end(self, *names):
        for name in names:
            self.run("down", name)
        shutil.rmtree(self.state, ignore_errors=True)


def processes_naming(text):
    """The ids of all other processes that have `text` in their command line or environment."""
    found = set()
    for path in glob.glob("/proc/[0-9]*"):
        pid = int(os.path.basename(path))
        try:
            for file in ("cmdline", "environ"):
                with open(os.path.join(path, file), "rb") as stream:
                    if text.encode() in stream.read() and pid != os.getpid():
                        found.add(pid)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def traces(tool, name):
    """Everything of a cluster that can be seen on this machine, as sentences."""
    where = tool.place(name)
    with open("/proc/self/mounts") as file:
        mounts = [line.split()[1] for line in file]
    return (
        [f"state folder {where.root}"] * os.path.exists(where.root)
        + [f"lock {where.root}.lock"] * os.path.exists(where.root + ".lock")
        + [f"network namespace {n}" for n in host.network_namespaces() if n == where.netns_name]
        + [f"mount {m}" for m in mounts if m.startswith(where.root + "/") or m == where.netns]
        + [f"cgroup {g}" for g in glob.glob("/sys/fs/cgroup/**/" + where.cgroup.strip("/"),
                                            recursive=True)]
        + [f"process {p}" for p in sorted(processes_naming(where.root + "/"))])


def machine():
    """What a cluster must not change outside of itself."""
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=False).stdout
    return {
        "links": {os.path.basename(p) for p in glob.glob("/sys/class/net/*")},
        "rules": {line for line in rules.splitlines() if line.startswith("-A")},
        "folders": {f for f in HOST_FOLDERS if os.path.exists(f)},
        "temporary": {p for p in glob.glob("/tmp/*") if "kubelet" in p or "devcluster-" in p},
    }


class SideBySide(unittest.TestCase):
    """Two clusters at once; what a test changes in one of them it puts back."""

    @classmethod
    def setUpClass(cls):
        cls.before = machine()
        cls.tool = Tool()
        cls.addClassCleanup(cls.tool.end, "a", "b")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda words: cls.tool.ok(*words),
                          [("up", "a", "--audit"), ("up", "b", "--no-metrics",
                                                    "--disable-admission-policies")]))
        cls.bundle = tempfile.mkdtemp(prefix="dc-image-")
        cls.addClassCleanup(shutil.rmtree, cls.bundle)
        shutil.copy("/bin/busybox", os.path.join(cls.bundle, "busybox"))

    def web_image(self, *more, tag="v1"):
        return self.tool.ok("image", "a", "--ref", f"test/web:{tag}", "--rootfs", self.bundle,
                            "--entrypoint", "/busybox", "--cmd", "httpd", "--cmd=-f", "--cmd=-p",
                            "--cmd", "8080", *more).strip()

    def test_status_shows_every_component_ready(self):
        rows = [json.loads(line) for line in self.tool.ok("status", "--json").splitlines()]
        self.assertEqual([row["name"] for row in rows], ["a", "b"])
        for row in rows:
            self.assertTrue(row["up"])
            self.assertEqual([c["name"] for c in row["components"] if not c["ready"]], [])
        names = [{c["name"] for c in row["components"]} for row in rows]
        self.assertEqual(names[0] - names[1], {"metrics-server"})
        self.assertIn("kubelet", names[0])

    def test_clusters_do_not_see_each_other(self):
        self.tool.kubectl("a", "create", "configmap", "only-in-a")
        self.addCleanup(self.tool.kubectl, "a", "delete", "configmap", "only-in-a")
        self.assertNotIn("only-in-a", self.tool.kubectl("b", "get", "configmaps"))
        self.assertIn("node-a", self.tool.kubectl("a", "get", "nodes"))
        self.assertIn("node-b", self.tool.kubectl("b", "get", "nodes"))

    def test_up_again_is_quick_and_changes_nothing(self):
        before = self.tool.pids("a")
        began = time.monotonic()
        self.tool.ok("up", "a", "--audit")
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(self.tool.pids("a"), before)

    def test_up_with_other_options_is_refused(self):
        before = self.tool.pids("a")
        answer = self.tool.run("up", "a")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("audit=True", answer.stderr)
        self.assertEqual(self.tool.pids("a"), before)

    def test_a_shell_can_eval_the_environment(self):
        script = f'eval "$({TOOL} env a)" && echo "$SLUICE_REGISTRY" && cat "$KUBECONFIG" && ' \
                 'nsenter --net="$SLUICE_NETNS" kubectl get nodes -o name'
        answer = subprocess.run(["sh", "-euc", script], env=self.tool.env, capture_output=True,
                                text=True, check=True)
        self.assertEqual(answer.stdout.splitlines()[0], "127.0.0.1:5000")
        self.assertEqual(answer.stdout.splitlines()[-1], "node/node-a")

    def test_exec_hands_on_input_and_exit_status(self):
        answer = self.tool.run("exec", "a", "--", "sh", "-c", "cat; exit 7", text="through")
        self.assertEqual((answer.returncode, answer.stdout), (7, "through"))

    def test_the_server_is_the_version_that_is_pinned(self):
        version = json.loads(self.tool.kubectl("a", "version", "-o", "json"))
        self.assertEqual(version["serverVersion"]["gitVersion"], "v" + binaries.KUBERNETES)
        self.assertEqual(version["serverVersion"]["minor"], binaries.KUBERNETES.split(".")[1])

    def test_kubeconfig_makes_any_user(self):
        user = "system:serviceaccount:shop:deployer"
        path = self.tool.ok("kubeconfig", "a", user, "--group", "a $group", "--group", "b").strip()
        self.assertEqual(os.stat(path).st_mode & 0o077, 0)
        who = json.loads(self.tool.kubectl("a", "--kubeconfig", path, "auth", "whoami",
                                           "-o", "json"))
        self.assertEqual(who["status"]["userInfo"]["username"], user)
        self.assertLess({"a $group", "b"}, set(who["status"]["userInfo"]["groups"]))
        refused = self.tool.run("exec", "a", "--", "kubectl", "--kubeconfig", path,
                                "get", "secrets")
        self.assertIn("Forbidden", refused.stderr)
        again = self.tool.ok("kubeconfig", "a", user, "--group", "a $group", "--group", "b").strip()
        self.assertEqual(again, path)

    def test_the_same_image_has_the_same_digest(self):
        first, second = self.web_image(), self.web_image(tag="again")
        self.assertEqual(first, second)
        self.assertRegex(first, r"^127\.0\.0\.1:5000/test/web@sha256:[0-9a-f]{64}$")
        self.assertNotEqual(first, self.web_image("--label", "version=2", tag="v2"))

    def test_an_index_leads_to_the_same_image(self):
        single = self.web_image()
        index = self.web_image("--index", tag="index")
        self.assertNotEqual(single, index)
        raw = json.loads(self.tool.ok("exec", "a", "--", "skopeo", "inspect", "--raw",
                                      "--tls-verify=false", "docker://" + index))
        self.assertEqual(raw["mediaType"], image.INDEX_TYPE)
        self.assertEqual([m["digest"] for m in raw["manifests"]], [single.split("@")[1]])

    def test_pods_serve_and_are_found_by_name(self):
        pinned = self.web_image("--index", "--registry", place.REGISTRY_NAME, tag="served")
        self.addCleanup(self.tool.kubectl, "a", "delete", "namespace", "one", "two", "--wait=false")
        for name in ("one", "two"):
            self.tool.kubectl("a", "create", "namespace", name)
        self.tool.kubectl("a", "-n", "one", "create", "deployment", "web", "--image", pinned)
        self.tool.kubectl("a", "-n", "one", "expose", "deployment", "web", "--port", "80",
                          "--target-port", "8080")
        self.tool.kubectl("a", "-n", "two", "run", "client", "--image", pinned, "--command", "--",
                          "/busybox", "sleep", "600")
        self.tool.kubectl("a", "-n", "one", "rollout", "status", "deployment/web", "--timeout=60s")
        self.tool.kubectl("a", "-n", "two", "wait", "pod/client", "--for=condition=Ready",
                          "--timeout=60s")
        runs = self.tool.kubectl("a", "-n", "two", "get", "pod", "client", "-o",
                                 "jsonpath={.status.containerStatuses[0].imageID}")
        self.assertEqual(runs, pinned)
        got = self.tool.kubectl("a", "-n", "two", "exec", "client", "--", "/busybox", "sh", "-c",
                                "for i in 1 2 3 4 5 6 7 8 9 10; do /busybox wget -qO- "
                                "http://web.one/busybox >/dev/null && echo served && exit; "
                                "/busybox sleep 1; done; exit 1")
        self.assertEqual(got.strip(), "served")
        answer = self.tool.kubectl("a", "-n", "two", "exec", "client", "--", "/busybox", "wget",
                                   "-qO-", f"http://{place.REGISTRY_NAME}/v2/test/web/tags/list")
        self.assertIn("served", json.loads(answer)["tags"])

    def test_a_killed_apiserver_comes_back_with_its_objects(self):
        self.tool.kubectl("a", "create", "configmap", "kept")
        self.addCleanup(self.tool.kubectl, "a", "delete", "configmap", "kept")
        before = self.tool.pids("a")
        self.tool.ok("restart", "a", "apiserver", "--kill")
        after = self.tool.pids("a")
        self.assertEqual([n for n in before if before[n] != after[n]], ["apiserver"])
        self.assertIn("kept", self.tool.kubectl("a", "get", "configmaps"))

    def test_a_stopped_component_is_reported_and_started_again(self):
        self.tool.ok("stop", "b", "registry")
        answer = self.tool.run("status", "b")
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stdout, r"registry +dead")
        self.tool.ok("start", "b", "registry")
        self.tool.ok("status", "b")
        self.assertIn("listening on", self.tool.ok("logs", "b", "registry", "-n", "50"))

    def test_unknown_names_are_answered_with_the_known_ones(self):
        for words, expected in ((("status", "nobody"), "Clusters: a, b"),
                                (("restart", "a", "kublet"), "kubelet"),
                                (("logs", "a", "kublet"), "kubelet")):
            answer = self.tool.run(*words)
            self.assertEqual(answer.returncode, 1)
            self.assertIn(expected, answer.stderr)

    def test_admission_policies_are_there_or_not_as_asked(self):
        for name, expected in (("a", True), ("b", False)):
            kinds = self.tool.kubectl(name, "api-resources", "-o", "name",
                                      "--api-group=admissionregistration.k8s.io")
            self.assertEqual("mutatingadmissionpolicies" in kinds, expected, name)
            self.assertIn("validatingadmissionpolicies", kinds)

    def test_the_audit_log_names_who_did_what(self):
        self.tool.kubectl("a", "create", "configmap", "audited")
        self.tool.kubectl("a", "delete", "configmap", "audited")
        found = []
        end = time.monotonic() + 60
        while not found and time.monotonic() < end:
            with open(self.tool.place("a").path("audit.log")) as file:
                events = [json.loads(line) for line in file if '"audited"' in line]
            found = [e for e in events if e["verb"] == "delete"]
            time.sleep(0.2)
        self.assertEqual(found[0]["user"]["username"], "kubernetes-admin")
        self.assertFalse(os.path.exists(self.tool.place("b").path("audit.log")))


class Ends(unittest.TestCase):
    """One cluster that crashes, comes back and is taken down with pods running."""

    def test_a_crashed_cluster_is_cleaned_and_leaves_nothing_when_it_goes(self):
        tool, before = Tool(), machine()
        self.addCleanup(tool.end, "c")
        tool.ok("up", "c", "--no-metrics", "--no-dns")
        self.assertEqual(len([t for t in traces(tool, "c") if t.startswith("state")]), 1)
        self._run_a_pod(tool)
        where = tool.place("c")
        pods = cgroup.pids(where.cgroup) - set(tool.pids("c").values())
        self.assertGreaterEqual(len(pods), 2)  # a shim and a container, at the least
        for name in ("etcd", "anchor", "kubelet"):
            os.kill(tool.pids("c")[name], signal.SIGKILL)
        self.assertEqual(tool.run("status", "c").returncode, 1)
        answer = tool.run("up", "c", "--no-metrics", "--no-dns")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("left of an earlier cluster", answer.stderr)
        self.assertEqual([p for p in pods if process.start_time(p)], [])
        self.assertNotIn("sleeper", tool.kubectl("c", "get", "pods"))
        self._run_a_pod(tool)
        tool.ok("down", "c")
        self.assertEqual(traces(tool, "c"), [])
        self.assert_unchanged(before)
        tool.ok("down", "c")

    def assert_unchanged(self, before):
        after = machine()
        self.assertEqual(after["folders"], before["folders"])
        for what in ("links", "rules", "temporary"):
            self.assertEqual(after[what] - before[what], set(), what)

    def test_hollow_nodes_make_pods_ready_and_leave_nothing(self):
        tool, before = Tool(), machine()
        self.addCleanup(tool.end, "h")
        tool.ok("up", "h", "--hollow", "1", "--no-metrics", "--no-dns")
        tool.kubectl("h", "apply", "-f", "-", text=HOLLOW_DEPLOYMENT)
        tool.kubectl("h", "rollout", "status", "deployment/many", "--timeout=60s")
        nodes = tool.kubectl("h", "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")
        self.assertEqual(nodes.split(), ["hollow-0"] * 40)
        tool.ok("down", "h")
        self.assertEqual(traces(tool, "h"), [])
        self.assert_unchanged(before)

    def test_an_interrupted_start_ends_what_it_has_started(self):
        tool = Tool()
        self.addCleanup(tool.end, "e")
        up = subprocess.Popen([TOOL, "up", "e"], env=tool.env, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 30
        while not os.path.exists(tool.place("e").log("apiserver")) and time.monotonic() < end:
            time.sleep(0.02)
        up.terminate()
        self.assertIn("interrupted", up.communicate(timeout=30)[1])
        self.assertEqual(up.returncode, 130)
        self.assertEqual(cgroup.pids(tool.place("e").cgroup), set())
        self.assertIn("broken", tool.run("status", "e").stdout)
        tool.ok("down", "e")
        self.assertEqual(traces(tool, "e"), [])

    @staticmethod
    def _run_a_pod(tool):
        pinned = tool.ok("image", "c", "--ref", "test/sleeper:v1", "--binary", "/bin/busybox",
                         "--cmd", "sleep", "--cmd", "600").strip()
        tool.kubectl("c", "run", "sleeper", "--image", pinned)
        tool.kubectl("c", "wait", "pod/sleeper", "--for=condition=Ready", "--timeout=60s")


class BrokenStart(unittest.TestCase):
    def test_the_component_that_failed_is_named_with_the_end_of_its_log(self):
        tool = Tool()
        self.addCleanup(tool.end, "d")
        # Components have a /tmp of their own: they would not see a file that is made there.
        garbage = tempfile.NamedTemporaryFile("w", prefix="dc-garbage-", dir="/var/tmp")
        self.addCleanup(garbage.close)
        garbage.write("this is not a folder")
        garbage.flush()
        answer = tool.run("up", "d", "--flag", "etcd=--data-dir=" + garbage.name)
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stderr, r"devcluster: etcd (ended with exit status|was ended by)")
        self.assertRegex(answer.stderr, r"(?m)^    .*not a directory")
        self.assertIn("not a directory", tool.ok("logs", "d", "etcd"))
        self.assertEqual(processes_naming(tool.place("d").root + "/"), set())
        tool.ok("down", "d")
        self.assertEqual(traces(tool, "d"), [])


class Words(unittest.TestCase):
    """What needs no cluster."""

    def test_names_that_can_not_be(self):
        for name in ("", "-a", "a-", "A", "a/b", "..", "a b", "a" * 21):
            with self.assertRaises(failure.Failure, msg=name):
                place.Place(name)
        self.assertEqual(place.Place("a" * 20).name, "a" * 20)

    def test_a_state_folder_too_long_for_sockets_is_refused(self):
        with mock.patch.dict(os.environ, SLUICE_STATE="/tmp/" + "x" * 80):
            with self.assertRaisesRegex(failure.Failure, "SLUICE_STATE"):
                place.Place("a")

    def test_without_root_it_says_what_it_would_need(self):
        with mock.patch("os.geteuid", return_value=1000):
            with self.assertRaisesRegex(failure.Failure, "must run as root"):
                host.check([])

    def test_missing_packages_come_with_the_line_that_installs_them(self):
        with mock.patch.object(host, "_is_there", lambda what: what not in ("umoci", "runc")):
            with self.assertRaisesRegex(failure.Failure, r"apt-get install .* runc umoci(\n|$)"):
                host.check([])

    def test_every_needed_command_belongs_to_a_package_of_the_list(self):
        with open(host.PACKAGES_FILE) as file:
            self.assertLessEqual(set(host.NEEDED), set(file.read().split()))

    def test_an_old_go_is_named_with_the_version_that_is_needed(self):
        with tempfile.TemporaryDirectory() as folder:
            old = os.path.join(folder, "go")
            with open(old, "w") as file:
                file.write("#!/bin/sh\necho go1.19.8\n")
            os.chmod(old, 0o755)
            with mock.patch.object(host, "find", lambda _: old):
                with self.assertRaisesRegex(failure.Failure, r"Go 1\.26.* is needed.*go1\.19\.8"):
                    binaries.find_go()
                with mock.patch.object(binaries, "are_built", lambda: False):
                    self.assertRegex(binaries.problems()[0], "go1.19.8")
                with mock.patch.object(binaries, "are_built", lambda: True):
                    self.assertEqual(binaries.problems(), [])

    def test_the_hash_of_the_pins_changes_with_any_pin(self):
        before = binaries.pins_hash()
        with tempfile.TemporaryDirectory() as folder:
            modules = os.path.join(folder, "modules")
            shutil.copytree(binaries.MODULES_FOLDER, modules)
            with mock.patch.object(binaries, "MODULES_FOLDER", modules):
                self.assertEqual(binaries.pins_hash(), before)
                with open(os.path.join(modules, "node", "go.sum"), "a") as file:
                    file.write("\n")
                self.assertNotEqual(binaries.pins_hash(), before)

    def test_every_flag_needs_a_component(self):
        tool = Tool()
        self.addCleanup(tool.end)
        for flag in ("--v=4", "kublet=--v=4", "kubelet="):
            answer = tool.run("up", "x", "--flag=" + flag)
            self.assertEqual(answer.returncode, 1, flag)
            self.assertIn("COMPONENT=FLAG", answer.stderr)
            self.assertEqual(os.listdir(tool.state), [])


class Unified(unittest.TestCase):
    """The cgroup code as on a host with version 2 only, on a real unified hierarchy."""

    def setUp(self):
        points = [point for kind, point, _ in cgroup._mounts() if kind == "cgroup2"]
        self.assertTrue(points, "no cgroup2 hierarchy is mounted on this machine")
        patch = mock.patch.object(cgroup, "_mounts", lambda: [("cgroup2", points[0], ["rw"])])
        patch.start()
        self.addCleanup(patch.stop)
        self.cgroup = f"/sluice-devcluster/unified-{os.getpid()}"

    def test_processes_are_found_frozen_or_not_and_the_groups_go_with_them(self):
        self.assertEqual(cgroup.version(), 2)
        cgroup.create(self.cgroup)
        child = subprocess.Popen(["sleep", "600"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        procs = cgroup.procs_file(self.cgroup)
        with open(procs, "w") as file:
            file.write(str(child.pid))
        with open(os.path.join(os.path.dirname(procs), "cgroup.freeze"), "w") as file:
            file.write("1")
        self.assertEqual(cgroup.pids(self.cgroup), {child.pid})
        self.assertEqual(cgroup.kill_all(self.cgroup, 5), set())
        self.assertEqual(child.wait(5), -signal.SIGKILL)
        self.assertEqual(cgroup.remove(self.cgroup), [])
        self.assertFalse(cgroup.exists(self.cgroup))


if __name__ == "__main__":
    unittest.main()
