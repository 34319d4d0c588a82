"""The work of a soak: namespaces that come and go, each with channels, promotions, and people who interfere.

A Plot is one thread with one namespace at a time. It knows what it has asked for, so at the end of each namespace's life
it can say what was lost. What is wrong is told to the Ledger, which also knows which digests may run where.
"""

import http.client
import random
import threading
import time

import cluster
from operating import WEB, by_digest, channel, promotion, workload

FINISHED = ("Succeeded", "Failed", "Aborted", "Superseded")
PATIENCE_S = 240  # a fault may have come between; none lasts as long
VERSIONS = ("1.0.0", "2.0.0", "3.0.0")
API = "api"  # the workload of the channel downstream


class Ledger:
    """What was promoted where, what became of it, and what is wrong. For all threads."""

    def __init__(self, digests, foreign):
        self.digests, self.foreign = digests, foreign  # by version; one that nobody promotes
        self.made = self.ended = self.deleted = self.namespaces = self.pods_seen = 0
        self.phases, self.wrong, self._brought = {}, [], {}
        self._lock = threading.Lock()

    def bring(self, namespace, digest):
        with self._lock:
            self._brought.setdefault(namespace, set()).add(digest)

    def may_run(self, namespace, digest):
        with self._lock:
            return digest in self._brought.get(namespace, ())

    def knows(self, namespace):
        with self._lock:
            return namespace in self._brought

    def forget(self, namespace):
        with self._lock:
            self._brought.pop(namespace, None)

    def count(self, name, by=1):
        with self._lock:
            setattr(self, name, getattr(self, name) + by)

    def end(self, phase):
        with self._lock:
            self.ended += 1
            self.phases[phase] = self.phases.get(phase, 0) + 1

    def complain(self, sentence):
        with self._lock:
            if sentence not in self.wrong:
                self.wrong.append(sentence)


def patiently(ask, is_there_already=False):
    """Asks until the apiserver answers: it is restarted now and then, and knows no roles at first. A lost reply to a creation
    looks like a conflict."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except cluster.ApiError as error:
            if is_there_already and error.reason == "AlreadyExists":
                return None
            is_final = error.code < 500 and error.code not in (401, 403, 429)
            if is_final or "ValidatingAdmissionPolicy" in error.message or time.monotonic() > end:
                raise
        except (OSError, http.client.HTTPException):
            if time.monotonic() > end:
                raise
        time.sleep(0.5)


class Plot(threading.Thread):
    """Until `is_over` is set: a namespace, some steps, an inspection, the next namespace."""

    def __init__(self, number, seed, ledger, is_over):
        super().__init__(name=f"plot {number}", daemon=True)
        self._number, self._ledger, self._is_over = number, ledger, is_over
        self._chance = random.Random(f"{seed} plot {number}")
        self._api, self._count = cluster.api(), 0
        self.namespace = None

    def run(self):
        lives = 0
        while not self._is_over.is_set():
            lives += 1
            try:
                self._live(f"soak-{self._number}-{lives}")
            except Exception as error:  # whatever it is, it must not end the soak unseen
                self._ledger.complain(f"{self.name}: {type(error).__name__}: {error}")
                self._is_over.wait(5)
        self._api.close()

    # ---- one namespace ----

    def _live(self, namespace):
        self.namespace, self._names = namespace, set()
        self._ledger.count("namespaces")
        self._ledger.bring(namespace, "")
        self._create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        self._furnish()
        for _ in range(self._chance.randint(6, 14)):
            if self._is_over.is_set():
                break
            self._chance.choice(self._steps())()
            self._is_over.wait(self._chance.uniform(0.3, 4))
        self._inspect()
        patiently(lambda: self._api.delete(f"/api/v1/namespaces/{namespace}"))
        self._ledger.forget(namespace)

    def _furnish(self):
        replicas = self._chance.choice((0, 1, 1, 2))
        self._create(self._workloads(), workload("Deployment", replicas=replicas))
        self._create(self._workloads(), workload("Deployment", name=API, channel="next", replicas=0))
        self._create(cluster.channels(self.namespace), channel())
        self._create(cluster.channels(self.namespace), channel(
            "next", upstream={"channels": [{"namespace": self.namespace, "name": "shop"}]}, promotion={"mode": "Automatic"},
            workloads=[{"kind": "Deployment", "name": API, "containers": {"web": "web"}}]))

    def _workloads(self, name=""):
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments" + (f"/{name}" if name else "")

    def _create(self, path, body):
        return patiently(lambda: self._api.create(path, body), is_there_already=True)

    def _merge(self, path, body):
        return patiently(lambda: self._api.merge(path, body))

    # ---- steps ----

    def _steps(self):
        return [self._by_digest, self._by_digest, self._by_tag, self._by_tag, self._back, self._interfere, self._scale, self._abort,
                self._take_away, self._suspend]

    def _promote(self, body):
        self._ledger.count("made")
        self._names.add(body["metadata"]["name"])
        self._create(cluster.promotions(self.namespace), body)

    def _fresh_name(self):
        self._count += 1
        return f"p-{self._count}"

    def _choose(self):
        version = self._chance.choice(VERSIONS)
        self._ledger.bring(self.namespace, self._ledger.digests[version])
        return version

    def _by_digest(self):
        self._promote(by_digest(self._fresh_name(), self._ledger.digests[self._choose()]))

    def _by_tag(self):
        self._promote(promotion(self._fresh_name(), artifacts=[{"name": "web", "tag": self._choose()}]))

    def _back(self):
        self._promote(promotion(self._fresh_name(), rollback={"to": "Previous"}))

    def _interfere(self):
        """Somebody else writes an image that nobody promoted: the guard does not let it in."""
        image = f"{WEB}@{self._ledger.foreign}"
        answer = self._merge(self._workloads("web"), {"spec": {"template": {
            "metadata": {"annotations": {"by": str(self._chance.random())}}}}})
        containers = answer["spec"]["template"]["spec"]["containers"]
        if "@" not in containers[0].get("image", ""):
            return  # no release yet: nothing to defend
        answer = patiently(lambda: self._api.json_patch(self._workloads("web"), [
            {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]))
        if answer["spec"]["template"]["spec"]["containers"][0]["image"] == image:
            self._ledger.complain(f"{self.namespace}: a foreign image was let in")

    def _scale(self):
        self._merge(self._workloads("web"), {"spec": {"replicas": self._chance.choice((0, 1, 2))}})

    def _some(self):
        return self._chance.choice(sorted(self._names)) if self._names else None

    def _abort(self):
        name = self._some()
        if not name:
            return
        try:
            self._merge(cluster.promotions(self.namespace, name), {"spec": {"abort": True}})
        except cluster.ApiError as error:
            if "nothing to abort" not in error.message:  # it has ended meanwhile
                raise

    def _take_away(self):
        name = self._some()
        if not name:
            return
        self._names.discard(name)
        try:
            patiently(lambda: self._api.delete(cluster.promotions(self.namespace, name)))
        except cluster.ApiError as error:
            if error.code != 404:  # the reply of the first try was lost
                raise
        self._ledger.count("deleted")

    def _suspend(self):
        for is_suspended in (True, False):
            self._merge(cluster.channels(self.namespace, "shop"), {"spec": {"suspended": is_suspended}})
            self._is_over.wait(self._chance.uniform(0.2, 2))

    # ---- what has to hold in the end ----

    def _inspect(self):
        """Every promotion has ended, and all that says or carries a digest says the same."""
        end, difference = time.monotonic() + PATIENCE_S, "not looked at"
        while difference and time.monotonic() < end:
            try:
                difference = self._difference()
            except (cluster.ApiError, OSError, http.client.HTTPException) as error:
                difference = str(error)
            time.sleep(0.5 if difference else 0)
        if difference:
            self._ledger.complain(f"{self.namespace}: after {PATIENCE_S} s: {difference}")
        for one in self._promotions().values():
            if one["metadata"]["name"] in self._names and one.get("status", {}).get("phase") in FINISHED:
                self._ledger.end(one["status"]["phase"])

    def _promotions(self):
        items = patiently(lambda: self._api.get(cluster.promotions(self.namespace)))["items"]
        return {one["metadata"]["name"]: one for one in items}

    def _difference(self):
        """What is not as it should be yet, in words; None: nothing."""
        there = self._promotions()
        missing = self._names - set(there)
        if missing:
            return f"promotions are gone: {', '.join(sorted(missing))}"
        for name, one in there.items():
            if one.get("status", {}).get("phase") not in FINISHED:
                return f"promotion {name} has not ended: {one.get('status', {}).get('conditions')}"
        return self._differs("shop", "web") or self._differs("next", API)

    def _differs(self, name, deployment):
        status = self._api.get(cluster.channels(self.namespace, name)).get("status", {})
        if not status.get("current"):
            return None
        digest = status["current"]["artifacts"][0]["digest"]
        pins = self._api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins")["data"]
        image = self._api.get(self._workloads(deployment))["spec"]["template"]["spec"]["containers"][0]["image"]
        said = {"status": f"{WEB}@{digest}", "pin": pins.get(f"Deployment.{deployment}.web"), "workload": image}
        if len(set(said.values())) != 1:
            return f"channel {name}: {said}"
        if not self._ledger.may_run(self.namespace, digest):
            return f"channel {name} runs {digest}, which nobody promoted"
        ready = next(one for one in status["conditions"] if one["type"] == "Ready")
        return None if ready["status"] == "True" else f"channel {name}: {ready['message']}"


class PodWatch(threading.Thread):
    """Looks at the pods all the time: none ever has a digest that was not promoted in its namespace."""

    def __init__(self, ledger, is_over):
        super().__init__(name="pods", daemon=True)
        self._ledger, self._is_over, self._api, self._seen = ledger, is_over, cluster.api(), set()

    def run(self):
        while not self._is_over.wait(1):
            try:
                pods = self._api.get("/api/v1/pods")["items"]
            except (cluster.ApiError, OSError, http.client.HTTPException):
                continue
            for pod in pods:
                self._look(pod)
        self._api.close()

    def _look(self, pod):
        namespace, uid = pod["metadata"]["namespace"], pod["metadata"]["uid"]
        images = [one["image"] for one in pod["spec"]["containers"]]
        images += [one["imageID"] for one in pod.get("status", {}).get("containerStatuses", []) if one.get("imageID")]
        for image in images:
            digest = image.rsplit("@", 1)[1] if "@" in image else image
            if digest.startswith("sluice.dev/no-release") or not self._ledger.knows(namespace):
                continue
            if not self._ledger.may_run(namespace, digest):
                self._ledger.complain(f"pod {namespace}/{pod['metadata']['name']} has {image}, which nobody promoted there")
            if uid not in self._seen:
                self._seen.add(uid)
                self._ledger.count("pods_seen")
