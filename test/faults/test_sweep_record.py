"""What the crash sweep keeps of its trials, and in which order its lanes do them."""

import os
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import sweep  # noqa: E402
from sweep_record import KINDS, PAIR, Point, Record, case_id  # noqa: E402


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "record")
        self.record = Record(self.path)
        self.record.add("promotion", True, writes=2)

    def all_survive(self):
        for point in sweep.all_points(2):
            self.record.add(case_id("promotion", point), True)

    def test_what_was_tried_is_not_tried_again(self):
        self.record.add("promotion:before:1", True)
        self.record.add("promotion:between:2", None)
        left = [case_id("promotion", one) for one in sweep.whole(Record(self.path), 0, 1)("promotion", 2)]
        self.assertEqual(left, ["promotion:between:1", "promotion:after:1", "promotion:before:2", "promotion:after:2"])

    def test_what_failed_is_tried_again(self):
        self.all_survive()
        self.record.add("promotion:after:2", False)
        self.assertEqual([[Point("after", 2)]], sweep.whole(Record(self.path), 0, 1)("promotion", 2))

    def test_a_scenario_is_whole_when_every_point_was_survived(self):
        self.assertFalse(self.record.is_whole("promotion"))
        self.all_survive()
        self.assertTrue(Record(self.path).is_whole("promotion"))

    def test_a_scenario_with_a_failure_is_not_whole(self):
        self.all_survive()
        self.record.add("promotion:after:1:before:1", False)
        self.assertFalse(self.record.is_whole("promotion"))

    def test_the_last_word_on_a_trial_counts(self):
        self.record.add("promotion:after:1", False)
        self.record.add("promotion:after:1", True)
        self.assertEqual(Record(self.path).failed("promotion"), [])

    def test_a_line_that_was_cut_is_passed_over(self):
        with open(self.path, "a") as file:
            file.write('{"id": "promotion:be')
        self.assertEqual(Record(self.path).writes("promotion"), 2)

    def test_what_comes_behind_a_line_that_was_cut_is_kept(self):
        with open(self.path, "a") as file:
            file.write('{"id": "promotion:be')
        Record(self.path).add("promotion:before:1", True)
        self.assertTrue(Record(self.path).is_done("promotion:before:1"))

    def test_trials_are_counted_by_kinds_and_those_that_were_not_reached_are_not(self):
        for case, survived in (("before:1", True), ("before:2", False), ("after:1", None), ("after:1:before:1", True)):
            self.record.add(f"promotion:{case}", survived)
        found = {row["kind"]: (row["runs"], row["survived"]) for row in self.record.rows("promotion")}
        self.assertEqual(found, {KINDS["before"]: (2, 1), PAIR: (1, 1)})

    def test_scenarios_whose_names_begin_alike_are_kept_apart(self):
        self.record.add("promotion-deleted:before:1", False)
        self.assertEqual(self.record.failed("promotion"), [])


class Done(unittest.TestCase):
    def test_crashes_come_before_the_next_scenario(self):
        done, work = [], sweep.Work()

        def begin(_, name):
            done.append(name)
            work.add([lambda lane, n=n: done.append(f"{name}{n}") for n in range(2)])
        work.do([lambda lane: begin(lane, "a"), lambda lane: begin(lane, "b")], [None])
        self.assertEqual(done, ["a", "a0", "a1", "b", "b0", "b1"])

    def test_a_lane_without_work_waits_for_what_another_one_brings(self):
        work, meeting = sweep.Work(), threading.Barrier(2, timeout=30)
        work.do([lambda lane: work.add([lambda lane: meeting.wait()] * 2)], ["one", "two"])

    def test_when_the_time_is_over_nothing_is_begun(self):
        done = []
        sweep.Work(end=0).do([done.append], ["lane"])
        self.assertEqual(done, [])

    def test_trouble_of_a_lane_ends_the_whole(self):
        def fail(_):
            raise ValueError("the proxy has ended")
        with self.assertRaises(ValueError):
            sweep.Work().do([fail], ["lane"])


if __name__ == "__main__":
    unittest.main()
