"""The operator's clock is set by an hour, or shows a night in which the clocks change: what waits for a moment waits for it."""

import calendar
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, by_digest, channel, cluster, fault, load_tests, workload  # noqa: E402, F401

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/sluice"
LEASE_S = 15
HOUR_S = 3600
WOKEN_S = 30  # of an hour in which nothing else happens
AHEAD_S = 20  # so long before a window begins the operator starts


# Nobody's clock is set but the operator's: that it was is told by a FIFO, in the kernel's place (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
NEWS_C = """
#include <fcntl.h>
#include <stdlib.h>
int timerfd_create(int clock, int flags) { (void)clock; (void)flags; return open(getenv("CLOCK_NEWS"), O_RDWR | O_NONBLOCK | O_CLOEXEC); }
int timerfd_settime(int fd, int flags, const void *now, void *before) { (void)fd; (void)flags; (void)now; (void)before; return 0; }
"""


def utc(moment_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment_s))


def moment(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class Clock(Disturbed):
    """The wall clock of the operator alone: that of the apiserver and the one that only runs forward stay as they are."""

    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="sluice-clock-"))
        self.clock, self.news, self.teller = (os.path.join(folder, name) for name in ("clock", "news", "news.so"))
        subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-o", self.teller, "-"], input=NEWS_C, text=True, check=True)
        os.mkfifo(self.news)
        self.set(0)

    def tell(self):
        """The operator's kernel says that the clock was set."""
        with open(self.news, "r+b", buffering=0) as fifo:
            fifo.write(bytes(8))

    def set(self, ahead_s):
        with open(self.clock + ".new", "w") as file:
            file.write(f"{ahead_s:+d}\n")
        os.rename(self.clock + ".new", self.clock)
        self.ahead_s = ahead_s

    def new_operator(self, *args, **kwargs):
        within = ["env", f"LD_PRELOAD={self.teller}:{FAKETIME}", f"CLOCK_NEWS={self.news}", f"FAKETIME_TIMESTAMP_FILE={self.clock}", "FAKETIME_NO_CACHE=1",
                  "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        return super().new_operator(*args, within=within, **kwargs)

    def look(self, *names):
        """Somebody touches them: the operator looks again."""
        for name in names:
            self.api.merge(cluster.promotions(self.namespace, name), {"metadata": {"annotations": {"touched": str(time.monotonic())}}})

    def wait_of(self, name, gate):
        return next((one for one in self.promo(name).get("waitingFor", []) if one["gate"] == gate), None)

    def still_waits(self, name, gate, until):
        """It was looked at by the clock of now, and nothing has changed."""
        self.look(name)
        time.sleep(2)
        self.assertEqual(self.promo(name)["phase"], "Waiting")
        self.assertEqual(self.wait_of(name, gate)["until"], until)


class Jumps(Clock):
    @fault("the clock")
    def test_the_clock_is_set_by_an_hour_amid_a_rollout(self):
        """forward and back, with each write on its way: the promotion succeeds"""
        self.begin()
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"rollout": {"progressDeadline": "3h"}}})
        for number in range(1, 6):
            for ahead_s in (HOUR_S, -HOUR_S):
                with self.one_run():
                    name, digest = f"set-{number}{'-back' * (ahead_s < 0)}", self.one if ahead_s < 0 else self.two
                    rule = self.proxy.rule(self.here(write=True, nth=number), {"kind": "hold", "at": "request"})
                    self.make(by_digest(name, digest))
                    rule.wait_held()
                    self.set(ahead_s)
                    rule.release()
                    self.ends_well(name, digest)
        self.set(0)
        self.is_at_rest()

    @fault("the clock")
    def test_a_deadline_that_is_jumped_over_is_over(self):
        """it cannot be told from one that has passed: the channel goes back to what ran, and a new promotion brings the release"""
        self.begin()
        rule = self.proxy.rule(self.here(resource="deployments", write=True, nth=1), {"kind": "hold", "at": "reply"})
        self.make(by_digest("second", self.two))
        rule.wait_held()
        self.set(HOUR_S)
        rule.drop()
        message = self.message(self.wait_phase("second", "Failed"))
        self.assertIn("not rolled out within spec.rollout.progressDeadline 10m", message)
        self.ends_well("first", self.one)
        self.set(0)
        self.bring("third", self.two)
        self.converges("third")

    @fault("the clock")
    def test_the_lead_is_kept(self):
        """the leader's clock is set by an hour, forward and back: it leads on, and the other one does not begin"""
        self.flags = ("--leader-elect", *self.flags)
        self.begin()
        cluster.eventually("it leads", self.operator.is_leading)
        other = super().new_operator("two", 18081, self.flags, self.new_proxy().kubeconfig).start()
        holder = self.api.get(LEASE)["spec"]
        for number, ahead_s in enumerate((HOUR_S, -HOUR_S, 0)):
            with self.one_run():
                self.set(ahead_s)
                renewed = self.api.get(LEASE)["metadata"]["resourceVersion"]
                time.sleep(LEASE_S + 3)
                now = self.api.get(LEASE)
                self.assertNotEqual(now["metadata"]["resourceVersion"], renewed)
                self.assertEqual([now["spec"][one] for one in ("holderIdentity", "leaseTransitions")],
                                 [holder[one] for one in ("holderIdentity", "leaseTransitions")])
                self.assertTrue(self.operator.is_leading())
                self.assertFalse(other.is_leading())
                self.bring(f"led-{number}", (self.two, self.one)[number % 2])
        self.is_at_rest()

    @fault("the clock")
    def test_everything_is_looked_at_when_the_clock_is_set(self):
        """a freeze of hours, and nothing else happens: set past its end the promotion goes at once, set back into it the channel is closed again"""
        self.begin()
        end_s = int(time.time()) + 2 * HOUR_S
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"gates": self.freeze(end_s)}})
        self.make(by_digest("second", self.two))
        cluster.eventually("it waits", lambda: self.wait_of("second", "Window"))
        self.settles()
        self.set(2 * HOUR_S + 60)
        self.tell()
        self.wait_phase("second", "Succeeded", patience_s=WOKEN_S)
        self.assertGreaterEqual(self.promo("second")["startedAt"], utc(end_s))
        self.set(0)
        self.tell()
        cluster.eventually("the freeze is on again", lambda: self.status()["window"]["open"] is False, patience_s=WOKEN_S)

    def freeze(self, end_s):
        return {"windows": [{"name": "freeze", "kind": "Deny", "start": utc(end_s - 2 * HOUR_S)[:-1], "duration": "2h", "timeZone": "Etc/UTC"}]}

    @fault("the clock")
    def test_a_freeze_is_not_over_before_its_moment(self):
        """the clock goes back by an hour while a freeze ends: the promotion waits until the clock says so, and goes when it is right again"""
        self.begin()
        end_s = int(time.time()) + 10
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"gates": self.freeze(end_s)}})
        cluster.eventually("the freeze is on", lambda: self.status().get("window", {}).get("open") is False)
        self.make(by_digest("second", self.two))
        cluster.eventually("it waits", lambda: self.wait_of("second", "Window"))
        self.set(-HOUR_S)
        time.sleep(max(0, end_s - time.time()) + 2)
        self.still_waits("second", "Window", utc(end_s))
        self.set(0)
        self.look("second")
        self.wait_phase("second", "Succeeded")
        self.assertGreaterEqual(self.promo("second")["startedAt"], utc(end_s))
        self.converges()

    @fault("the clock")
    def test_a_soak_is_not_over_early(self):
        """a release soaks for two hours: an hour forward or back changes nothing, and its end stays the same moment"""
        self.begin()
        self.make(workload("Deployment", "next", channel="next", replicas=0))
        self.make(channel("next", workloads=[{"kind": "Deployment", "name": "next", "containers": {"web": "web"}}],
                          upstream={"channels": [{"namespace": self.namespace, "name": "shop"}]}, gates={"soak": "2h"}))
        self.make(by_digest("soaking", self.one, to="next"))
        until = cluster.eventually("it soaks", lambda: self.wait_of("soaking", "Soak"))["until"]
        self.assertGreater(moment(until), time.time() + HOUR_S)
        for ahead_s in (HOUR_S, -HOUR_S, 0):
            with self.one_run():
                self.set(ahead_s)
                self.still_waits("soaking", "Soak", until)
        self.set(2 * HOUR_S)
        self.look("soaking")
        self.wait_phase("soaking", "Succeeded")
        self.assertGreaterEqual(self.promo("soaking")["startedAt"], until)
        self.set(0)
        self.is_at_rest()


NIGHTS = [
    ("a window begins in the hour that summer time skips", "2027-03-28T01:30:00Z",
     {"start": "2027-01-01T02:30", "timeZone": "Europe/Berlin", "rrule": "FREQ=DAILY"}),
    ("a window begins in the hour that comes twice, the first time", "2027-10-31T00:30:00Z",
     {"start": "2027-01-01T02:30", "timeZone": "Europe/Berlin", "rrule": "FREQ=DAILY"}),
    ("a window begins on a leap day", "2028-02-29T09:00:00Z",
     {"start": "2024-02-29T09:00", "timeZone": "Etc/UTC", "rrule": "FREQ=YEARLY"}),
]


def at_night(self, begins, spec):
    begins_s = moment(begins)
    self.set(begins_s - AHEAD_S - int(time.time()))
    self.begin()
    window = {"name": "night", "kind": "Allow", "duration": "10m", **spec}
    self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"gates": {"windows": [window]}}})
    cluster.eventually("it is closed", lambda: self.status().get("window", {}).get("open") is False)
    self.assertEqual(self.status()["window"]["nextChange"], begins)
    self.make(by_digest("second", self.two))
    self.assertEqual(cluster.eventually("it waits", lambda: self.wait_of("second", "Window"))["until"], begins)
    self.wait_phase("second", "Succeeded")
    self.assertGreaterEqual(self.promo("second")["startedAt"], begins)
    self.converges()


@cluster.rows(NIGHTS, fault("the clock")(at_night))
class Nights(Clock):
    pass


if __name__ == "__main__":
    cluster.main(own="faults")
