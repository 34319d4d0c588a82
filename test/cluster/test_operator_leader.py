"""Two operators, of which one leads: how the other takes over, and that never two write.

A promotion is under way each time, and comes out right.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import Images, OwnOperators, by_digest, channel, workload  # noqa: E402

LEASE = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/sluice"
LEASE_S, DEADLINE_S, RETRY_S = 15, 10, 2  # what controller/kube/lease.h says
SLACK_S = 15  # for a machine that has more to do: the bounds are no measurement


class Leader(OwnOperators):
    operator_flags = ("--leader-elect",)

    def setUp(self):
        self.one, self.two = (self.new_operator(name, port, self.operator_flags).start() for name, port in (("one", 18081), ("two", 18082)))
        self.operator = self.one
        super().setUp()
        cluster.eventually("one of them leads", lambda: self.leaders())

    def leaders(self):
        return [one for one in (self.one, self.two) if one.process.poll() is None and one.is_leading()]

    def pair(self):
        """The leader and the other one; from now on questions go to the other one."""
        leaders = self.leaders()
        self.assertEqual(len(leaders), 1)
        leading = leaders[0]
        self.operator = self.two if leading is self.one else self.one
        return leading, self.operator

    def holder(self):
        return self.api.get(LEASE)["spec"].get("holderIdentity") or ""

    def begin_promotion(self):
        """A channel that runs version 1 and begins to roll out version 2, in three pods, one after the other."""
        self.make(workload("Deployment", replicas=3, strategy={"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}))
        self.make(channel())
        self.make(by_digest("first", Images.web("1.0.0")))
        self.wait_phase("first", "Succeeded")
        self.make(by_digest("second", Images.web("2.0.0")))
        self.wait_phase("second", "RollingOut")

    def end_promotion(self):
        self.wait_phase("second", "Succeeded")
        cluster.eventually("version 2 runs alone", lambda: self.running_digests() == {Images.web("2.0.0")})
        status = self.status()
        self.assertEqual(status["current"]["promotion"], "second")
        self.assertEqual([(one["promotion"], one["result"]) for one in status["history"]], [("first", "Succeeded")])
        self.assertEqual(self.steps("second").count("RollOut"), 1, self.promo("second")["steps"])

    def steps(self, name):
        return [one["name"] for one in self.promo(name)["steps"]]

    def wait_for_takeover(self, other, what, limit_s):
        began = time.monotonic()
        cluster.eventually(f"the other leads after {what}", other.is_leading, patience_s=limit_s, pause_s=0.05)
        print(f"    take-over after {what}: {time.monotonic() - began:.1f} s", flush=True)
        cluster.eventually("the Lease names it", lambda: self.holder() == other.identity)

    def test_one_leads_and_both_are_ready(self):
        leading, other = self.pair()
        self.assertEqual(self.holder(), leading.identity)
        for one in (leading, other):
            self.assertEqual(one.get("/readyz")[0], 200)
            self.assertEqual(one.get("/healthz")[0], 200)
            code, text = one.get("/readyz?verbose")
            self.assertEqual(code, 200)
            self.assertIn("watches", text)
            self.assertNotIn("lead", text)
        before = self.writes()
        self.begin_promotion()
        self.end_promotion()
        self.assertEqual(self.writes(), before, "the one that does not lead writes")

    def test_asked_to_go_the_leader_hands_over(self):
        leading, other = self.pair()
        self.begin_promotion()
        began = time.monotonic()
        leading.signal(signal.SIGTERM)
        self.wait_for_takeover(other, "SIGTERM", 3 * RETRY_S + SLACK_S)
        self.assertEqual(leading.process.wait(20), 0)
        print(f"    the one that was asked has ended {time.monotonic() - began:.1f} s after it, at most", flush=True)
        self.assertIn("gave the lease back", leading.log())
        self.end_promotion()

    def test_killed_the_leader_is_followed_when_its_lease_is_over(self):
        leading, other = self.pair()
        self.begin_promotion()
        leading.kill()
        self.wait_for_takeover(other, "SIGKILL", LEASE_S + 3 * RETRY_S + SLACK_S)
        self.end_promotion()

    def test_stopped_the_leader_comes_back_and_writes_nothing(self):
        """it slept past its lease: another one leads by then, and it ends itself"""
        leading, other = self.pair()
        self.begin_promotion()
        leading.signal(signal.SIGSTOP)
        try:
            self.wait_for_takeover(other, "SIGSTOP", LEASE_S + 3 * RETRY_S + SLACK_S)
            self.end_promotion()
            before = self.written_at_rest()
        finally:
            leading.signal(signal.SIGCONT)
        self.assertEqual(leading.process.wait(30), 1)
        self.assertIn("lost the lease", leading.log())
        self.assertTrue(other.is_leading())
        self.assertEqual(self.holder(), other.identity)
        self.assertEqual(self.written(), before, f"the one that slept:\n{leading.log()}\nthe one that leads:\n{other.log()}")
        leading.process.returncode = 0  # it has ended as it should: finish() has nothing to complain of

    def written(self):
        """Everything that an operator writes here, with its resourceVersion, which tells any write."""
        paths = [cluster.channels(self.namespace, "shop"), cluster.promotions(self.namespace, "second"),
                 f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins"]
        found = [self.api.get(path) for path in paths]
        fields = self.api.get(self.path("Deployment", "web"))["metadata"]["managedFields"]
        return [json.dumps(one, indent=1) for one in [*found, [field for field in fields if field["manager"] == "sluice"]]]

    def written_at_rest(self):
        """The same, once the one that leads has nothing more to say."""
        def rested():
            before = self.written()
            time.sleep(1)
            return self.written() == before and before
        return cluster.eventually("there is rest", rested)

    def test_a_new_one_is_ready_before_it_leads(self):
        leading, other = self.pair()
        other.stop()
        again = self.new_operator(other.identity, 18083, self.operator_flags).start()
        self.assertEqual(again.get("/readyz")[0], 200)
        self.assertFalse(again.is_leading())
        self.assertTrue(leading.is_leading())

    def test_the_metrics_are_in_order(self):
        leading, other = self.pair()
        self.begin_promotion()
        self.end_promotion()
        for one in (leading, other):
            code, text = one.get("/metrics")
            self.assertEqual(code, 200)
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=60)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
        self.assertEqual(leading.metric("leader_election_master_status"), 1)
        self.assertEqual(other.metric("leader_election_master_status"), 0)
        succeeded = re.search(r'^sluice_promotions_total\{result="Succeeded"\} (\d+)', leading.get("/metrics")[1], re.M)
        self.assertEqual(int(succeeded.group(1)), 2)

    def test_asked_to_go_both_end_well(self):
        leading, other = self.pair()
        for one in (other, leading):
            began = time.monotonic()
            self.assertEqual(one.stop(), 0)
            print(f"    {one.identity} ended in {time.monotonic() - began:.1f} s", flush=True)
        self.assertEqual(self.holder(), "")


if __name__ == "__main__":
    cluster.main()
