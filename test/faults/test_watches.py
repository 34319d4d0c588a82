"""Watches that are frozen, lose, repeat or reorder events, are cut, or tell of the past: the operator does no harm, and finds the present again."""

import collections
import json
import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import ENDS, OURS, WEB, Disturbed, by_digest, cluster, fault, load_tests  # noqa: E402, F401

EXPIRED = '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}'
FAULTS = ({"kind": "answer", "code": 409, "body": '{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409}'},
          {"kind": "cut", "byte": 0}, {"kind": "answer", "code": 503, "body": ""})
CHANGES = ["ADDED", "MODIFIED", "DELETED"]
EVERYTHING = [*CHANGES, "BOOKMARK"]
HARMLESS_S = 3  # so long it is looked at for harm
FROZEN_S = 4    # so long the ages of the watches are looked at
LATE_S = 2
NONSENSE = ("this is no JSON", "[]", "{}", '{"type":"MODIFIED"}', '{"type":"MODIFIED","object":{"metadata":{}}}', '{"type":"MOVED","object":{}}')


class Watches(Disturbed):
    def frozen(self, **match):
        """A second promotion, and events of it that are kept back."""
        self.begin()
        rule = self.proxy.rule(match, {"kind": "freeze"})
        self.make(by_digest("second", self.two))
        time.sleep(HARMLESS_S)
        self.assertTrue(self.proxy.events(rule=rule.number, done="frozen"), "nothing was kept back")
        self.wrote_rightly()
        return rule

    @fault("watch frozen: one object")
    def test_the_workload_s_events_are_kept_back(self):
        rule = self.frozen(resource="deployments", namespace=self.namespace)
        self.assertNotEqual(self.promo("second")["phase"], "Succeeded")
        rule.release()
        self.converges()

    @fault("watch frozen: one object")
    def test_the_channel_s_events_are_kept_back(self):
        """that the channel was suspended is kept back: its statuses are refused, and nothing is pinned"""
        self.begin()
        pinned, before = self.landed(resource="configmaps"), self.landed(resource="releasechannels")[-1]["resourceVersion"]
        rule = self.proxy.rule(self.here(resource="releasechannels"), {"kind": "freeze"})
        self.suspend(True)
        self.make(by_digest("second", self.two))
        time.sleep(HARMLESS_S)
        self.assertTrue(self.proxy.events(rule=rule.number, done="frozen"), "nothing was kept back")
        self.assertEqual({one["code"] for one in self.proxy.writes(resource="releasechannels", basedOn=before)}, {409})
        self.assertEqual(self.landed(resource="configmaps"), pinned)
        self.assertEqual(self.image(), f"{WEB}@{self.one}")
        self.wrote_rightly()
        rule.release()
        self.wait_phase("second", "Waiting")
        self.suspend(False)
        self.converges()

    def suspend(self, suspended):
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"suspended": suspended}})

    @fault("watch frozen: one kind")
    def test_all_promotions_are_kept_back(self):
        rule = self.frozen(resource="promotions")
        self.assertEqual(self.landed(resource="promotions", name="second"), [])
        rule.release()
        self.converges()

    @fault("watch frozen: everything")
    def test_everything_is_kept_back_and_the_metric_tells(self):
        """the age of each watch rises although objects change, and falls when the events come"""
        rule = self.frozen(type=EVERYTHING)
        objects = {"ReleaseChannel": cluster.channels(self.namespace, "shop"), "Promotion": cluster.promotions(self.namespace, "second"),
                   "Deployment": self.path("Deployment", "web")}
        before = self.ages()
        for second in range(FROZEN_S):
            for path in objects.values():
                self.api.merge(path, {"metadata": {"annotations": {"second": str(second)}}})
            time.sleep(1)
        after = self.ages()
        kept = collections.Counter(one["resource"] for one in self.proxy.events(rule=rule.number, done="frozen", namespace=self.namespace))
        for resource in ("releasechannels", "promotions", "deployments"):
            self.assertGreaterEqual(kept[resource], FROZEN_S, kept)
        for kind in objects:
            self.assertGreater(after[kind] - before[kind], FROZEN_S - 1, kind)
        rule.release()
        thawed = time.monotonic()
        cluster.eventually("the watches have brought something", lambda: all(
            age < time.monotonic() - thawed for kind, age in self.ages().items() if kind in objects))
        self.converges()

    def ages(self):
        """How long each watch has brought nothing, by its kind."""
        found = re.findall(r'^sluice_watch_last_byte_age_seconds\{kind="(\w+)"\} (\S+)$', self.operator.get("/metrics")[1], re.M)
        return {kind: float(age) for kind, age in found}

    def stale(self, *resources, writes=0):
        """Somebody else brings the second release; then the operator is started again, and told the past about these."""
        self.begin()
        rule = self.proxy.rule({"resource": list(resources)}, {"kind": "freeze", "lists": True})
        self.operator.kill()
        other = self.new_operator("other", 18081, self.flags).start()
        self.bring("second", self.two)
        cluster.eventually("the channel is ready", lambda: self.condition(self.status(), "Ready")["status"] == "True")
        other.stop()
        before = self.api.get(self.path("Deployment", "web"))["metadata"]["generation"]
        landed = len(self.landed())
        self.operator.start()
        self.assertEqual({one["resource"] for one in self.proxy.lists(done="stale")}, set(resources))
        time.sleep(HARMLESS_S)
        self.assertLessEqual(len(self.landed()) - landed, writes, self.operator.log())
        rule.release()
        self.converges()
        self.assertEqual(self.api.get(self.path("Deployment", "web"))["metadata"]["generation"], before)

    @fault("restart onto a stale list", short=True)
    def test_a_list_of_everything_tells_the_past(self):
        self.stale(*OURS)

    @fault("restart onto a stale list")
    def test_a_list_of_channels_and_promotions_tells_the_past(self):
        self.stale("releasechannels", "promotions")

    @fault("restart onto a stale list")
    def test_a_list_of_channels_tells_the_past(self):
        self.stale("releasechannels")

    @fault("restart onto a stale list")
    def test_a_list_of_promotions_tells_the_past(self):
        self.stale("promotions")

    @fault("restart onto a stale list")
    def test_a_list_of_workloads_and_pins_tells_the_past(self):
        """a list of workloads and pins tells the past: what stands is stated once more, and nothing changes by it"""
        self.stale("deployments", "configmaps", writes=20)

    @fault("unobserved state")
    def test_what_came_and_went_unseen_leaves_no_trace(self):
        """a promotion is made and deleted, the channel suspended and not, while the watch is away and then has expired"""
        self.begin()
        holds = self.proxy.rule({"resource": ["promotions", "releasechannels"], "watch": True}, {"kind": "hold", "at": "request"})
        for resource in ("promotions", "releasechannels"):
            self.proxy.end_watches(resource)
            holds.wait_held()
        self.make(by_digest("passing", self.one))
        self.api.delete(cluster.promotions(self.namespace, "passing"))
        for suspended in (True, False):
            self.suspend(suspended)
        self.make(by_digest("second", self.two))
        expired = [self.proxy.rule({"resource": resource, "watch": True, "nth": 1}, {"kind": "answer", "code": 410, "body": EXPIRED})
                   for resource in ("promotions", "releasechannels")]
        holds.drop()
        for rule in expired:
            rule.wait_hit()
        self.converges()
        self.assertEqual(self.landed(name="passing"), [])

    @fault("event lost", short=True)
    def test_an_event_that_is_lost_is_found_by_the_next_list(self):
        self.begin()
        rule = self.proxy.rule(self.here(resource="promotions", type="ADDED", nth=1), {"kind": "lose"})
        self.make(by_digest("second", self.two))
        time.sleep(1.5)
        self.assertNotIn("phase", self.promo("second"))
        self.assertEqual(len(self.proxy.events(rule=rule.number, done="lose")), 1)
        self.proxy.end_watches("promotions")
        self.converges()

    @fault("event lost")
    def test_everything_that_is_told_of_the_workload_is_lost(self):
        self.begin()
        rule = self.proxy.rule(self.here(resource="deployments"), {"kind": "lose"})
        self.make(by_digest("second", self.two))
        time.sleep(1.5)
        self.assertNotEqual(self.promo("second").get("phase"), "Succeeded")
        self.assertTrue(self.proxy.events(rule=rule.number, done="lose"))
        rule.release()
        self.proxy.end_watches("deployments")
        self.converges()

    @fault("event lost")
    def test_that_a_promotion_was_deleted_is_lost(self):
        self.begin()
        self.suspend(True)
        self.make(by_digest("second", self.two))
        self.wait_phase("second", "Waiting")
        rule = self.proxy.rule(self.here(resource="promotions", type="DELETED", nth=1), {"kind": "lose"})
        self.api.delete(cluster.promotions(self.namespace, "second"))
        time.sleep(1.5)
        self.assertEqual(len(self.proxy.events(rule=rule.number, done="lose")), 1)
        self.proxy.end_watches("promotions")
        self.suspend(False)
        self.make(by_digest("third", self.two))
        self.converges("third")

    @fault("event repeated or out of order")
    def test_events_that_are_repeated_cause_no_write(self):
        self.begin()
        writes = []
        for name, digest in (("second", self.two), ("third", self.one)):
            before = len(self.landed())
            self.bring(name, digest)
            self.is_at_rest()
            landed = self.landed()[before:]
            self.say_nothing_twice(one for one in landed if one.get("subresource") == "status")
            writes.append([(one["resource"], one["method"]) for one in landed if one.get("subresource") != "status"])
            self.proxy.rule({}, {"kind": "repeat", "repeat": 3})
        self.assertEqual(writes[1], writes[0])
        repeated = {one["resource"] for one in self.proxy.events(done="repeat", namespace=self.namespace)}
        self.assertLessEqual({"releasechannels", "promotions", "deployments", "configmaps"}, repeated)
        self.ends_well("third", self.one)

    def say_nothing_twice(self, statuses):
        said = {}
        for one in statuses:
            now = json.loads(one["body"])["status"]
            self.assertNotEqual(now, said.get(one["uid"]), one)
            said[one["uid"]] = now

    @fault("event repeated or out of order")
    def test_events_change_places(self):
        """an older event of an object comes behind a newer one: what it says is not believed"""
        self.begin()
        rule = self.proxy.rule(self.here(resource=["deployments", "promotions", "releasechannels"], type="MODIFIED"), {"kind": "reorder"})
        self.make(by_digest("second", self.two))
        time.sleep(HARMLESS_S)
        self.wrote_rightly()
        self.assertTrue(self.went_back(rule), "no object was told of in a wrong order")
        rule.release()
        self.proxy.end_watches()
        self.converges()

    def went_back(self, rule):
        """The events of this rule that came behind a newer one of the same object."""
        told = self.proxy.events(namespace=self.namespace)
        return [late for at, late in enumerate(told) if late.get("rule") == rule.number and any(
            one["watch"] == late["watch"] and one["name"] == late["name"] and int(one["resourceVersion"]) > int(late["resourceVersion"])
            for one in told[:at])]

    @fault("event or reply late")
    def test_each_event_comes_late(self):
        """each event comes two seconds late: nothing is done before it, and all goes its way"""
        self.begin()
        rule = self.proxy.rule(self.here(type=CHANGES), {"kind": "delay", "ms": LATE_S * 1000})
        self.make(by_digest("second", self.two))
        self.ends_well("second", self.two)
        late = self.proxy.events(rule=rule.number, done="delay")
        self.assertLessEqual({"releasechannels", "promotions", "deployments", "configmaps"}, {one["resource"] for one in late})
        told = next(one for one in late if one["name"] == "second")
        self.assertGreaterEqual(self.landed(name="second")[0]["time_ns"] - told["time_ns"], LATE_S * 1e9)
        rule.release()
        self.is_at_rest()

    @fault("event or reply late")
    def test_each_reply_comes_late(self):
        """each write is answered two seconds late: it is not sent again, and all goes its way"""
        self.begin()
        rule = self.proxy.rule(self.here(write=True), {"kind": "delay", "ms": LATE_S * 1000})
        self.bring("second", self.two)
        late = self.landed(rule=rule.number)
        self.assertGreater(len(late), 2)
        for one in late:
            self.assertGreaterEqual(one["end_ns"] - one["time_ns"], LATE_S * 1e9)
        self.assertEqual(len(late), len(self.proxy.writes(rule=rule.number)), "some were refused")
        rule.release()
        self.converges()

    @fault("nonsense in a watch")
    def test_a_line_of_a_watch_is_nonsense(self):
        """before an event comes a line that is no event: the event is not missed"""
        self.begin()
        for number, line in enumerate(NONSENSE):
            with self.one_run():
                name, digest = f"nonsense-{number}", (self.two, self.one)[number % 2]
                rule = self.proxy.rule(self.here(resource="promotions", name=name, type="ADDED", nth=1), {"kind": "garbage", "body": line})
                self.bring(name, digest)
                self.ends_well(name, digest)
                self.assertEqual(len(self.proxy.events(rule=rule.number, done="garbage")), 1)
        self.is_at_rest()

    @fault("watch cut within an event", short=True)
    def test_a_watch_that_is_cut_goes_on_after_its_last_whole_event(self):
        """a watch is cut within the frame, within a name, within a character of two bytes"""
        self.begin()
        for number, byte in enumerate((0, 1, 9, 40, 300, 301, 800, 1500)):
            with self.one_run():
                name, digest = f"cut-{number}", (self.two, self.one)[number % 2]
                body = by_digest(name, digest)
                body["metadata"]["annotations"] = {"a": "ü" * 300}
                self.proxy.rule(self.here(resource="promotions", name=name, type="MODIFIED", nth=1), {"kind": "cut", "byte": byte})
                self.make(body)
                self.ends_well(name, digest)
                self.resumed_after_the_cut(name)
        self.is_at_rest()

    def resumed_after_the_cut(self, name):
        cut = next(one for one in self.proxy.events(name=name, done="cut"))
        told = [one for one in self.proxy.events(watch=cut["watch"], done="passed") if one["time_ns"] <= cut["time_ns"]]
        after = next(one for one in self.proxy.records(resource="promotions", name="") if one["id"] > cut["watch"])
        self.assertEqual(after["kind"], "watch", "it was listed")
        self.assertIn(f"resourceVersion={told[-1]['resourceVersion']}&", after["path"] + "&")

    @fault("watch expired")
    def test_a_stream_that_says_410_is_listed_again(self):
        self.begin()
        self.proxy.rule(self.here(resource="promotions", type="ADDED", nth=1), {"kind": "expire"})
        lists = len(self.proxy.lists(resource="promotions"))
        self.make(by_digest("second", self.two))
        self.ends_well("second", self.two)
        self.assertEqual(len(self.proxy.lists(resource="promotions")), lists + 1)
        self.is_at_rest()

    @fault("list cut")
    def test_a_list_without_its_end_is_no_list(self):
        """a list is cut behind some of its objects, again and again; when it is not, it has all of them"""
        self.begin()
        self.operator.kill()
        self.make(by_digest("second", self.two))
        page = json.dumps(self.api.get(f"{cluster.GROUP}/promotions"), separators=(",", ":"))
        rule = self.proxy.rule({"resource": "promotions", "list": True}, {"kind": "cut", "byte": page.rindex('"second"')})
        self.operator.launch()
        cluster.eventually("it waits for promotions alone", lambda: "promotions has not synced" in self.operator.get("/readyz?verbose")[1])
        time.sleep(HARMLESS_S)
        self.assertEqual(self.landed(name="second"), [])
        self.assertEqual(self.operator.get("/readyz")[0], 503)
        self.assertGreater(len(self.proxy.lists(resource="promotions", rule=rule.number)), 1)
        rule.release()
        self.converges()

    @fault("nothing happens", short=True)
    def test_in_ten_resync_periods_not_one_write_is_sent(self):
        """after the last of several faults everything that is watched is listed again, ten times, and not one write is sent, nor an Event"""
        self.begin()
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {
            "autoscaling": [{"workload": "web", "minReplicas": 1, "maxReplicas": 3}],
            "routing": {"service": {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80}]}}}})
        self.settles()
        rules = [self.proxy.rule(self.here(write=True, nth=nth), action) for nth, action in enumerate(FAULTS, 2)]
        self.make(by_digest("second", self.two))
        rules[-1].wait_hit()
        self.proxy.sever()
        self.ends_well("second", self.two)
        for rule, action in zip(rules, FAULTS):
            self.assertEqual(len(self.proxy.records(rule=rule.number)), 1, action)
        self.settles()
        before = self.sent()
        for _ in range(ENDS):
            self.resync()
        time.sleep(HARMLESS_S)
        self.assertEqual(self.sent(), before, self.operator.log())


if __name__ == "__main__":
    cluster.main(own="faults")
