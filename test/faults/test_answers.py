"""Answers to what the operator writes: refusals, trouble, nonsense, or none. It looks again, never hurries, and comes to the same end."""

import base64
import json
import os
import sys
import time
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import RESYNC_S, Disturbed, by_digest, channel, cluster, fault, load_tests, operating, workload  # noqa: E402, F401

SOME_MORE = 3       # writes of a promotion of which one was disturbed; one of two that nothing happens to may have one more, too
TRIES = 3           # so often trouble is answered
BUSY_S, NET_S = 1, 0.1  # the least pause after an answer that says no more: of who is busy or denies, and of any other trouble
MOST_TRIES = 15     # of one write in a quarter of a minute, whatever is answered: pauses double, but each news is a look
MOST_REFUSED = 2    # of a write that somebody has to do something about
HOT_S = 15
MEMORY_KIB = 24576  # that nonsense may cost
LIMIT_S, SLACK_S = 30, 3  # of one request as a whole
TIMES_OUT_S = 75
ENDLESS = 1 << 25   # bytes


def status(code, reason, message="no", **details):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
                       "code": code, "details": details})


WEBHOOK = status(500, "InternalError", "Internal error occurred: failed calling webhook \"w\": context deadline exceeded")
CUT_GZIP = base64.b64encode(zlib.compress(b'{"kind":"Status"}', wbits=31)[:12]).decode()
TROUBLE = [
    ("429 with a time to wait", 429, {"Retry-After": "2"}, status(429, "TooManyRequests"), 2),
    ("429 without a time to wait", 429, {}, status(429, "TooManyRequests"), BUSY_S),
    ("500 of a webhook that has timed out", 500, {}, WEBHOOK, NET_S),
    ("502 with a page of HTML", 502, {"Content-Type": "text/html"}, "<html><h1>Bad Gateway</h1></html>", NET_S),
    ("503 with a time to wait", 503, {"Retry-After": "2"}, "", 2),
    ("503 without a time to wait", 503, {}, "", BUSY_S),
    ("504 of the apiserver", 504, {}, status(504, "Timeout"), BUSY_S),
    ("401, once and again", 401, {}, status(401, "Unauthorized"), BUSY_S),
    ("403, once and again", 403, {}, status(403, "Forbidden"), BUSY_S),
]
NONSENSE = [
    ("a body that is no JSON", {"kind": "garbage"}),
    ("an object of another kind", {"kind": "answer", "code": 200, "body": '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}'}),
    ("nothing at all", {"kind": "answer", "code": 200, "body": ""}),
    ("gzip that was not asked for, and is cut", {"kind": "answer", "code": 200, "headers": {"Content-Encoding": "gzip"}, "base64": CUT_GZIP}),
    ("a body that has no end", {"kind": "answer", "code": 200, "body": " " * 65536, "repeat": 4096}),
    ("a head of 200 KB", {"kind": "headers", "headers": {"X-Long": "x" * 200000}}),
    ("fewer bytes than were announced", {"kind": "answer", "code": 200, "headers": {"Content-Length": "1000"}, "body": "{}"}),
    ("a reply that is cut", {"kind": "cut", "byte": 100}),
    ("a connection that closes", {"kind": "drop"}),
]


def meets_trouble(case, code, headers, body, wait_s):
    case.begin()
    rule = case.proxy.rule(case.here(write=True, times=TRIES), {"kind": "answer", "code": code, "headers": headers, "body": body})
    case.make(by_digest("second", case.two))
    case.ends_well("second", case.two)
    refused = case.proxy.records(rule=rule.number)
    case.assertEqual(len(refused), TRIES)
    tries = [*refused, next(one for one in case.proxy.writes(namespace=case.namespace) if one["time_ns"] > refused[-1]["time_ns"])]
    case.assertEqual(len({one["path"] for one in tries}), 1)
    pauses = [(after["time_ns"] - before["time_ns"]) / 1e9 for before, after in zip(tries, tries[1:])]
    print(f"    tried again after {', '.join(f'{pause:.2f}' for pause in pauses)} s", flush=True)
    case.assertGreaterEqual(min(pauses), wait_s * 0.95)
    case.is_at_rest()


def hears_nonsense(case, action):
    case.begin()
    before = case.memory_kib()
    rules = {resource: case.proxy.rule(case.here(write=True, resource=resource, nth=1), action)
             for resource in ("releasechannels", "promotions", "configmaps", "deployments")}
    case.make(by_digest("second", case.two))
    case.converges()
    for resource, rule in rules.items():
        case.assertEqual(len(case.proxy.records(rule=rule.number)), 1, resource)
    case.assertLess(case.memory_kib() - before, MEMORY_KIB)


@cluster.rows(TROUBLE, fault("trouble answered")(meets_trouble))
class Trouble(Disturbed):
    pass


@cluster.rows(NONSENSE, fault("nonsense answered")(hears_nonsense))
class Nonsense(Disturbed):
    pass


class Answers(Disturbed):
    def each_write_meets(self, action):
        """In one promotion after the other the next write meets this, until one has fewer writes: each succeeds, with hardly a write more."""
        self.begin()
        counts, met = [], []
        while len(met) == len(counts):
            name, digest = f"nth-{len(counts)}", (self.two, self.one)[len(counts) % 2]
            rule = self.proxy.rule(self.here(write=True, nth=len(counts) + 1), action)
            before = len(self.landed())
            self.bring(name, digest)
            self.ends_well(name, digest)
            self.settles()
            rule.release()
            counts.append(len(self.landed()) - before)
            met += self.proxy.records(rule=rule.number)
        self.runs = self.survived = len(met)
        print(f"    {len(met)} were met; of writes there were {counts}, the last undisturbed", flush=True)
        self.assertEqual({one["resource"] for one in met}, {"promotions", "releasechannels", "configmaps", "deployments"})
        self.assertLessEqual(max(counts), counts[-1] + SOME_MORE)
        self.is_at_rest()

    @fault("conflict upon a write", short=True)
    def test_each_write_meets_a_conflict_once(self):
        self.each_write_meets({"kind": "answer", "code": 409, "body": status(409, "Conflict")})

    def tries(self, resource, code, body, most=MOST_TRIES):
        """A write of that resource is answered so for ever, and is not tried more often than that."""
        self.begin()
        self.make(by_digest("before", self.one))
        self.wait_phase("before", "Succeeded")
        rule = self.proxy.rule(self.here(write=True, resource=resource), {"kind": "answer", "code": code, "body": body})
        self.make(by_digest("second", self.two))
        rule.wait_hit()
        time.sleep(HOT_S)
        tries = len(self.proxy.records(rule=rule.number))
        print(f"    {tries} tries in {HOT_S} s", flush=True)
        self.assertLessEqual(tries, most)
        return rule

    @fault("conflict upon a write")
    def test_a_conflict_for_ever_is_no_hot_loop(self):
        self.tries("configmaps", 409, status(409, "Conflict")).release()
        self.converges()

    @fault("refused by admission")
    def test_a_write_that_admission_refuses_is_named_and_no_hot_loop(self):
        rule = self.tries("deployments", 422, status(422, "Invalid", "admission webhook \"policy\" denied the request: not today"), MOST_REFUSED)
        self.is_named("not today", self.status())
        rule.release()
        self.api.merge(self.path("Deployment", "web"), {"metadata": {"annotations": {"somebody": "has edited it"}}})
        self.converges()

    def is_named(self, why, told):
        """The channel's status tells why a workload does not carry the release."""
        pinned = self.condition(told, "Pinned")
        self.assertEqual((pinned["status"], pinned["reason"]), ("False", "Pinning"))
        self.assertIn(why, pinned["message"])

    @fault("refused by admission")
    def test_a_webhook_that_never_answers_is_named_and_no_hot_loop(self):
        """a webhook times out again and again: it is named, there is no hot loop, and all goes on when it answers"""
        rule = self.tries("deployments", 500, WEBHOOK)
        told = self.status()
        rule.release()
        self.converges()
        self.is_named("context deadline exceeded", told)

    @fault("refused by admission")
    def test_a_service_whose_webhook_never_answers_is_named_and_keeps_no_promotion_back(self):
        self.begin()
        rule = self.proxy.rule(self.here(write=True, resource="services"), {"kind": "answer", "code": 500, "body": WEBHOOK})
        self.serve({"service": {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80}]}})
        cluster.eventually("the channel says so", lambda: (self.condition(self.status(), "Ready") or {}).get("reason") == "Applying")
        for name in ("Ready", "Reconciling"):
            told = self.condition(self.status(), name)
            self.assertEqual(told["reason"], "Applying", name)
            self.assertIn("Service web cannot be applied", told["message"])
            self.assertIn("context deadline exceeded", told["message"])
        time.sleep(HOT_S)
        self.assertLessEqual(len(self.proxy.records(rule=rule.number)), MOST_TRIES)
        self.make(by_digest("second", self.two))
        self.wait_phase("second", "Succeeded")  # each look of its tries the Service once more
        rule.release()
        self.converges()
        self.assertEqual(self.api.get(f"/api/v1/namespaces/{self.namespace}/services/web")["spec"]["ports"][0]["port"], 80)

    def serve(self, routing):
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"routing": routing}})

    def services(self):
        return [one["metadata"]["name"] for one in self.api.get(f"/api/v1/namespaces/{self.namespace}/services")["items"]]

    @fault("refused by admission")
    def test_a_service_that_may_not_be_deleted_is_named_and_keeps_no_promotion_back(self):
        """a Service that may not be deleted is named, and a promotion for which the registry has to be asked goes on"""
        self.begin()
        self.serve({"service": {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80}]}})
        cluster.eventually("the Service is there", lambda: self.services() == ["web"])
        rule = self.proxy.rule(self.here(resource="services", method="DELETE"), {
            "kind": "answer", "code": 403, "body": status(403, "Forbidden", "services \"web\" is forbidden: kept by policy")})
        self.serve(None)
        self.wait_condition("Stalled", "DeletionRefused")
        self.assertIn("Service web: ", self.condition(self.status(), "Ready")["message"])
        self.assertIn("kept by policy", self.condition(self.status(), "Ready")["message"])
        time.sleep(HOT_S)
        self.assertLessEqual(len(self.proxy.records(rule=rule.number)), MOST_TRIES)
        self.make(operating.promotion("second", artifacts=[{"name": "web", "tag": "2.0.0"}]))
        self.wait_phase("second", "Succeeded")
        rule.release()
        cluster.eventually("the Service is gone", lambda: self.services() == [], patience_s=120)
        self.converges()

    @fault("refused by admission")
    def test_pins_that_may_not_be_written_are_named_and_no_hot_loop(self):
        rule = self.tries("configmaps", 403, status(403, "Forbidden", "configmaps \"sluice-pins\" is forbidden: not today"))
        self.is_named("ConfigMap sluice-pins: ", self.status())
        self.is_named("not today", self.status())
        rule.release()
        self.converges()

    @fault("refused by admission")
    def test_a_promotion_of_automation_that_is_refused_is_named_and_no_hot_loop(self):
        self.begin()
        rule = self.proxy.rule(self.here(write=True, resource="promotions", subresource=""),
                               {"kind": "answer", "code": 403, "body": status(403, "Forbidden", "exceeded quota: promotions")})
        self.make(workload("Deployment", "beta", channel="beta", replicas=0))
        self.make(channel("beta", workloads=[{"kind": "Deployment", "name": "beta", "containers": {"web": "web"}}],
                          upstream={"channels": [{"namespace": self.namespace, "name": "shop"}]}, promotion={"mode": "Automatic"}))
        rule.wait_hit()
        time.sleep(HOT_S)
        told = self.condition(self.status("beta"), "AutomationFailed")
        self.assertEqual((told["status"], told["reason"]), ("True", "CreationRefused"))
        self.assertIn("exceeded quota", told["message"])
        self.assertLessEqual(len(self.proxy.records(rule=rule.number)), MOST_TRIES)
        rule.release()
        cluster.eventually("beta runs it", lambda: self.status("beta").get("current", {}).get("artifacts", [{}])[0].get("digest") == self.one)
        self.assertIsNone(self.condition(self.status("beta"), "AutomationFailed"))
        self.is_at_rest()

    @fault("a kind denied")
    def test_a_kind_that_may_not_be_read_keeps_nothing_else_back(self):
        self.begin()
        rule = self.proxy.rule({"resource": "horizontalpodautoscalers", "method": "GET"}, {"kind": "answer", "code": 403, "body": status(403, "Forbidden")})
        self.proxy.end_watches("horizontalpodautoscalers")
        rule.wait_hit()
        self.make(by_digest("second", self.two))
        self.ends_well("second", self.two)
        rule.release()
        self.is_at_rest()

    @fault("trouble answered")
    def test_a_workload_whose_read_meets_trouble_is_named_and_read_again(self):
        self.begin()
        rule = self.proxy.rule(self.here(method="GET", resource="deployments", name="late"), {"kind": "answer", "code": 503, "body": ""})
        self.make(channel("late", workloads=[{"kind": "Deployment", "name": "late", "containers": {"web": "web"}}]))
        self.make(by_digest("late", self.two, to="late"))
        cluster.eventually("the promotion says so", lambda: "late cannot be read" in json.dumps(self.promo("late")))
        time.sleep(HOT_S)
        self.assertLessEqual(len(self.proxy.records(rule=rule.number)), MOST_TRIES)
        rule.release()
        cluster.eventually("it says that there is none", lambda: "late does not exist" in json.dumps(self.promo("late")))
        self.make(workload("Deployment", "late", channel="late", replicas=0))
        self.wait_phase("late", "Succeeded")
        self.wrote_rightly()
        self.is_at_rest()

    @fault("everything denied")
    def test_nobody_is_known_for_some_seconds(self):
        """everything is answered 401 for some seconds"""
        self.begin()
        rule = self.proxy.rule({}, {"kind": "answer", "code": 401, "body": status(401, "Unauthorized")})
        self.proxy.end_watches()
        self.make(by_digest("second", self.two))
        rule.wait_hit()
        time.sleep(5)
        self.assertEqual(self.operator.process.poll(), None)
        tries = {}
        for one in self.proxy.records(rule=rule.number):
            tries[one["resource"]] = tries.get(one["resource"], 0) + 1
        self.assertLessEqual(max(tries.values()), MOST_TRIES, tries)
        rule.release()
        self.converges()

    @fault("no reply")
    def test_a_write_that_is_never_answered_is_decided_anew(self):
        self.begin()
        self.is_left({"kind": "never"})

    def is_left(self, action):
        """A write to which that is done is left when its time is over, and what it was for is decided anew."""
        rule = self.proxy.rule(self.here(write=True, nth=3), action)
        self.make(by_digest("second", self.two))
        self.wait_phase("second", "Succeeded", patience_s=TIMES_OUT_S)
        self.converges()
        met, = self.proxy.records(rule=rule.number)
        self.assertAlmostEqual((met["end_ns"] - met["time_ns"]) / 1e9, LIMIT_S, delta=SLACK_S)

    @fault("no reply")
    def test_each_write_is_done_and_its_reply_lost_once(self):
        self.each_write_meets({"kind": "cut", "byte": 0})

    @fault("a slow drip")
    def test_a_reply_that_drips_ends_in_time(self):
        """a reply comes at a byte a second"""
        self.begin()
        self.is_left({"kind": "drip", "bytes_per_s": 1})

    def listed_and_watched(self, listed, watched):
        """These are done to the next list of promotions, and to the next watch."""
        rules = [self.proxy.rule({"resource": "promotions", "nth": 1, **match}, action)
                 for match, action in (({"list": True}, listed), ({"watch": True}, watched))]
        time.sleep(RESYNC_S)  # a list is due
        self.proxy.end_watches("promotions")
        for rule in rules:
            rule.wait_hit()

    @fault("a slow drip")
    def test_a_watch_that_drips_is_followed(self):
        """a list drips, and the watch that follows it"""
        self.begin()
        self.listed_and_watched({"kind": "drip", "bytes_per_s": 4000}, {"kind": "drip", "bytes_per_s": 4000})
        self.make(by_digest("second", self.two))
        self.converges()

    @fault("nonsense answered")
    def test_a_line_of_a_watch_without_an_end_costs_no_memory(self):
        """an object of a list has no end, and then a line of a watch has none"""
        self.begin()
        before = self.memory_kib()
        self.listed_and_watched({"kind": "answer", "code": 200, "body": '{"items":[{"kind":"' + "x" * ENDLESS},
                                {"kind": "answer", "code": 200, "body": '{"type":"ADDED",' + " " * ENDLESS})
        self.make(by_digest("second", self.two))
        self.converges()
        self.assertLess(self.memory_kib() - before, MEMORY_KIB)


if __name__ == "__main__":
    cluster.main(own="faults")
