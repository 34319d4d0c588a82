#!/usr/bin/python3
"""The crash sweep: the operator is killed at every write of every scenario, and what comes of it is what would have come of it anyway.

    test/faults/sweep.py                                   all scenarios, every point, and pairs (`make sweep`)
    test/faults/sweep.py promotion rollback-to-previous    these scenarios
    test/faults/sweep.py second-release:between:7          one trial again, by its id
    test/faults/sweep.py --list                            the scenarios

An id is SCENARIO:POINT:N, or SCENARIO:POINT:N:POINT:M for a second crash at the m-th write after the first one. POINT is before
(the write is not forwarded), between (it is done, and the reply is lost) or after (the reply has arrived).

Each scenario first runs undisturbed, twice: what differs between the two is masked, unless it is an image or a digest. Then, for
each crash, the end state, what was made and deleted, and the digests that pods ran, in their order, have to be the same; a finished
Promotion stays finished; and there is rest in the end. Counts go to build/faults.json, what failed to build/sweep/ID.txt.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import cluster  # noqa: E402
import results  # noqa: E402
import sweep_channels  # noqa: E402, F401: it brings its scenarios
import sweep_gates  # noqa: E402, F401
import sweep_oracle  # noqa: E402
import sweep_promotions  # noqa: E402, F401
from proxy import Proxy  # noqa: E402
from sweep_journal import Journal  # noqa: E402
from sweep_pods import Pods  # noqa: E402
from sweep_scenario import SCENARIOS  # noqa: E402
from sweep_servers import Prometheus, Registry  # noqa: E402
from sweep_trial import POINTS, Operators, Point, Trial  # noqa: E402

NAME = "sweep"
BUILD = os.path.join(cluster.ROOT, "build")
KINDS = {"before": "crash before a write", "between": "crash between a write and its reply", "after": "crash after a write's reply"}
PAIR = "crash during the recovery from a crash"
PAIRS = 12          # of each scenario, where nothing else is said
REST_S = 30         # in the end nothing is written for so long, in a namespace of each scenario


class Writes:
    """The proxy's record of writes, read as it grows."""

    def __init__(self, proxy):
        self._file, self._rest, self._found, self._ended = open(proxy.record), "", {}, collections.Counter()

    def ended(self, rule):
        """How many requests that this rule acted on have come to an end, whichever."""
        self._read()
        return self._ended[rule]

    def of(self, namespace):
        self._read()
        return self._found.get(namespace, [])

    def _read(self):
        lines = (self._rest + self._file.read()).split("\n")
        self._rest = lines.pop()
        for line in lines:
            one = json.loads(line)
            if one.get("write"):
                self._ended[one.get("rule")] += 1
                if one["forwarded"]:
                    self._found.setdefault(one["namespace"], []).append(one)


class Stage:
    """What all trials share: one cluster, one proxy, one operator behind it."""

    def __init__(self):
        cluster.install()
        self.api = cluster.api()
        self.journal = Journal().start()
        self.pods, self.registry, self.prometheus = Pods(self.journal), Registry(), Prometheus()
        self.proxy = Proxy().start()
        self.writes = Writes(self.proxy)
        self.operators = Operators(self.proxy.kubeconfig)
        self._namespaces = []

    def make_namespace(self, name):
        self.api.create("/api/v1/namespaces", {"metadata": {"name": name}})
        self._namespaces.append(name)

    def finish(self):
        self.operators.finish()
        self.proxy.finish()
        for name in self._namespaces:
            self.api.delete(f"/api/v1/namespaces/{name}")


class Counts:
    def __init__(self):
        self.runs, self.survived = {}, {}
        self.failed, self.missed, self.seconds = [], [], 0.0

    def add(self, kind, is_well):
        self.runs[kind] = self.runs.get(kind, 0) + 1
        self.survived[kind] = self.survived.get(kind, 0) + is_well


def case_id(name, points):
    return ":".join([name, *(f"{word}" for point in points for word in point)])


class Sweep:
    def __init__(self, stage):
        self._stage = stage
        self._kept = []  # the last trial of each scenario, whose namespace stays until the end
        self.counts = {}

    @contextlib.contextmanager
    def _playing(self, scenario, points=()):
        trial = Trial(self._stage, scenario, points)
        try:
            yield trial
        finally:
            trial.finish()

    def undisturbed(self, scenario):
        """Two runs: the picture that all others are held against, what is masked of it, and the number of writes."""
        pictures, writes = [], []
        for _ in range(2):
            with self._playing(scenario) as trial:
                pictures.append(trial.run())
                writes.append(len(trial.writes()))
        broken = pictures[0].broken_rules() + pictures[1].broken_rules()
        if broken:
            raise AssertionError("undisturbed: " + "; ".join(broken))
        return pictures[0], sweep_oracle.learn(*pictures), max(writes)

    def crash(self, scenario, points, expected, mask):
        """One trial. True: it survived; False: it did not; None: a point was never reached."""
        counts, name = self.counts[scenario.name], case_id(scenario.name, points)
        began = time.monotonic()
        with self._playing(scenario, points) as trial:
            try:
                told = sweep_oracle.compare(expected, mask, trial.run())
            except AssertionError as error:
                told = [str(error)]
            if told:
                self._keep(name, trial, told)
        counts.seconds += time.monotonic() - began
        if len(trial.crashes) < len(points) and not told:
            counts.missed.append(name)
            return None
        counts.add(PAIR if len(points) > 1 else KINDS[points[0].at], not told)
        if told:
            counts.failed.append(name)
            print(f"--- {name}\n" + "\n".join(told), flush=True)
        return not told

    def _keep(self, name, trial, told):
        """All that is known of a failure."""
        folder = os.path.join(BUILD, "sweep")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{name.replace(':', '-')}.txt"), "w") as file:
            print("\n".join(told), "\n\nkilled at:", *map(json.dumps, trial.crashes), sep="\n", file=file)
            print("\nwrites:", *(f"{one['method']} {one['path']} {one['code']} {one.get('body', '')}" for one in trial.writes()), sep="\n", file=file)
            print("\nobjects:", *(json.dumps(one) for one in trial.objects().values()), sep="\n", file=file)
            print("\nlog:", self._stage.operators.log(200), sep="\n", file=file)

    def run(self, name, choose):
        """A scenario with those of its points that choose(number of writes) names. Returns its counts."""
        scenario, counts = SCENARIOS[name], self.counts.setdefault(name, Counts())
        try:
            expected, mask, writes = self.undisturbed(scenario)
        except AssertionError as error:
            counts.failed.append(name)
            counts.add("undisturbed", False)
            print(f"--- {name}, undisturbed: {error}\n{self._stage.operators.log(30)}", flush=True)
            return counts
        for points in choose(writes):
            self.crash(scenario, points, expected, mask)
        runs, survived = sum(counts.runs.values()), sum(counts.survived.values())
        print(f"{name}: {writes} writes, {runs} crashes, {survived} survived, {len(counts.missed)} not reached, "
                  f"{counts.seconds / max(1, runs + len(counts.missed)):.1f} s each", flush=True)
        return counts

    def leave(self, name):
        """Plays a scenario once more, undisturbed, and leaves its namespace as it is until rest()."""
        trial = Trial(self._stage, SCENARIOS[name])
        self._kept.append(trial)
        trial.run()

    def rest(self):
        """What was left is left alone: not one write. Returns those that there were."""
        before = {one.namespace: len(one.writes()) for one in self._kept}
        time.sleep(REST_S)
        late = [one for trial in self._kept for one in trial.writes()[before[trial.namespace]:]]
        for trial in self._kept:
            trial.finish()
        return late


def all_points(writes):
    return [[Point(at, n)] for n in range(1, writes + 1) for at in POINTS]


def pairs(writes, count, draw):
    """The recovery takes about as many writes as were left."""
    made = []
    for _ in range(count):
        n = draw.randint(1, writes)
        made.append([Point(draw.choice(list(POINTS)), n), Point(draw.choice(list(POINTS)), draw.randint(1, writes - n + 1))])
    return made


def points_of(words):
    if len(words) % 2 or any(at not in POINTS for at in words[::2]) or not all(n.isdigit() for n in words[1::2]):
        sys.exit(f"no such points: {':'.join(words)}; a case is SCENARIO[:POINT:N[:POINT:M]], POINT one of {', '.join(POINTS)}")
    return [Point(at, int(n)) for at, n in zip(words[::2], words[1::2])]


def write_results(counts):
    results.add(*({"kind": kind, "scenario": name, "runs": runs, "survived": one.survived[kind]}
                  for name, one in counts.items() for kind, runs in one.runs.items()))


def sweep(options):
    wanted = [case.split(":") for case in options.case] or [[name] for name in SCENARIOS]
    for name, *_ in wanted:
        if name not in SCENARIOS:
            sys.exit(f"no such scenario: {name}; --list shows them")
    stage = Stage()
    made = Sweep(stage)
    try:
        for name, *words in wanted:
            def choose(writes, name=name, words=words):
                if words:
                    return [points_of(words)]
                draw = random.Random(f"{options.seed} {name}")
                points = all_points(writes)
                return draw.sample(points, min(options.points or len(points), len(points))) + pairs(writes, options.pairs, draw)
            made.run(name, choose)
            write_results(made.counts)
        for name in dict.fromkeys(name for name, *words in wanted if not words):
            made.leave(name)
        late = made.rest()
    finally:
        stage.finish()
    return tell(made.counts, late)


def tell(counts, late):
    runs = sum(sum(one.runs.values()) for one in counts.values())
    failed = [name for one in counts.values() for name in one.failed]
    for one in late:
        print(f"written at rest: {one['method']} {one['path']}")
    for kind in (*KINDS.values(), PAIR):
        print(f"{kind}: {sum(one.runs.get(kind, 0) for one in counts.values())} runs, {sum(one.survived.get(kind, 0) for one in counts.values())} survived")
    print(f"not reached: {sum(len(one.missed) for one in counts.values())}")
    for name in failed:
        print(f"again: make sweep CASE={name}")
    print(f"{runs - len(failed)} passed, {len(failed) + bool(late)} failed")
    return 1 if failed or late else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true", help="show the scenarios")
    parser.add_argument("--points", type=int, default=0, metavar="N", help="so many points of each scenario (all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which pairs, and which points where not all are taken (1)")
    parser.add_argument("--pairs", type=int, default=PAIRS, metavar="N", help=f"pairs of each scenario ({PAIRS})")
    return parser.parse_args()


def main():
    options = parse()
    if options.list:
        for one in SCENARIOS.values():
            print(f"{one.name:32}{one.sentence}")
        return 0
    if cluster.is_inside():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended
        return sweep(options)
    return cluster.inside(NAME, ["--no-metrics", "--no-dns"])


if __name__ == "__main__":
    sys.exit(main())
