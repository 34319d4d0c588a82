"""The operator is killed at some writes and Events of some scenarios, always the same ones: a sample of the crash sweep (test/faults/sweep.py).

Each scenario has two of the three points of a write, one of an Event, one of what is seen, and a pair: all three together have each point."""

import os
import random
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "faults")]
import cluster  # noqa: E402
import sweep  # noqa: E402
from sweep_record import ALL_KINDS, PAIR, POINTS, TOLD, VIEWS, WRITES, Point  # noqa: E402

SEED = 1
SAMPLE = [  # a sentence; the scenario; its points
    ("a release follows another one", "second-release", ("before", "between", "after-event", "stale")),
    ("a rollout that is aborted goes back", "abort-while-running", ("between", "after", "before-event", "past")),
    ("two releases go along two channels by themselves", "along-two-channels", ("after", "before", "between-event", "unseen")),
]


def choose(name, sent):
    """Of the first half: the last ones are not there in every run."""
    points = next(row[2] for row in SAMPLE if row[1] == name)
    draw = random.Random(f"{SEED} {name}")
    pair = [Point(draw.choice(list(WRITES)), draw.randint(1, sent["write"] // most)) for most in (2, 4)]
    many = {**{word: sent[what] for word, (what, _) in POINTS.items()}, **dict.fromkeys(VIEWS, sent[TOLD])}
    return [*([Point(word, draw.randint(1, many[word] // 2))] for word in points), pair]


def survived(case, name, points):
    case.assertEqual(case.record.failed(name), [], "each can be run again: make sweep CASE=ID")
    found = {row["kind"]: (row["runs"], row["survived"]) for row in case.record.rows(name)}
    case.assertEqual(found, dict.fromkeys([*(ALL_KINDS[word] for word in points), PAIR], (1, 1)), "a point was not reached")


@cluster.rows(SAMPLE, survived)
class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """All of it, side by side: each trial waits most of its time."""
        folder = tempfile.TemporaryDirectory(prefix="sluice-sweep-")
        cls.addClassCleanup(folder.cleanup)
        cls.record = sweep.Record(os.path.join(folder.name, "record"))
        stage = sweep.Stage(len(SAMPLE))
        cls.addClassCleanup(stage.finish)
        sweep.Sweep(stage, cls.record).run([name for _, name, _ in SAMPLE], choose)


if __name__ == "__main__":
    cluster.main()
