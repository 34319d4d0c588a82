"""What the fault tests share: an operator behind the proxy, a promotion that a fault falls upon, and what has to hold afterwards.

A test of a fault is marked by @fault(kind). Its sentence is its scenario; how often it ran and was survived goes into
build/faults.json. One that tries the same many times does each within `with self.one_run():`.
"""

import collections
import contextlib
import datetime
import functools
import json
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in (HERE, os.path.join(os.path.dirname(HERE), "cluster")):
    if folder not in sys.path:
        sys.path.insert(0, folder)
import cluster  # noqa: E402
import operating  # noqa: E402, F401
import results  # noqa: E402
from operating import WEB, Images, OwnOperators, by_digest, channel, workload  # noqa: E402, F401
from proxy import Proxy  # noqa: E402

FINISHED = ("Succeeded", "Failed", "Aborted", "Superseded")
NO_RELEASE = "sluice.dev/no-release:none"  # what the guard puts in before the first one
ENDS = 10       # "for ever" of a quiet window: so often all watches end
END_S = 0.3
RESYNC_S = 1.5  # so long a watch lasts before it ends: one that ends earlier, again and again, is opened at longer and longer intervals
RESYNC_PATIENCE_S = 120  # of which the longest may be a minute
IS_SHORT = bool(os.environ.get("SLUICE_FAULTS_SHORT"))  # the choice that `make test` runs
OWNED = ("services", "horizontalpodautoscalers")
OURS = ("releasechannels", "promotions", "configmaps", "deployments", "services", "horizontalpodautoscalers")


def fault(kind, short=False):
    """Marks a test of a fault of this kind; short ones are run by `make test` as well."""
    def decorate(test):
        @functools.wraps(test)
        def run(self, *row):
            self.runs = self.survived = 0
            is_well = False
            try:
                test(self, *row)
                is_well = True
            finally:
                runs, survived = (self.runs, self.survived) if self.runs else (1, int(is_well))
                sentence = self.shortDescription() or test.__name__[5:].replace("_", " ")
                results.add({"kind": kind, "scenario": sentence, "runs": runs,
                             "survived": survived if is_well else min(survived, runs - 1)})
        run.is_short = short
        return run
    return decorate


def load_tests(loader, tests, _):
    """Only the short ones, when that is asked for: each file of tests takes this in."""
    if not IS_SHORT:
        return tests
    return unittest.TestSuite(test for suite in tests for test in suite if getattr(getattr(test, test._testMethodName), "is_short", False))


def is_late_event(one, began):
    """An Event that could not be told before, or that a series is longer, is told later: it counts by its own moment."""
    if one["resource"] != "events":
        return False
    body = json.loads(one["body"])
    return datetime.datetime.fromisoformat(body.get("series", {}).get("lastObservedTime") or body["eventTime"]) < began


class Disturbed(OwnOperators):
    """Each test has a namespace with a channel that runs version 1 (of no pods), and begins with self.begin()."""

    flags = ("--relist-interval", "1s")
    maxDiff = None

    def begin(self, flags=()):
        """A proxy, an operator behind it, and the first release."""
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")
        self.proxy = self.new_proxy()
        self.operator = self.new_operator(flags=(*self.flags, *flags), kubeconfig=self.proxy.kubeconfig).start()
        self.first()

    def new_proxy(self):
        proxy = Proxy().start()
        self.addCleanup(proxy.finish)
        return proxy

    def first(self):
        self.make(workload("Deployment", replicas=0))
        self.make(channel())
        self.bring("first", self.one)

    def here(self, **match):
        """A match for the namespace of this test."""
        return {"namespace": self.namespace, **match}

    @contextlib.contextmanager
    def one_run(self):
        self.runs += 1
        yield
        self.survived += 1

    # ---- what has to hold ----

    def converges(self, name="second", digest=None):
        """The promotion succeeds, everything says the same, nothing was written that must not be, and then there is rest."""
        self.ends_well(name, digest or self.two)
        self.is_at_rest()

    def ends_well(self, name, digest):
        self.wait_phase(name, "Succeeded")
        image = f"{WEB}@{digest}"
        cluster.eventually("the channel says so", lambda: self.status()["current"]["promotion"] == name)
        status = self.status()
        self.assertEqual(status["current"]["artifacts"][0]["digest"], digest)
        self.assertEqual(self.image(), image)
        pins = self.api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins")["data"]
        self.assertEqual(pins, {"Deployment.web.web": image})
        cluster.eventually("the channel is ready", lambda: self.condition(self.status(), "Ready")["status"] == "True")
        self.wrote_rightly()

    def landed(self, **fields):
        """The writes in this namespace that the apiserver took."""
        return [one for one in self.proxy.writes(namespace=self.namespace, **fields) if 200 <= one["code"] < 300]

    def wrote_rightly(self, proxies=None):
        """Of what landed: each status, the pins and each deletion name the version that they are based on, what is finished stays so, the
        images are those that promotions brought, and the object was the one that was looked at."""
        phases = {}
        for proxy in proxies or [self.proxy]:
            for one in proxy.writes(namespace=self.namespace):
                if not 200 <= one["code"] < 300:
                    continue
                body = json.loads(one.get("body") or "{}")
                where = f"{one['method']} {one['path']}: {one.get('body')}"
                if (one.get("subresource") == "status" or one["method"] == "DELETE"
                        or (one["resource"] == "configmaps" and one["code"] == 200 and not self._begins(one, body))):
                    self.assertTrue(one.get("basedOn"), where)
                self._means_this_object(one, body, where)
                if one["resource"] == "promotions" and one.get("subresource") == "status":
                    before, now = phases.get(one["uid"]), body["status"].get("phase")
                    self.assertTrue(before not in FINISHED or now == before, where)
                    phases[one["uid"]] = now
        for generation in self.generations():
            self.assertIn(generation, (NO_RELEASE, f"{WEB}@{self.one}", f"{WEB}@{self.two}"))

    @staticmethod
    def _begins(one, body):
        """Does it only see to it that the pins are there?"""
        return "fieldManager=sluice-begin" in one["path"] and "data" not in body

    def _means_this_object(self, one, body, where):
        """By its uid; but for what is new, or is stated as a whole, for its owner, whoever had made it."""
        if one["method"] == "DELETE":
            self.assertTrue(body.get("preconditions", {}).get("uid"), where)
        elif "uid" in body["metadata"]:
            self.assertEqual(body["metadata"]["uid"], one.get("uid"), where)
        elif one["resource"] in OWNED:
            self.assertTrue(body["metadata"]["ownerReferences"][0]["uid"], where)
        else:
            self.assertTrue(one["code"] == 201 or self._begins(one, body), where)

    def generations(self):
        """The images that the workload has ever had, as its ReplicaSets tell."""
        sets = self.api.get(f"/apis/apps/v1/namespaces/{self.namespace}/replicasets")["items"]
        return [one["spec"]["template"]["spec"]["containers"][0]["image"] for one in sets]

    def sent(self):
        """Everything that was sent for this namespace and is no question: also Events, and what was refused."""
        return [one for one in self.proxy.records(namespace=self.namespace) if one["method"] != "GET"]

    def settles(self):
        def settled():
            before = len(self.sent())
            time.sleep(1.5)
            return len(self.sent()) == before
        cluster.eventually("there is rest", settled)

    def resync(self):
        """One resync period: everything that is watched is listed again."""
        before, watched = self._lists(), self._watched()
        self.assertLessEqual({"releasechannels", "promotions", "deployments", "configmaps"}, set(watched))

        def all_again():
            now, due = self._lists(), time.time_ns() - RESYNC_S * 1e9
            behind = {resource for resource in watched if now[resource] <= before[resource]}
            for resource, opened in self._watched().items():
                if resource in behind and opened < due:
                    self.proxy.end_watches(resource)  # its list is a second old by now, so it is not resumed
            return not behind
        cluster.eventually("all was listed again", all_again, patience_s=RESYNC_PATIENCE_S, pause_s=0.3)

    def _watched(self):
        """When the last watch of each resource began."""
        return {one["resource"]: one["time_ns"] for one in self.proxy.records(watch=True, code=200, namespace="")}

    def _lists(self):
        return collections.Counter(one["resource"] for one in self.proxy.lists())

    def is_at_rest(self):
        """Nothing is written here, not even an Event, while everything is listed again and all watches end ten times."""
        self.settles()
        began, began_ns = datetime.datetime.now(datetime.timezone.utc), time.time_ns()
        self.resync()
        for _ in range(ENDS):
            time.sleep(END_S)
            self.proxy.end_watches()
        time.sleep(1)
        self.assertEqual([one for one in self.sent() if one["time_ns"] > began_ns and not is_late_event(one, began)], [], self.operator.log())

    def memory_kib(self):
        with open(f"/proc/{self.operator.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
