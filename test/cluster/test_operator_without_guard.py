"""The operator on a server that knows no MutatingAdmissionPolicy, so that field ownership does the guard's work.

It always brings up a cluster of its own, with the policies switched off.
"""

import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import WEB, Case, Images, by_digest, channel, promotion, workload  # noqa: E402

POLICIES = os.path.join(cluster.ROOT, "crds", "policies")
BINDING = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/sluice-who-may"
TAKEN_AT_MOST = 5


class Insistent:
    """Another manager that re-applies its manifest with force, whenever the Deployment is not as it says, until it is told to finish."""

    def __init__(self, case, manifest):
        self.times = 0
        self._path, self._manifest = case.path("Deployment", "web"), manifest
        self._api, self._over = cluster.api(), threading.Event()
        self._thread = threading.Thread(target=self._insist)
        self._thread.start()

    def _insist(self):
        wanted = self._manifest["spec"]["template"]["spec"]["containers"][0]["image"]
        while not self._over.is_set():
            live = self._api.get(self._path)["spec"]["template"]["spec"]["containers"][0]["image"]
            if live != wanted:
                self._api.apply(self._path, self._manifest, "gitops", force=True)
                self.times += 1
            time.sleep(0.1)

    def finish(self):
        self._over.set()
        self._thread.join()
        self._api.close()


class WithoutGuard(Case):
    def setUp(self):
        super().setUp()
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")

    def begin(self, namespace=None, **spec):
        """A Deployment as one has to write it here, with some image, and its channel."""
        self.make(workload("Deployment", replicas=1, image=f"{WEB}@{Images.web('0.1.0')}"), namespace)
        self.make(channel(**spec), namespace)

    def runs(self, digest, namespace=None):
        cluster.eventually("the pods run it, and no other", lambda: self.running_digests(namespace) == {digest})
        self.assertEqual(self.image(namespace=namespace), f"{WEB}@{digest}")

    def test_the_main_line(self):
        """two channels, a promotion from one to the other, a newer release, and back"""
        self.assertFalse(cluster.has_guard())
        second = self.new_namespace("second")
        self.begin(promotion={"mode": "Automatic"}, intake={"interval": "10s", "tags": {"artifact": "web", "semver": "1.0.0"}})
        self.begin(second, upstream={"channels": [{"namespace": self.namespace, "name": "shop"}]})
        self.make(promotion("up", **{"from": {"namespace": self.namespace, "channel": "shop"}}), second)
        self.wait_phase("up", "Succeeded", second)
        self.runs(self.one)
        self.runs(self.one, second)
        for namespace in (self.namespace, second):
            status = self.status(namespace=namespace)
            self.assertEqual(status["guard"], "FieldOwnership")
            self.assertEqual(self.condition(status, "Ready")["status"], "True")
        self.assertEqual(self.operator.metric("sluice_guard_enforced"), 0)
        self.bring("second", self.two)
        self.make(promotion("up-again", **{"from": {"namespace": self.namespace, "channel": "shop"}}), second)
        self.wait_phase("up-again", "Succeeded", second)
        self.runs(self.two, second)
        self.make(promotion("back", rollback={"to": "Previous"}), second)
        self.wait_phase("back", "Succeeded", second)
        self.runs(self.one, second)
        self.runs(self.two)

    def test_an_image_that_somebody_sets_is_taken_back(self):
        self.begin()
        self.bring("first", self.one)
        cluster.kubectl("-n", self.namespace, "set", "image", "deployment/web", f"web={WEB}@{self.two}")
        cluster.eventually("it is taken back", lambda: self.image() == f"{WEB}@{self.one}")
        self.runs(self.one)
        self.wait_condition("Ready", "Running")
        self.assertEqual(self.status()["takeovers"]["manager"], "kubectl-set")
        self.assertIsNone(self.condition(self.status(), "FieldConflict"))

    def test_a_manager_that_does_not_give_up_is_named_and_left_alone(self):
        """five times the image is taken back, then nothing is written until the field is free"""
        self.begin()
        self.bring("first", self.one)
        other = f"{WEB}@{self.two}"
        gitops = Insistent(self, workload("Deployment", replicas=1, image=other))
        try:
            found = self.wait_condition("FieldConflict")
            self.assertIn('"gitops"', found["message"])
            self.assertIn(f"taken back {TAKEN_AT_MOST} times", found["message"])
            status = self.status()
            self.assertEqual((status["takeovers"]["count"], status["takeovers"]["manager"]), (TAKEN_AT_MOST, "gitops"))
            self.assertEqual(self.condition(status, "Pinned")["status"], "False")
            cluster.eventually("its pods run", lambda: self.running_digests() == {self.two})
            time.sleep(3)
            self.quiet(8)
            self.assertEqual(self.image(), other)
            self.assertLessEqual(gitops.times, TAKEN_AT_MOST + 1)
        finally:
            gitops.finish()
        self.set_free()
        cluster.eventually("it is pinned again", lambda: self.image() == f"{WEB}@{self.one}")
        self.runs(self.one)
        cluster.eventually("the conflict is over", lambda: not self.condition(self.status(), "FieldConflict"))
        self.wait_condition("Ready", "Running")

    def set_free(self):
        """gitops gives up what it owns."""
        def done():
            live = self.api.get(self.path("Deployment", "web"))["metadata"]
            fields = [one for one in live["managedFields"] if one["manager"] != "gitops"]
            return self.api.merge(self.path("Deployment", "web"), {"metadata": {
                "managedFields": fields, "resourceVersion": live["resourceVersion"]}})
        cluster.eventually("gitops owns nothing", done)

    def test_the_conflict_of_one_channel_is_no_other_s(self):
        other = self.new_namespace("calm")
        for namespace in (self.namespace, other):
            self.begin(namespace)
            self.make(by_digest("first", self.one), namespace)
        for namespace in (self.namespace, other):
            self.wait_phase("first", "Succeeded", namespace)
        gitops = Insistent(self, workload("Deployment", replicas=1, image=f"{WEB}@{self.two}"))
        try:
            self.wait_condition("FieldConflict")
            self.make(by_digest("second", self.two), other)
            self.wait_phase("second", "Succeeded", other)
            self.assertIsNone(self.condition(self.status(namespace=other), "FieldConflict"))
        finally:
            gitops.finish()

    def test_that_nobody_asks_who_may_promote_is_said(self):
        self.begin()
        self.bring("first", self.one)
        self.assertIsNone(self.condition(self.status(), "AdmissionPolicyMissing"))
        self.api.delete(BINDING)
        try:
            self.wait_condition("AdmissionPolicyMissing", "WhoMayMissing")
            self.wait_condition("Ready", "Running")
        finally:
            cluster.kubectl("apply", "--server-side", "-f", os.path.join(POLICIES, "who-may.yaml"))
        cluster.eventually("it is said no more", lambda: not self.condition(self.status(), "AdmissionPolicyMissing"))
        self.runs(self.one)


if __name__ == "__main__":
    cluster.main(own="noguard-op", flags=("--no-metrics", "--no-dns", "--disable-admission-policies"), always_own=True)
