"""Promotions on a real cluster: along channels, through gates, into failures and back. What runs is asked of the pods, not of the operator."""

import datetime
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import REGISTRY, WEB, Case, Images, by_digest, channel, promotion, workload  # noqa: E402

WOKEN_S = 10  # a timer wakes it, and nothing else would so soon; on a machine that has more to do it takes seconds


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


class Promotions(Case):
    def test_a_release_moves_from_channel_to_channel(self):
        """by intake into the first, by promotion into the second; what upstream has not verified waits"""
        digest, second = Images.web("1.0.0", repository="test/line"), self.new_namespace("second")
        image = f"{REGISTRY}/test/line"
        self.make(workload("Deployment"))
        self.make(workload("Deployment"), second)
        self.make(channel(artifacts=[{"name": "web", "image": image}], upstream={
            "channels": [{"namespace": self.namespace, "name": "shop"}]}), second)
        self.make(promotion("early", **{"from": {"namespace": self.namespace, "channel": "shop"}}), second)
        cluster.eventually("it waits for its source", lambda: "does not exist" in self.message(self.promo("early", second)))
        self.make(channel(artifacts=[{"name": "web", "image": image}], promotion={"mode": "Automatic"},
                          intake={"interval": "10s", "tags": {"artifact": "web", "semver": ">=1.0.0"}}))
        self.wait_phase("early", "Succeeded", second)
        self.assertEqual(self.running_digests(self.namespace), {digest})
        self.assertEqual(self.running_digests(second), {digest})
        status = self.status(namespace=second)
        self.assertEqual(status["current"]["artifacts"][0]["digest"], digest)
        self.assertEqual(status["guard"], "Enforced")

    def test_a_rollout_that_fails_goes_back(self):
        """the good release runs on all the time; the bad one loses its mark and is not available downstream"""
        good, bad = Images.web("1.0.0"), Images.web("bad", broken=True)
        self.make(workload("Deployment", strategy={"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}))
        self.make(channel())
        self.bring("first", good)
        self.make(by_digest("bad", bad))
        status = self.pass_deadline("bad")
        self.assertIn("spec.rollout.progressDeadline 5s", self.message(status))
        cluster.eventually("the good one runs alone", lambda: self.running_digests() == {good})
        self.wait_condition("Ready", "Running")
        now = self.status()
        self.assertEqual(now["current"]["artifacts"][0]["digest"], good)
        self.assertTrue(now["history"][0]["result"] == "Failed" and now["verified"][0]["revoked"])

    def pass_deadline(self, name):
        """The promotion rolls out, and cannot be done: no more is waited for it. Its status in the end."""
        self.waits_for(name, "Rollout")
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"rollout": {"progressDeadline": "5s"}}})
        return self.wait_phase(name, "Failed")

    def test_one_workload_that_fails_takes_all_of_them_back(self):
        """a release of two artifacts over three workloads is all or nothing: the two that could run it go back as well"""
        good, better, bad = Images.web("1.0.0"), Images.web("2.0.0"), Images.web("bad", broken=True)
        parts = {"web": "web", "api": "api", "worker": "web"}
        for name in parts:
            self.make(workload("Deployment", name, replicas=1))
        self.make(channel(artifacts=[{"name": "web", "image": WEB}, {"name": "api", "image": WEB}],
                          workloads=[{"kind": "Deployment", "name": name, "containers": {"web": one}} for name, one in parts.items()]))
        for name, web, api in (("first", good, good), ("bad", better, bad)):
            self.make(promotion(name, artifacts=[{"name": "web", "digest": web}, {"name": "api", "digest": api}]))
            if name == "first":
                self.wait_phase(name, "Succeeded")
        cluster.eventually("it waits for the second one alone", lambda: any(
            f"Deployment {self.namespace}/api" in one["message"] for one in self.promo("bad").get("waitingFor", [])))
        status = self.pass_deadline("bad")
        self.assertIn(f"Deployment {self.namespace}/api", self.message(status))
        cluster.eventually("only the good one runs", lambda: self.running_digests() == {good})
        self.wait_condition("Ready", "Running")
        self.assertEqual({name: self.image(name=name) for name in parts}, dict.fromkeys(parts, f"{WEB}@{good}"))
        pins = self.api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins")["data"]
        self.assertEqual(set(pins.values()), {f"{WEB}@{good}"})

    def part(self, name, **spec):
        """A channel of that name with a Deployment of its own."""
        self.make(workload("Deployment", name, channel=name, replicas=1))
        self.make(channel(name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}], **spec))

    def after(self, *names, match="Any"):
        return {"match": match, "channels": [{"namespace": self.namespace, "name": name} for name in names]}

    def test_a_line_that_forks_and_joins(self):
        """two channels take what the first has verified; the last one waits for both of them, and takes nothing that came by another way"""
        one, automatic = Images.web("1.0.0"), {"mode": "Automatic"}
        self.part("first")
        self.part("left", upstream=self.after("first"), promotion=automatic)
        self.part("right", upstream=self.after("first"))
        self.part("last", upstream=self.after("left", "right", match="All"), promotion=automatic)
        self.make(by_digest("first", one, to="first"))
        self.make(by_digest("around", one, to="last"))
        self.wait_condition("Ready", "Running", name="left")
        cluster.eventually("the last one waits for the right one", lambda: self.message(
            self.promo("around")).endswith(f"is not verified in {self.namespace}/right"))
        self.assertEqual(self.status("last")["conditions"][0]["reason"], "NoRelease")
        self.make(promotion("onward", to="right", **{"from": {"namespace": self.namespace, "channel": "first"}}))
        self.wait_condition("Ready", "Running", name="last")
        self.assertEqual(self.image(name="last"), f"{WEB}@{one}")

    def test_a_hold_after_a_rollback_is_lifted_by_who_may(self):
        """until then nothing is promoted by itself; the status and an event say who lifted it"""
        digests = [Images.web(f"{i}.0.0") for i in (1, 2, 3)]
        self.part("first")
        self.part("shop", upstream=self.after("first"), promotion={"mode": "Automatic"})
        for i in (0, 1):
            self.make(by_digest(f"build-{i}", digests[i], to="first"))
            cluster.eventually("it is promoted by itself", lambda i=i: self.image(name="shop") == f"{WEB}@{digests[i]}")
            self.wait_condition("Ready", "Running")
        self.make(promotion("back", rollback={"to": "Previous"}))
        self.wait_phase("back", "Succeeded")
        held = self.status()["hold"]
        self.assertEqual((held["by"], held["reason"].split()[:2]), (self.api.whoami(), ["promotion", "back"]))
        third = self.bring_first(digests[2])
        cluster.eventually("the third is available", lambda: third in [one["release"] for one in self.status()["available"]])
        self.wait_for_the_others()
        time.sleep(2)
        self.assertNotIn(f"shop-{third}", [one["metadata"]["name"] for one in self.api.get(cluster.promotions(self.namespace))["items"]])
        cluster.kubectl("-n", self.namespace, "annotate", "rch/shop", "--overwrite", "sluice.dev/lift-hold=1")
        self.wait_phase(f"shop-{third}", "Succeeded")
        status = self.status()
        self.assertNotIn("hold", status)
        self.assertEqual(status["lifted"]["by"], self.api.whoami())
        self.assertIn("promotion back chose", status["lifted"]["reason"])
        self.wait_told("shop", "HoldLifted")

    def bring_first(self, digest):
        self.make(by_digest("build-2", digest, to="first"))
        return self.wait_phase("build-2", "Succeeded")["release"]["id"]

    def test_a_rollout_that_fails_is_held_when_so_asked_and_a_rollback_leads_out(self):
        good, bad = Images.web("1.0.0"), Images.web("bad", broken=True)
        self.make(workload("Deployment", replicas=1))
        self.make(channel(rollout={"onFailure": "Hold"}))
        self.bring("first", good)
        self.make(by_digest("bad", bad))
        self.pass_deadline("bad")
        self.wait_condition("Stalled", "RolloutFailed")
        self.assertEqual(self.image(), f"{WEB}@{bad}")
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"rollout": {"progressDeadline": None}}})
        self.make(promotion("back", rollback={"to": "Previous"}))
        self.wait_phase("back", "Succeeded")
        self.assertEqual(self.image(), f"{WEB}@{good}")

    def approver(self):
        """Somebody else than the admin, who makes the promotions."""
        name = f"bob@{self.namespace}"
        self.api.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{self.namespace}/rolebindings", {
            "metadata": {"name": "bob"}, "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "sluice-approver"}})
        user = cluster.api(name)
        self.addCleanup(user.close)
        cluster.eventually("bob has his rights", lambda: user.get(cluster.channels(self.namespace)))
        return user, name

    def waits_for(self, name, gate):
        return cluster.eventually(f"{name} waits for {gate}", lambda: [
            one["gate"] for one in self.promo(name).get("waitingFor", [])] == [gate])

    def test_people_approve_and_reject(self):
        """the requester's own approval does not count; afterwards the status tells who said what and what was waited for"""
        digest = Images.web("1.0.0")
        self.make(workload("Deployment", replicas=1))
        self.make(channel(gates={"approvals": {"required": 1, "excludeRequester": True}}))
        bob, name = self.approver()
        for one in ("good", "unwanted"):
            self.make(by_digest(one, digest))
            self.waits_for(one, "Approval")
        entry = {"op": "add", "path": "/spec/approvals/-"}
        self.api.json_patch(cluster.promotions(self.namespace, "good"), [{**entry, "value": {"decision": "Approve"}}])
        cluster.eventually("the admin's own does not count", lambda: "the requester's own does not count" in self.message(self.promo("good")))
        bob.json_patch(cluster.promotions(self.namespace, "unwanted"), [{**entry, "value": {"decision": "Reject", "reason": "not today"}}])
        self.assertEqual(self.message(self.wait_phase("unwanted", "Failed")), f"rejected by {name}: not today")
        self.assertEqual(self.running_digests(), set())
        bob.json_patch(cluster.promotions(self.namespace, "good"), [{**entry, "value": {"decision": "Approve"}}])
        status = self.wait_phase("good", "Succeeded")
        self.assertEqual(self.running_digests(), {digest})
        self.assertEqual([one["user"] for one in status["approvals"]], [self.api.whoami(), name])
        steps = {one["name"]: one for one in status["steps"]}
        self.assertEqual(list(steps), ["Resolve", "Upstream", "Approval", "RollOut"])
        self.assertEqual(steps["Approval"]["message"], f"approved by {name}")
        self.assertTrue(all(one["startedAt"] <= one["finishedAt"] for one in steps.values()))
        self.assertEqual((status["release"]["artifacts"][0]["digest"], "previous" in status), (digest, False))
        for promotion, reasons in (("good", ("ApprovalNeeded", "PromotionWaiting", "PromotionRollingOut", "PromotionSucceeded")),
                                   ("unwanted", ("ApprovalNeeded", "PromotionWaiting", "PromotionFailed"))):
            self.assertEqual(self.wait_told(promotion, *reasons), dict.fromkeys(reasons, 1))

    def test_an_aborted_rollout_goes_back(self):
        """and what was aborted is not bad; whoever waits is told who did it"""
        good, stuck = Images.web("1.0.0"), Images.web("bad", broken=True)
        self.make(workload("Deployment", replicas=1))
        self.make(channel(rollout={"onFailure": "Hold"}))
        self.bring("first", good)
        self.make(by_digest("stuck", stuck))
        self.waits_for("stuck", "Rollout")
        self.api.merge(cluster.promotions(self.namespace, "stuck"), {"spec": {"abort": True}})
        status = self.wait_phase("stuck", "Aborted")
        now = self.status()
        self.assertEqual(self.message(status), f"aborted by {self.api.whoami()}, back to {now['current']['release']}")
        cluster.eventually("the good one runs alone", lambda: self.running_digests() == {good})
        self.wait_condition("Ready", "Running")
        self.assertEqual(now["history"][0]["result"], "Aborted")
        self.assertFalse(any(one.get("revoked") for one in now["verified"]))

    def test_a_rollback_to_previous_and_to_a_named_release(self):
        one, two = Images.web("1.0.0"), Images.web("2.0.0")
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        first = self.bring("first", one)["release"]["id"]
        second = self.bring("second", two)["release"]["id"]
        self.make(promotion("back", rollback={"to": "Previous"}))
        self.wait_phase("back", "Succeeded")
        self.assertEqual(self.status()["current"]["release"], first)
        self.make(promotion("forth", rollback={"to": second}))
        self.wait_phase("forth", "Succeeded")
        cluster.eventually("its digest runs", lambda: self.running_digests() == {two})

    def test_two_promotions_at_once_run_one_after_the_other(self):
        one, two = Images.web("1.0.0"), Images.web("2.0.0")
        self.make(workload("Deployment", replicas=1))
        self.make(channel(suspended=True))
        self.make(by_digest("a-first", one))
        time.sleep(1.1)
        self.make(by_digest("b-second", two))
        for name in ("a-first", "b-second"):
            cluster.eventually("it waits", lambda name=name: "spec.suspended" in self.message(self.promo(name)))
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"suspended": False}})
        first, second = self.wait_phase("a-first", "Succeeded"), self.wait_phase("b-second", "Succeeded")
        self.assertLessEqual(first["finishedAt"], second["startedAt"])
        self.assertEqual(self.image(), f"{WEB}@{two}")

    def test_a_soak_is_over_at_the_moment_that_was_told_whoever_leads(self):
        digest = Images.web("1.0.0")
        for name in ("before", "after"):
            self.make(workload("Deployment", name, name, replicas=1))
        workloads = {name: [{"kind": "Deployment", "name": name, "containers": {"web": "web"}}] for name in ("before", "after")}
        self.make(channel("before", workloads=workloads["before"]))
        self.make(channel("after", workloads=workloads["after"], gates={"soak": "20s"},
                          upstream={"channels": [{"namespace": self.namespace, "name": "before"}]}))
        self.make(by_digest("first", digest, to="before"))
        self.wait_phase("first", "Succeeded")
        self.make(promotion("onward", to="after", **{"from": {"namespace": self.namespace, "channel": "before"}}))
        until = cluster.eventually("it waits for the soak", lambda: self.soak_until("onward"))
        self.operator.stop()
        self.operator.start()
        ready = utc_now()
        self.assertIn(self.soak_until("onward"), (until, None))
        status = self.wait_phase("onward", "Succeeded")
        began, told = (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (status["startedAt"], until))
        self.assertGreaterEqual(began, told)
        self.assertLess((began - max(told, ready)).total_seconds(), WOKEN_S)

    def soak_until(self, name):
        return next((one["until"] for one in self.promo(name).get("waitingFor", []) if one["gate"] == "Soak"), None)


if __name__ == "__main__":
    cluster.main()
