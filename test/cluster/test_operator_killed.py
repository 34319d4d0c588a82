"""The operator is killed at some writes of some scenarios, always the same ones: a sample of the crash sweep (test/faults/sweep.py)."""

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

SEED = 1
SAMPLE = [
    ("a release follows another one", "second-release"),
    ("a rollout that is aborted goes back", "abort-while-running"),
    ("two releases go along two channels by themselves", "along-two-channels"),
]


def choose(name, writes):
    draw = random.Random(f"{SEED} {name}")
    return [*draw.sample(sweep.all_points(writes), 2), *sweep.pairs(writes, 1, draw)]


def survived(case, name):
    case.assertEqual(case.record.failed(name), [], "each can be run again: make sweep CASE=ID")
    case.assertGreater(sum(row["survived"] for row in case.record.rows(name)), 0, "no point was reached")


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
        sweep.Sweep(stage, cls.record).run([name for _, name in SAMPLE], choose)


if __name__ == "__main__":
    cluster.main()
