#!/usr/bin/python3
"""The crash sweep: the operator is killed at every write and every Event of every scenario, and what comes of it is what would have come of it anyway.

    test/faults/sweep.py                                   all scenarios, every point, and pairs (`make sweep`); goes on where it stopped
    test/faults/sweep.py --for 1800                        half an hour of that
    test/faults/sweep.py first-install second-release      these scenarios, from their beginning
    test/faults/sweep.py second-release:between:7          one trial again, by its id
    test/faults/sweep.py --list                            the scenarios

An id is SCENARIO:POINT:N, or SCENARIO:POINT:N:POINT:M for a second crash at the m-th write after the first one. POINT is before
(the write is not forwarded), between (it is done, and the reply is lost) or after (the reply has arrived); before-event, between-event
and after-event are the same of the n-th Event. The writes of the Lease are in test_lease.py. From the n-th event that a watch tells on, the
operator sees the object a second late (stale), is gone for a second (unseen), or is killed and sees for a second what was before (past).

Each scenario first runs undisturbed, twice: what differs between the two is masked, unless it is an image or a digest. Then, for
each crash, the end state, what was made and deleted, and the digests that pods ran, in their order, have to be the same; a finished
Promotion stays finished; and there is rest in the end. What became of each trial goes to build/sweep.jsonl (remove it to begin anew; a
change of controller, crds or deploy begins anew as well), counts to build/faults.json, all that is known of a failure to build/sweep/ID.txt.
"""

import argparse
import collections
import contextlib
import functools
import json
import os
import random
import sys
import threading
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
from sweep_record import ALL_KINDS, POINTS, SENT, TOLD, VIEWS, WRITES, Point, Record, all_points, case_id  # noqa: E402
from sweep_scenario import SCENARIOS  # noqa: E402
from sweep_stage import Stage  # noqa: E402
from sweep_trial import Trial  # noqa: E402

NAME = "sweep"
BUILD = os.path.join(cluster.ROOT, "build")
LANES = 4
GOGC = "400"        # of the cluster: there is memory enough, and an apiserver spends much of its time on collecting garbage
PAIRS = 12          # of each scenario, where nothing else is said
SEEN = 12           # trials of what is seen, of each scenario
REST_S = 30         # in the end nothing is written for so long, in a namespace of each scenario


class Work:
    """What is still to be done, for several lanes: first the crashes that a scenario has brought, then the next scenario.

    A piece of work is called with a lane, and may bring more."""

    def __init__(self, end=float("inf")):
        self._scenarios, self._crashes, self._end = collections.deque(), collections.deque(), end
        self._beginning, self._changed = 0, threading.Condition()

    def add(self, pieces):
        with self._changed:
            self._crashes.extend(pieces)
            self._changed.notify_all()

    def _take(self):
        """The next piece, and whether it may bring more; None when there is nothing more, or no time for it."""
        with self._changed:
            while time.monotonic() < self._end:
                if self._crashes:
                    return self._crashes.popleft(), False
                if self._scenarios:
                    self._beginning += 1
                    return self._scenarios.popleft(), True
                if not self._beginning:
                    return None
                self._changed.wait(1)
            return None

    def _follow(self, lane, troubles):
        while (taken := self._take()) is not None:
            piece, is_scenario = taken
            try:
                piece(lane)
            except Exception as error:  # the lane is of no more use, and the others need not go on
                troubles.append(error)
                self._end = 0
            finally:
                with self._changed:
                    self._beginning -= is_scenario
                    self._changed.notify_all()

    def do(self, scenarios, lanes):
        """Returns when all of it is done, or its time is over."""
        self._scenarios.extend(scenarios)
        troubles = []
        threads = [threading.Thread(target=self._follow, args=(lane, troubles), daemon=True) for lane in lanes]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        if troubles:
            raise troubles[0]


class Sweep:
    def __init__(self, stage, record):
        self._stage, self.record = stage, record
        self._kept = []  # the last trial of each scenario, whose namespace stays until the end
        self.tried = 0

    @contextlib.contextmanager
    def _playing(self, lane, scenario, points=()):
        trial = Trial(lane, scenario, points)
        self.tried += 1
        try:
            yield trial
        finally:
            trial.finish()

    def _undisturbed(self, lane, scenario):
        """Two runs: the picture that all others are held against, what is masked of it, and how much was sent."""
        pictures, sent = [], []
        for _ in range(2):
            with self._playing(lane, scenario) as trial:
                pictures.append(trial.run())
                sent.append(trial.sent())
        broken = pictures[0].broken_rules() + pictures[1].broken_rules()
        if broken:
            raise AssertionError("undisturbed: " + "; ".join(broken))
        return pictures[0], sweep_oracle.learn(*pictures), {what: max(one[what] for one in sent) for what in (*SENT, TOLD)}

    def _crash(self, lane, scenario, points, expected, mask):
        """One trial."""
        name = case_id(scenario.name, points)
        began = time.monotonic()
        with self._playing(lane, scenario, points) as trial:
            try:
                told = sweep_oracle.compare(expected, mask, trial.run())
            except (AssertionError, cluster.ApiError) as error:
                told = [str(error)]
            if told:
                self._keep(name, lane, trial, told)
        is_reached = told or len(trial.reached) == len(points)
        self.record.add(name, not told if is_reached else None, seconds=round(time.monotonic() - began, 1))
        if told:
            print(f"--- {name}\n" + "\n".join(told), flush=True)

    def _keep(self, name, lane, trial, told):
        """All that is known of a failure."""
        folder = os.path.join(BUILD, "sweep")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{name.replace(':', '-')}.txt"), "w") as file:
            print("\n".join(told), "\n\ndisturbed at:", *map(json.dumps, trial.reached), sep="\n", file=file)
            print("\nwrites:", *(f"{one['method']} {one['path']} {one['code']} {one.get('body', '')}" for one in trial.writes()), sep="\n", file=file)
            print("\nobjects:", *(json.dumps(one) for one in trial.objects().values()), sep="\n", file=file)
            print("\nlog:", lane.operators.log(200), sep="\n", file=file)

    def _begin(self, lane, name, choose, work):
        scenario = SCENARIOS[name]
        try:
            expected, mask, sent = self._undisturbed(lane, scenario)
        except (AssertionError, cluster.ApiError) as error:
            self.record.add(name, False)
            print(f"--- {name}, undisturbed: {error}\n{lane.operators.log(30)}", flush=True)
            return
        self.record.add(name, True, sent=sent)
        work.add([functools.partial(self._crash, scenario=scenario, points=points, expected=expected, mask=mask)
                  for points in choose(name, self.record.sent(name))])

    def run(self, names, choose, seconds=float("inf")):
        """Scenarios with those of their points that choose(name, how much it sends) names; after so many seconds none is begun."""
        work = Work(time.monotonic() + seconds)
        work.do([functools.partial(self._begin, name=name, choose=choose, work=work) for name in names], self._stage.lanes)

    def rest(self, names):
        """Plays scenarios once more, undisturbed, and leaves what came of them alone: not one write. Returns those that there were."""
        Work().do([functools.partial(self._leave, name=name) for name in names], self._stage.lanes)
        before = {one.namespace: len(one.writes()) for one in self._kept}
        time.sleep(REST_S)
        late = [one for trial in self._kept for one in trial.writes()[before[trial.namespace]:]]
        for trial in self._kept:
            trial.finish()
        return late

    def _leave(self, lane, name):
        trial = Trial(lane, SCENARIOS[name])
        self._kept.append(trial)
        trial.run()


def pairs(writes, count, draw):
    """The recovery takes about as many writes as were left."""
    made = []
    for _ in range(count):
        n = draw.randint(1, writes)
        made.append([Point(draw.choice(list(WRITES)), n), Point(draw.choice(list(WRITES)), draw.randint(1, writes - n + 1))])
    return made


def views(told, count, draw):
    return [[Point(draw.choice(list(VIEWS)), draw.randint(1, told))] for _ in range(count)]


def points_of(words):
    known = (*POINTS, *VIEWS)
    if len(words) % 2 or any(at not in known for at in words[::2]) or not all(n.isdigit() for n in words[1::2]) or VIEWS.keys() & words[:-2:2]:
        sys.exit(f"no such points: {':'.join(words)}; a case is SCENARIO[:POINT:N[:POINT:M]], POINT one of {', '.join(known)}; "
                 f"{', '.join(VIEWS)} come last")
    return [Point(at, int(n)) for at, n in zip(words[::2], words[1::2])]


def drawn(name, sent, options):
    """What is drawn by the seed in any case."""
    draw = random.Random(f"{options.seed} {name}")
    return pairs(sent["write"], options.pairs, draw) + views(sent[TOLD], options.views, draw)


def whole(record, options):
    """choose() for all that has not been tried yet."""
    def choose(name, sent):
        return [one for one in all_points(sent) + drawn(name, sent, options) if not record.is_done(case_id(name, one))]
    return choose


def sample(options):
    def choose(name, sent):
        points = all_points(sent)
        some = random.Random(f"{options.seed} {name} points").sample(points, min(options.points or len(points), len(points)))
        return some + drawn(name, sent, options)
    return choose


def sweep(options):
    cases = [case.split(":") for case in options.case]
    names = list(dict.fromkeys(name for name, *_ in cases)) or list(SCENARIOS)
    for name in names:
        if name not in SCENARIOS:
            sys.exit(f"no such scenario: {name}; --list shows them")
    record, again = Record(), collections.defaultdict(list)
    for name, *words in cases:
        if words:
            again[name].append(points_of(words))
    if cases or options.points:
        pick = sample(options)
    else:
        pick = whole(record, options)
        names = [name for name in names if not record.sent(name) or pick(name, record.sent(name))]

    def choose(name, sent):
        return again.get(name) or pick(name, sent)
    stage = Stage(options.lanes)
    made, late, began = Sweep(stage, record), [], time.monotonic()
    try:
        made.run(names, choose, options.seconds or float("inf"))
        print(f"{made.tried} trials, {made.tried * 60 / (time.monotonic() - began):.1f} a minute", flush=True)
        if not again and not options.seconds:
            late = made.rest(names)
    finally:
        results.add(*(row for name in SCENARIOS for row in record.rows(name)), instead_of=set(ALL_KINDS.values()))
        stage.finish()
    return tell(record, list(dict.fromkeys(name for name, *_ in cases)) or SCENARIOS, late)


def tell(record, names, late):
    """What is known by now of these scenarios."""
    rows, total = [row for name in names for row in record.rows(name)], collections.Counter()
    for row in rows:
        total[row["kind"], "runs"] += row["runs"]
        total[row["kind"], "survived"] += row["survived"]
    for name in filter(record.sent, names):
        sent = record.sent(name)
        runs, survived = (sum(row[word] for row in rows if row["scenario"] == name) for word in ("runs", "survived"))
        unreached = f"{record.unreached(name):5} not reached" if record.unreached(name) else ""
        print(f"{name:32}{sent['write']:4} writes{sent['event']:4} Events{runs:5} trials{survived:5} survived{'   whole' if record.is_whole(name) else ''}{unreached}")
    for one in late:
        print(f"written at rest: {one['method']} {one['path']}")
    for kind in ALL_KINDS.values():
        print(f"{kind}: {total[kind, 'runs']} runs, {total[kind, 'survived']} survived")
    print(f"not reached: {sum(map(record.unreached, names))} trials")
    print(f"whole: {sum(map(record.is_whole, names))} of {len(names)} scenarios")
    failed = [case for name in names for case in record.failed(name)]
    for case in failed:
        print(f"again: make sweep CASE={case}")
    print(f"{sum(row['survived'] for row in rows)} passed, {len(failed) + len(late)} failed")
    return 1 if failed or late else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true", help="show the scenarios")
    parser.add_argument("--points", type=int, default=0, metavar="N", help="so many points of each scenario (all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which pairs, and which points where not all are taken (1)")
    parser.add_argument("--lanes", type=int, default=LANES, metavar="N", help=f"so many trials side by side ({LANES})")
    parser.add_argument("--for", type=int, default=0, metavar="SECONDS", dest="seconds", help="begin no trial after so many seconds")
    parser.add_argument("--pairs", type=int, default=PAIRS, metavar="N", help=f"pairs of each scenario ({PAIRS})")
    parser.add_argument("--views", type=int, default=SEEN, metavar="N", help=f"trials of what is seen, of each scenario ({SEEN})")
    return parser.parse_args()


def main():
    options = parse()
    if options.list:
        for one in SCENARIOS.values():
            print(f"{one.name:32}{one.sentence}")
        return 0
    if cluster.is_inside():
        cluster.end_in_order()
        return sweep(options)
    os.environ.setdefault("GOGC", GOGC)
    return cluster.inside(NAME, ["--no-metrics", "--no-dns"])


if __name__ == "__main__":
    sys.exit(main())
