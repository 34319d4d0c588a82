"""Very many at once: a thousand channels in lines of five stages when the operator starts, and ten thousand promotions that wait."""

import collections
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, Images, by_digest, channel, cluster, fault, load_tests, workload  # noqa: E402, F401

LINES = int(os.environ.get("SLUICE_FAULTS_LINES", "200"))
STAGES = 5
PROMOTIONS = int(os.environ.get("SLUICE_FAULTS_PROMOTIONS", "10000"))
QUEUES = 10  # channels that the promotions wait for
HANDS = 8  # threads that make the objects
WRITES = 16  # of a stage, at the most; it takes 12 where 50 channels share a namespace
EVENTS = 4
WAIT_WRITES = 4  # of a promotion that waits
WAIT_EVENTS = 1
READS = 200  # in the namespace; and so many lists and watches
MOST_KIB = 64 * 1024
PATIENCE_S = 3600
STANDSTILL_S = 180


class Scale(Disturbed):
    def setUp(self):
        super().setUp()
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")
        self.proxy = self.new_proxy()

    def start(self):
        self.operator = self.new_operator(flags=self.flags, kubeconfig=self.proxy.kubeconfig).start()

    def make_all(self, bodies):
        """By several hands: path, body."""
        def work(mine):
            api = cluster.api()
            for path, body in mine:
                api.create(path, body)
            api.close()
        bodies = list(bodies)
        hands = [threading.Thread(target=work, args=(bodies[i::HANDS],)) for i in range(HANDS)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    def stage(self, line, number):
        name = f"line-{line}-{number}"
        upstream = {"upstream": {"channels": [{"namespace": self.namespace, "name": f"line-{line}-{number - 1}"}]},
                    "promotion": {"mode": "Automatic"}} if number else {}
        yield self.path("Deployment"), workload("Deployment", name, channel=name, replicas=0)
        yield cluster.channels(self.namespace), channel(
            name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}], **upstream)
        if not number:
            yield cluster.promotions(self.namespace), by_digest(f"first-{line}", self.one, to=name)

    def channels(self):
        return self.api.get(cluster.channels(self.namespace))["items"]

    def small_one(self):
        """A channel of a neighbour, which is served while the many are."""
        neighbour = self.new_namespace("small")
        self.make(workload("Deployment", replicas=0), neighbour)
        self.make(channel(), neighbour)
        self.make(by_digest("first", self.one), neighbour)
        self.wait_phase("first", "Succeeded", neighbour, patience_s=PATIENCE_S)

    def is_bounded(self, of, most, events):
        """So many writes and Events for each at the most; and the reads are no more for many than for few."""
        made = self.proxy.writes(namespace=self.namespace)
        sorts = collections.Counter((one["resource"], one.get("subresource"), one["code"]) for one in made)
        print(f"    {len(made)} writes, {len(made) / of:.1f} for each; {self.memory_kib()} KiB at the most", flush=True)
        for (resource, part, code), count in sorted(sorts.items(), key=str):
            print(f"      {resource}{'/' + part if part else ''} {code}: {count / of:.2f} for each", flush=True)
        self.assertLessEqual(len(made), of * most, sorts)
        others = collections.Counter((one["method"], one["resource"]) for one in self.proxy.records() if not one.get("write"))
        print(f"    {others.total()} other requests, of them {others['POST', 'events']} Events", flush=True)
        self.assertLessEqual(others.total(), of * events + 2 * READS, others)
        reads = [one for one in self.proxy.records(kind="request", namespace=self.namespace) if one["method"] == "GET"]
        counts = collections.Counter((one["resource"], one.get("name")) for one in reads)
        self.assertLess(len(reads), READS, f"it reads what it watches: {counts.most_common(20)}")
        self.assertLess(self.memory_kib(), MOST_KIB)

    @fault("very many at once")
    def test_a_thousand_channels_in_lines_of_five_stages_at_the_start(self):
        """each line is followed to its end, a neighbour is served before that, and memory and requests are bounded"""
        self.make_all(one for line in range(LINES) for number in range(STAGES) for one in self.stage(line, number))
        self.start()
        self.small_one()
        running = [one for one in self.channels() if one.get("status", {}).get("current")]
        self.assertLess(len(running), LINES * STAGES, "the neighbour was served last")
        self.wait_for_all_stages()
        self.is_bounded(LINES * STAGES, WRITES, EVENTS)
        self.is_at_rest()

    def wait_for_all_stages(self):
        """As long as something moves; who stands still says why."""
        behind, since = None, time.monotonic()
        while behind != []:
            now = [one for one in self.channels()
                   if one.get("status", {}).get("current", {}).get("artifacts", [{}])[0].get("digest") != self.one]
            if behind is None or len(now) < len(behind):
                since = time.monotonic()
            behind = now
            if time.monotonic() - since > STANDSTILL_S:
                states = [(one["metadata"]["name"], one.get("status", {}).get("promotion"), one.get("status", {}).get("conditions")) for one in behind[:3]]
                self.fail(f"{len(behind)} stages stand still: {states}\nleads: {self.operator.is_leading()}\n{self.operator.log(80)}")
            time.sleep(5)

    @fault("very many at once")
    def test_ten_thousand_promotions_wait(self):
        """each says what it waits for, a neighbour is served before that, and memory and requests are bounded"""
        names = [f"queue-{number}" for number in range(QUEUES)]
        self.make_all((cluster.channels(self.namespace), channel(
            name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}], suspended=True)) for name in names)
        self.make_all((cluster.promotions(self.namespace), by_digest(f"waits-{number}", self.one, to=names[number % QUEUES]))
                      for number in range(PROMOTIONS))
        self.start()
        self.small_one()
        self.assertLess(self.count_waiting(), PROMOTIONS, "the neighbour was served last")
        cluster.eventually("every promotion says what it waits for", lambda: self.count_waiting() == PROMOTIONS,
                           patience_s=PATIENCE_S, pause_s=5)
        self.is_bounded(PROMOTIONS, WAIT_WRITES, WAIT_EVENTS)
        self.is_at_rest()

    def count_waiting(self):
        """Those that have been resolved: before that, each says for a while that the registry is asked."""
        waits = [one.get("status", {}).get("waitingFor", []) for one in self.api.get(cluster.promotions(self.namespace))["items"]]
        return sum(1 for gates in waits if any(gate["gate"] == "Suspension" for gate in gates))


if __name__ == "__main__":
    cluster.main(own="faults")
