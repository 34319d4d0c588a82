"""Promotions that a repository holds and a tool applies again and again; and which promotions go in the end.

Tools apply in two ways, both tried: from the server's side (Flux, Argo CD with ServerSideApply) and as kubectl does by itself.
"""

import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import WEB, Case, Images, by_digest, channel, workload  # noqa: E402

APPLIES = {"server": ("apply", "--server-side"), "client": ("apply",)}


class Git(Case):
    def sync(self, *objects, how="server"):
        """What such a tool does: one apply of all that the repository holds."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        cluster.kubectl("-n", self.namespace, *APPLIES[how], "-f", "-", stdin=text)

    def versions(self):
        """resourceVersion of all channels and promotions here."""
        found = [one for path in (cluster.channels(self.namespace), cluster.promotions(self.namespace)) for one in self.api.get(path)["items"]]
        return {(one["metadata"]["name"], one["metadata"]["uid"]): one["metadata"]["resourceVersion"] for one in found}

    def test_an_unchanged_manifest_changes_nothing_and_wakes_nobody(self):
        self.make(workload("Deployment", replicas=1))
        for how in APPLIES:
            held = channel(), by_digest(f"by-{how}", Images.web("1.0.0"))
            self.sync(*held, how=how)
            self.wait_phase(f"by-{how}", "Succeeded")
            self.wait_condition("Ready", "Running")
            self.wait_for_the_others()
            before = self.versions(), self.looks_at_rest()
            for _ in range(3):
                self.sync(*held, how=how)
            time.sleep(1)
            self.assertEqual((self.versions(), self.looks()), before, how)

    def looks(self):
        return self.operator.metric("controller_runtime_reconcile_total")

    def looks_at_rest(self):
        """How often the operator has looked at anything, once it has nothing to look at (the namespaces of other tests go)."""
        def rested():
            before = self.looks()
            time.sleep(2)
            return self.looks() == before and before
        return cluster.eventually("the operator rests", rested)

    def test_one_that_comes_back_does_not_run_a_second_time(self):
        one, two = (Images.web(tag) for tag in ("1.0.0", "2.0.0"))
        self.make(workload("Deployment", replicas=1))
        self.sync(channel(), by_digest("first", one))
        self.wait_phase("first", "Succeeded")
        self.sync(by_digest("second", two))
        self.wait_phase("second", "Succeeded")
        self.api.delete(cluster.promotions(self.namespace, "first"))
        self.sync(by_digest("first", one), by_digest("second", two))
        status = self.wait_phase("first", "Superseded")
        self.assertIn("a promotion of this name has run in this channel", self.message(status))
        self.wait_condition("Ready", "Running")
        self.assertEqual(self.image(), f"{WEB}@{two}")

    def test_a_channel_and_its_promotions_in_any_order_end_the_same(self):
        digest = Images.web("1.0.0")
        held = workload("Deployment", replicas=1), channel(), by_digest("first", digest)
        for order in (held, held[::-1], (held[2], held[0], held[1])):
            self.namespace = self.new_namespace("git")
            self.sync(*order)
            self.wait_phase("first", "Succeeded")
            self.wait_condition("Ready", "Running")
            self.assertEqual(self.image(), f"{WEB}@{digest}")

    def test_old_promotions_go_and_those_that_the_status_names_stay(self):
        """those of others when they ask for it, and never one that the status names"""
        one, two = (Images.web(tag) for tag in ("1.0.0", "2.0.0"))
        self.make(workload("Deployment", replicas=1))
        self.make(channel(promotion={"keep": {"count": 0, "age": "1s"}}))
        asks = {"ttlAfterFinished": "2s"}
        for name, digest, more in (("first", one, asks), ("second", two, {}), ("again", two, asks), ("unasked", two, {})):
            body = by_digest(name, digest)
            body["spec"].update(more)
            self.make(body)
            self.wait_phase(name, "Succeeded")
        cluster.eventually("the one that asked is gone", lambda: "again" not in self.names())
        self.assertEqual(self.names(), {"first", "second", "unasked"})

    def names(self):
        return {one["metadata"]["name"] for one in self.api.get(cluster.promotions(self.namespace))["items"]}


if __name__ == "__main__":
    cluster.main()
