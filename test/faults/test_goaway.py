"""An apiserver that sends GOAWAY by chance, with one request of fifty, to the operator itself: no proxy is between."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Images, cluster, fault  # noqa: E402

CHANCE = "0.02"  # the most that kube-apiserver takes; it concerns HTTP/2 alone, which is what lists and watches come over
MOST = 40  # so many starts, of thirty lists and watches each, are never without one
PROMOTIONS = 5
APISERVER = 6443


class Goaway(Disturbed):
    @fault("GOAWAY")
    def test_an_apiserver_that_sends_goaway_by_chance(self):
        """an apiserver sends GOAWAY with one request of fifty: what is under way goes on, the rest takes another connection, and nothing is listed again"""
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")
        leader = self.operator = self.new_operator().start()
        self.first()
        standby = self.sent_away()
        lists = leader.metric("sluice_watch_relists_total")
        leader.stop()
        self.operator = standby
        for number in range(PROMOTIONS):
            with self.one_run():
                self.bring(f"number-{number}", (self.two, self.one)[number % 2])
        self.assertEqual(standby.metric("sluice_watch_relists_total"), lists)
        self.quiet(10)

    def sent_away(self):
        """A replica that was told to take another connection at its start. It does not lead, and has one for lists and
        watches otherwise, and at most one for the Lease."""
        for number in range(MOST):
            standby = self.new_operator(identity=f"standby-{number}", port=18180).start()
            ports = self.ports(standby)
            if len(ports) > 2:
                print(f"    {len(ports)} connections at start {number + 1}", flush=True)
                return standby
            standby.stop()
        self.fail(f"no GOAWAY in {MOST} starts")

    def ports(self, operator):
        """Those of its connections to the apiserver."""
        folder = f"/proc/{operator.process.pid}"
        sockets = {os.readlink(f"{folder}/fd/{name}") for name in os.listdir(f"{folder}/fd")}
        with open(f"{folder}/net/tcp") as file:
            lines = [line.split() for line in file]
        return {one[1] for one in lines if one[2].endswith(f":{APISERVER:04X}") and f"socket:[{one[9]}]" in sockets}


if __name__ == "__main__":
    cluster.main(own="goaway", flags=("--no-metrics", "--flag", f"apiserver=--goaway-chance={CHANCE}"), always_own=True)
