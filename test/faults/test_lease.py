"""The operator is killed at each kind of write of its Lease: before the apiserver hears of it, between it and its reply, after its reply.

Each time a promotion comes meanwhile, and once the same replica comes back, once another one comes in its place.
"""

import datetime
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, by_digest, cluster, fault, load_tests  # noqa: E402, F401
from sweep_record import AT  # noqa: E402

PLACE = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases"
LEASE = f"{PLACE}/sluice"
LEASE_S = 15  # what controller/kube/lease.h says
SLACK_S = 15  # for a machine that has more to do
KIND = "crash at a write of the Lease"


class AtTheLease(Disturbed):
    flags = ("--leader-elect", *Disturbed.flags)

    def killed(self, leave, come, holder):
        """In each round leave() sees to what the Lease is like, come() makes the operator write it, by which it is to say that this holder has it."""
        self.begin()
        self.other = self.new_operator("two", 18081, self.flags, self.proxy.kubeconfig)
        for at in AT:
            for who, digest in (("same", self.two), ("other", self.one)):
                with self.one_run():
                    self.round(f"{at}-{who}", digest, leave, come, at, who == "same", holder)
        self.is_at_rest()

    def round(self, name, digest, leave, come, at, comes_back, holder):
        leave()
        rule = self.proxy.rule({"resource": "leases", "method": ["POST", "PUT"]}, {"kind": "hold", "at": AT[at]})
        come()
        written = rule.wait_held()
        self.assertIn(f'"holderIdentity":"{self.operator.identity if holder else ""}"', written["body"])
        self.make(by_digest(name, digest))
        self.operator.kill()
        rule.drop()
        if not comes_back:
            self.operator, self.other = self.other, self.operator
        self.operator.start()
        cluster.eventually("it leads", self.operator.is_leading, patience_s=LEASE_S + SLACK_S)
        self.ends_well(name, digest)
        leases = self.api.get(PLACE)["items"]
        self.assertEqual([one["spec"]["holderIdentity"] for one in leases], [self.operator.identity])

    def given_back(self):
        self.assertEqual(self.operator.stop(), 0)
        self.assertFalse(self.api.get(LEASE)["spec"].get("holderIdentity"))

    def gone(self):
        self.given_back()
        self.api.delete(LEASE)

    def held_by_nobody_who_lives(self):
        self.given_back()
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self.api.merge(LEASE, {"spec": {"holderIdentity": "three", "renewTime": now}})

    def just_renewed(self):
        """So that the next write is another one."""
        known = len(self.renewals())
        cluster.eventually("the Lease is renewed", lambda: len(self.renewals()) > known)

    def renewals(self):
        return self.proxy.records(resource="leases", method="PUT", code=200)

    def launch(self):
        self.operator.launch()

    def wait(self):
        """What is to come comes by itself."""

    def ask_to_go(self):
        self.operator.signal(signal.SIGTERM)

    @fault(KIND)
    def test_killed_as_it_makes_the_lease(self):
        self.killed(self.gone, self.launch, True)

    @fault(KIND)
    def test_killed_as_it_takes_a_lease_that_nobody_holds(self):
        self.killed(self.given_back, self.launch, True)

    @fault(KIND)
    def test_killed_as_it_takes_a_lease_that_has_run_out(self):
        self.killed(self.held_by_nobody_who_lives, self.launch, True)

    @fault(KIND)
    def test_killed_as_it_renews_the_lease(self):
        self.killed(self.wait, self.wait, True)

    @fault(KIND)
    def test_killed_as_it_gives_the_lease_back(self):
        self.killed(self.just_renewed, self.ask_to_go, False)


if __name__ == "__main__":
    cluster.main(own="faults", flags=("--no-metrics", "--audit"))
