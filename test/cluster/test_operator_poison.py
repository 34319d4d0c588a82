"""Objects that crash the operator: each is left alone after three crashes, and the others are served.

The operator is built with -Dpoison=true, so that an annotation makes an object crash it, and started again and again by a
supervisor, as a kubelet does.
"""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import Images, Kept, OwnOperators, by_digest, channel, workload  # noqa: E402

BUILD = os.path.join(cluster.ROOT, "build", "poison")
BINARY = os.path.join(BUILD, "controller", "sluice")
POISON = "sluice.dev/poison"
LIMIT = 3


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["meson", "setup", "--buildtype=debugoptimized", "-Dtests=false", "-Dpoison=true", BUILD], check=True, capture_output=True)
    subprocess.run(["ninja", "-C", BUILD, "controller/sluice"], check=True, capture_output=True)


class Poison(OwnOperators):
    @classmethod
    def setUpClass(cls):
        build()
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.wait_for_the_others()  # what crashes the operator is gone with them

    def new_kept(self, identity="one", port=18080, flags=()):
        operator = Kept(identity, port, flags, binary=BINARY)
        self.addCleanup(operator.finish)
        return operator.start()

    def poison(self, path, how):
        self.api.merge(path, {"metadata": {"annotations": {POISON: how}}})

    def quarantined(self, operator=None):
        try:
            return (operator or self.operator).metric("sluice_quarantined_objects")
        except OSError:
            return -1

    def wait_quarantine(self, count=1, operator=None):
        cluster.eventually(f"{count} objects are in quarantine", lambda: self.quarantined(operator) == count, patience_s=60)

    def run_channel(self, namespace=None, name="shop"):
        """A channel that runs version 1."""
        self.make(workload("Deployment", name="web", channel=name, replicas=1), namespace)
        self.make(channel(name), namespace)
        self.make(by_digest("first", Images.web("1.0.0"), to=name), namespace)
        self.wait_phase("first", "Succeeded", namespace)

    def events(self, name, namespace=None):
        listed = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{namespace or self.namespace}/events")["items"]
        return [one for one in listed if one["reason"] == "Quarantined" and one["regarding"]["name"] == name]

    def test_a_channel_that_crashes_the_look_is_left_alone_and_others_are_served(self):
        self.operator = self.new_kept()
        other = self.new_namespace("op")
        self.run_channel()
        self.run_channel(other)
        before = self.status()
        self.poison(cluster.channels(self.namespace, "shop"), "look")
        stalled = self.wait_condition("Stalled", "Quarantined")
        self.assertEqual(len(self.operator.codes), LIMIT)
        self.assertIn("crashed 3 times when it looked at this object (generation 1)", stalled["message"])
        self.assertIn("until its spec changes, Sluice is updated, or this pod of Sluice is replaced", stalled["message"])
        self.assertEqual(self.condition(self.status(), "Ready")["reason"], "Quarantined")
        self.wait_quarantine()
        # Nothing of what it had is lost, and the others go on.
        for field in ("current", "verified", "history", "guard", "workloads"):
            self.assertEqual(self.status().get(field), before.get(field), field)
        self.make(by_digest("second", Images.web("2.0.0")), other)
        self.wait_phase("second", "Succeeded", other)
        self.assertEqual(self.running_digests(), {Images.web("1.0.0")})
        self.quiet(3)
        self.assertEqual(len(self.operator.codes), LIMIT)
        self.assertEqual(len(self.events("shop")), 1)
        # An edit buys one more try, and no more.
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"suspended": True}})
        cluster.eventually("it has crashed once more", lambda: "crashed 4 times" in self.message(self.status()))
        self.assertEqual(len(self.operator.codes), LIMIT + 1)
        # An edit that takes away what it crashed on ends it.
        self.api.merge(cluster.channels(self.namespace, "shop"), {"metadata": {"annotations": {POISON: None}}, "spec": {"suspended": False}})
        self.wait_condition("Ready", "Running")
        self.assertIsNone(self.condition(self.status(), "Stalled"))
        self.wait_quarantine(0)
        self.make(by_digest("second", Images.web("2.0.0")))
        self.wait_phase("second", "Succeeded")
        self.assertEqual(len(self.operator.codes), LIMIT + 1)

    def test_objects_that_cannot_be_read_are_left_out_by_both_replicas(self):
        one, two = (self.new_kept(name, port, ("--leader-elect",)) for name, port in (("one", 18081), ("two", 18082)))
        self.operator = one
        self.run_channel()
        self.make({**by_digest("bad", Images.web("2.0.0")), "metadata": {"name": "bad", "annotations": {POISON: "read"}}})
        for operator in (one, two):
            self.wait_quarantine(1, operator)
            self.assertEqual(len(operator.codes), LIMIT)
        left_out = self.wait_condition("LeftOut", "Quarantined")
        self.assertIn(f"Promotion {self.namespace}/bad is left out", left_out["message"])
        stalled = cluster.eventually("the promotion says so", lambda: self.condition(self.promo("bad"), "Stalled"))
        self.assertEqual(stalled["reason"], "Quarantined")
        self.assertIn("crashed 3 times when it read this object", stalled["message"])
        self.make(by_digest("third", Images.web("3.0.0")))
        self.wait_phase("third", "Succeeded")
        self.api.delete(cluster.promotions(self.namespace, "bad"))
        cluster.eventually("nothing is left out", lambda: self.condition(self.status(), "LeftOut") is None)
        self.assertEqual(self.condition(self.status(), "Ready")["reason"], "Running")
        for operator in (one, two):
            self.wait_quarantine(0, operator)
            self.assertEqual(len(operator.codes), LIMIT)

    def test_a_channel_and_a_workload_that_cannot_be_read_lose_nothing(self):
        self.operator = self.new_kept()
        self.run_channel()
        self.make(workload("Deployment", name="api", channel="api", replicas=1))
        self.make(channel("api", workloads=[{"kind": "Deployment", "name": "api", "containers": {"web": "web"}}]))
        pins = f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins"
        before = self.api.get(pins)["data"]
        self.poison(cluster.channels(self.namespace, "shop"), "read")
        self.wait_condition("Stalled", "Quarantined")
        self.wait_condition("LeftOut", "Quarantined", name="api")
        self.make(by_digest("api-1", Images.web("1.0.0"), to="api"))
        self.wait_phase("api-1", "Succeeded")
        self.assertEqual(self.api.get(pins)["data"], {**before, "Deployment.api.web": before["Deployment.web.web"]})
        self.assertEqual(self.status()["current"]["promotion"], "first")
        # A workload: its channel says that it cannot be read, and a new pod of Sluice forgets the channel's crashes.
        self.poison(self.path("Deployment", "api"), "read")
        ready = self.wait_condition("Ready", "WorkloadMissing", name="api", true=False)
        self.assertIn("in quarantine", ready["message"])
        self.wait_quarantine(2)
        for path in (cluster.channels(self.namespace, "shop"), self.path("Deployment", "api")):
            self.poison(path, None)
        self.operator.replace()
        self.wait_condition("Ready", "Running")
        self.wait_condition("Ready", "Running", name="api")
        self.wait_quarantine(0)
        self.assertEqual(self.operator.codes, [])

    def test_kills_by_chance_put_nothing_into_quarantine(self):
        self.operator = self.new_kept()
        self.run_channel()
        for i in range(2 * LIMIT):
            self.poison(cluster.channels(self.namespace, "shop"), f"none {i}")
            time.sleep(0.05 * i)
            self.operator.kill()
            cluster.eventually("it is there again", lambda: self.operator.get("/readyz")[0] == 200)
        self.wait_quarantine(0)
        self.assertEqual(len(self.operator.codes), 2 * LIMIT)
        self.wait_condition("Ready", "Running")


if __name__ == "__main__":
    cluster.main()
