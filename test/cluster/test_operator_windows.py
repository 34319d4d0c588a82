"""Windows that open and close while one looks, and a ChannelStop."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import WEB, Case, Images, by_digest, promotion  # noqa: E402
from standing import line, wait_running  # noqa: E402

STOPS = "/apis/sluice.dev/v1alpha1/channelstops"


def utc(moment_s, zone=""):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment_s)) + zone


def window(kind, name, end_s, lasts_s=3600):
    """A window that ends at that moment."""
    return {"gates": {"windows": [{"name": name, "kind": kind, "start": utc(end_s - lasts_s), "duration": f"{lasts_s}s", "timeZone": "Etc/UTC"}]}}


class Windows(Case):
    def setUp(self):
        super().setUp()
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")

    def make_line(self, name, labels=None, **spec):
        deployment, body = line(name, **spec)
        body["metadata"]["labels"] = labels or {}
        self.make(deployment)
        self.make(body)

    def make_line_until(self, kind, name):
        """With a window that ends soon, and not before the operator has shown it once: a machine that has more to do takes a while."""
        self.make_line("shop")
        self.wait_condition("Ready", true=False)
        end_s = int(time.time()) + 8
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": window(kind, name, end_s)})
        return end_s

    def waits(self, name):
        return {one["gate"]: one for one in self.promo(name).get("waitingFor", [])}

    def wait_gate(self, name, gate):
        return cluster.eventually(f"{name} waits at gate {gate}", lambda: self.waits(name).get(gate))

    def test_a_freeze_that_ends_lets_the_promotion_go_at_that_moment(self):
        end_s = self.make_line_until("Deny", "freeze")
        self.make(by_digest("first", self.one))
        wait = self.wait_gate("first", "Window")
        self.assertEqual(wait["until"], utc(end_s, "Z"))
        self.assertIn("closed by freeze until", wait["message"])
        shown = self.status()["window"]
        self.assertEqual((shown["open"], shown["name"], shown["nextChange"]), (False, "freeze", utc(end_s, "Z")))
        started = self.wait_phase("first", "Succeeded")["startedAt"]
        self.assertGreaterEqual(started, utc(end_s, "Z"), "it began before the freeze was over")
        print(f"(began {started}, the freeze ended {utc(end_s, 'Z')}) ", end="", file=sys.stderr)
        self.assertEqual(self.status()["window"], {"open": True, "name": "freeze", "message": "no Deny window is in sight"})

    def test_office_hours_that_end_are_shown_and_hold_what_comes_later(self):
        end_s = self.make_line_until("Allow", "office-hours")
        cluster.eventually("the office is open", lambda: self.status().get("window", {}).get("open"))
        self.assertEqual(self.status()["window"]["nextChange"], utc(end_s, "Z"))
        cluster.eventually("the office has closed", lambda: self.status()["window"]["open"] is False)
        self.assertGreaterEqual(time.time(), end_s)
        self.make(by_digest("late", self.one))
        wait = self.wait_gate("late", "Window")
        self.assertNotIn("until", wait)
        self.assertEqual(wait["message"], "closed outside of office-hours")
        wide = cluster.kubectl("get", "rch", "shop", "-n", self.namespace, "-o", "wide").stdout
        self.assertIn("closed outside of office-hours", wide)
        self.quiet(2)

    def test_a_freeze_holds_a_rollback_until_somebody_overrides_it(self):
        """which is the one thing that an override opens a freeze for, and the status says by whom and why"""
        self.make_line("shop")
        for name, digest in (("first", self.one), ("second", self.two)):
            self.make(by_digest(name, digest))
            self.wait_phase(name, "Succeeded")
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": window("Deny", "freeze", int(time.time()) + 3600, 7200)})
        cluster.eventually("the freeze is on", lambda: self.status().get("window", {}).get("open") is False)
        self.make(promotion("back", rollback={"to": "Previous"}))
        self.make(by_digest("third", self.one))
        override = [{"op": "add", "path": "/spec/approvals/-", "value": {"decision": "Approve", "override": True, "reason": "outage"}}]
        for name in ("third", "back"):
            self.wait_gate(name, "Window")
            self.api.json_patch(cluster.promotions(self.namespace, name), override)
        status = self.wait_phase("back", "Succeeded")
        step = next(one for one in status["steps"] if one["name"] == "Window")
        self.assertTrue(step["message"].endswith(f"; overridden by {self.api.whoami()}: outage"), step)
        self.assertEqual(self.image(name="shop"), f"{WEB}@{self.one}")
        self.assertIn("Window", self.waits("third"))

    def test_a_rule_that_the_schema_cannot_read_is_named_and_mended(self):
        rule = {**window("Deny", "weekly", int(time.time()))["gates"]["windows"][0], "rrule": "FREQ=WEEKLY;BYDAY=2MO"}
        self.make_line("shop", gates={"windows": [rule]})
        message = self.wait_condition("Stalled", "InvalidWindow")["message"]
        self.assertIn('spec.gates.windows[weekly].rrule: "FREQ=WEEKLY;BYDAY=2MO": BYDAY with a number needs', message)
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"gates": None}})
        self.make(by_digest("first", self.one))
        self.wait_phase("first", "Succeeded")
        self.assertIsNone(self.condition(self.status(), "Stalled"))

    def test_a_stop_holds_the_channels_that_it_names_until_it_is_deleted(self):
        names = ["web", "api", "other"]
        for name in names:
            self.make_line(name, labels={} if name == "other" else {"line": self.namespace})
            self.make(by_digest(f"first-{name}", self.one, to=name))
        wait_running(self, names, self.one)
        stop = self.api.create(STOPS, {
            "apiVersion": "sluice.dev/v1alpha1", "kind": "ChannelStop", "metadata": {"name": self.namespace},
            "spec": {"reason": "the database moves", "selector": {"matchLabels": {"line": self.namespace}}}})
        self.addCleanup(lambda: cluster.kubectl("delete", "channelstop", self.namespace, "--ignore-not-found"))
        message = f"ChannelStop {self.namespace} since {stop['metadata']['creationTimestamp']}: the database moves"
        for name in names[:2]:
            self.assertEqual(self.wait_condition("Stopped", "ChannelStop", name)["message"], message)
        for name in names:
            self.make(by_digest(f"second-{name}", self.two, to=name))
        self.wait_phase("second-other", "Succeeded")
        for name in names[:2]:
            self.assertEqual(self.wait_gate(f"second-{name}", "Stop"), {"gate": "Stop", "message": message})
            self.assertEqual(self.condition(self.status(name), "Ready")["status"], "True")
        self.api.delete(f"{STOPS}/{self.namespace}")
        for name in names[:2]:
            self.wait_phase(f"second-{name}", "Succeeded")
            self.assertIsNone(self.condition(self.status(name), "Stopped"))
        wait_running(self, names, self.two)

    def test_only_who_may_in_the_whole_cluster_stops_channels(self):
        """sluice-governor everywhere may do anything to channels, and cannot stop them; sluice-stopper can."""
        body = {"apiVersion": "sluice.dev/v1alpha1", "kind": "ChannelStop", "metadata": {"name": "mine"},
                "spec": {"reason": "because", "selector": {"matchLabels": {"line": self.namespace}}}}
        bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
        for role in ("sluice-governor", "sluice-stopper"):
            name = f"{role}-{self.namespace}"
            self.api.create(bindings, {
                "metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}]})
            self.addCleanup(lambda name=name: cluster.kubectl("delete", "clusterrolebinding", name))
        governor, stopper = (cluster.api(f"{role}-{self.namespace}") for role in ("sluice-governor", "sluice-stopper"))
        self.addCleanup(governor.close)
        self.addCleanup(stopper.close)

        def may(api):
            try:
                return api.create(STOPS, body, dry_run=True)
            except cluster.ApiError as refusal:
                if refusal.code != 403:
                    raise
                return None
        cluster.eventually("the stopper may stop", lambda: may(stopper))
        cluster.eventually("the governor has his rights", lambda: governor.get(cluster.channels(self.namespace)))
        self.assertIsNone(may(governor))


if __name__ == "__main__":
    cluster.main()
