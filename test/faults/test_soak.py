"""A minute of the soak: that it runs, and breaks no rule. What takes hours is `make soak HOURS=n`."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import cluster  # noqa: E402
import soak  # noqa: E402
from operating import BINARY  # noqa: E402


class Soak(unittest.TestCase):
    def test_a_minute_of_churn_and_faults_breaks_no_rule(self):
        report = soak.soak(1 / 60, 1, BINARY)
        soak.say(report)
        self.assertTrue(report["is_well"], report["wrong"])
        self.assertEqual([report[name]["is_flat"] for name in ("memory_kib", "descriptors")], [None, None], "a minute is too short to know")
        self.assertGreater(report["promotions"]["made"], 0)
        self.assertGreater(sum(report["faults"].values()), 0)


if __name__ == "__main__":
    cluster.main()
