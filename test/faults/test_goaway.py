"""An apiserver that sends GOAWAY by chance, with one request of fifty, to the operator itself: no proxy is between."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Images, cluster, fault  # noqa: E402

CHANCE = "0.02"  # the most that kube-apiserver takes
PROMOTIONS = 30
MOST = 300  # so many requests as these take are never without one
APISERVER = 6443


class Goaway(Disturbed):
    @fault("GOAWAY")
    def test_an_apiserver_that_sends_goaway_by_chance(self):
        """an apiserver sends GOAWAY with one request of fifty: another connection takes the place of that one, and nothing is listed again"""
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")
        self.operator = self.new_operator().start()
        self.first()
        lists = self.operator.metric("sluice_watch_relists_total")
        first, others, number = self.ports(), set(), 0
        while number < PROMOTIONS or not others:
            self.assertLess(number, MOST, "no GOAWAY has come")
            with self.one_run():
                self.bring(f"number-{number}", (self.two, self.one)[number % 2])
            others |= self.ports() - first
            number += 1
        requests = self.operator.metric("rest_client_requests_total")
        print(f"    {requests:.0f} requests, {len(others)} new connections", flush=True)
        self.assertEqual(self.operator.metric("sluice_watch_relists_total"), lists)
        self.quiet(10)

    def ports(self):
        """Those of the operator's connections to the apiserver, by which one can be told from another."""
        folder = f"/proc/{self.operator.process.pid}"

        def found():
            sockets = {os.readlink(f"{folder}/fd/{name}") for name in os.listdir(f"{folder}/fd")}
            with open(f"{folder}/net/tcp") as file:
                lines = [line.split() for line in file]
            return {one[1] for one in lines if one[2].endswith(f":{APISERVER:04X}") and f"socket:[{one[9]}]" in sockets}
        return cluster.eventually("it has a connection", found)


if __name__ == "__main__":
    cluster.main(own="goaway", flags=("--no-metrics", "--flag", f"apiserver=--goaway-chance={CHANCE}"), always_own=True)
