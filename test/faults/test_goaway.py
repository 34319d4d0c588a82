"""An apiserver that sends GOAWAY by chance, with one request of fifty, to the operator itself: no proxy is between."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Images, cluster, fault  # noqa: E402

CHANCE = "0.02"  # the most that kube-apiserver takes
PROMOTIONS = 30


class Goaway(Disturbed):
    @fault("GOAWAY")
    def test_an_apiserver_that_sends_goaway_by_chance(self):
        """an apiserver sends GOAWAY with one request of fifty"""
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")
        self.operator = self.new_operator().start()
        self.first()
        lists = self.operator.metric("sluice_watch_relists_total")
        for number in range(PROMOTIONS):
            with self.one_run():
                self.bring(f"number-{number}", (self.two, self.one)[number % 2])
        requests = self.operator.metric("rest_client_requests_total")
        print(f"    {requests:.0f} requests", flush=True)
        self.assertEqual(self.operator.metric("sluice_watch_relists_total"), lists)
        self.quiet(10)


if __name__ == "__main__":
    cluster.main(own="goaway", flags=("--no-metrics", "--flag", f"apiserver=--goaway-chance={CHANCE}"), always_own=True)
