"""What the crash sweep keeps of its trials, and in which order its lanes do them."""

import argparse
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import results  # noqa: E402
import sweep  # noqa: E402
from sweep_record import KINDS, PAIR, VIEWS, WRITES, Point, Record, case_id, product  # noqa: E402


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "record")
        self.record = Record(self.path)
        self.sent = {"write": 2, "event": 1, "told": 9}
        self.options = argparse.Namespace(seed=1, pairs=0, views=0, points=0)
        self.record.add("promotion", True, sent=self.sent)

    def all_survive(self):
        for point in sweep.all_points(self.sent):
            self.record.add(case_id("promotion", point), True)

    def test_what_was_tried_is_not_tried_again(self):
        self.record.add("promotion:before:1", True)
        self.record.add("promotion:between:2", True)
        self.record.add("promotion:after-event:1", True)
        left = [case_id("promotion", one) for one in sweep.whole(Record(self.path), self.options)("promotion", self.sent)]
        self.assertEqual(left, ["promotion:between:1", "promotion:after:1", "promotion:before:2", "promotion:after:2",
                                "promotion:before-event:1", "promotion:between-event:1"])

    def test_what_failed_is_tried_again(self):
        self.all_survive()
        self.record.add("promotion:after:2", False)
        self.assertEqual([[Point("after", 2)]], sweep.whole(Record(self.path), self.options)("promotion", self.sent))

    def test_a_scenario_is_whole_when_every_point_was_survived(self):
        self.assertFalse(self.record.is_whole("promotion"))
        self.all_survive()
        self.assertTrue(Record(self.path).is_whole("promotion"))

    def test_a_scenario_with_a_failure_is_not_whole(self):
        self.all_survive()
        self.record.add("promotion:after:1:before:1", False)
        self.assertFalse(self.record.is_whole("promotion"))

    def test_what_was_not_reached_is_tried_three_times_and_then_it_is_not_there(self):
        self.all_survive()
        self.record.add("promotion:between:2", None)
        self.record.add("promotion:between:2", None)
        again = Record(self.path)
        self.assertEqual([[Point("between", 2)]], sweep.whole(again, self.options)("promotion", self.sent))
        self.assertFalse(again.is_whole("promotion"))
        again.add("promotion:between:2", None)
        again = Record(self.path)
        self.assertEqual([], sweep.whole(again, self.options)("promotion", self.sent))
        self.assertTrue(again.is_whole("promotion"))
        self.assertEqual(again.unreached("promotion"), 1)

    def test_a_point_that_was_not_reached_at_first_may_fail(self):
        self.all_survive()
        for survived in (None, None, None, False):
            self.record.add("promotion:between:2", survived)
        self.assertFalse(self.record.is_done("promotion:between:2") or self.record.is_whole("promotion"))

    def test_a_scenario_that_was_killed_at_no_event_is_not_whole(self):
        for point in sweep.all_points({**self.sent, "event": 0}):
            self.record.add(case_id("promotion", point), True)
        self.assertFalse(self.record.is_whole("promotion"))

    def test_of_several_undisturbed_runs_the_longest_counts(self):
        for write, told in ((4, 7), (3, 9)):
            self.record.add("promotion", True, sent={"write": write, "event": 1, "told": told})
        self.assertEqual(Record(self.path).sent("promotion"), {"write": 4, "event": 1, "told": 9})

    def test_pairs_are_of_writes(self):
        made = sweep.pairs(2, 100, random.Random(1))
        self.assertEqual({point.at for pair in made for point in pair}, set(WRITES))

    def test_what_is_drawn_is_drawn_again(self):
        self.options.pairs, self.options.views = 3, 50
        drawn = sweep.drawn("promotion", self.sent, self.options)
        self.assertEqual(drawn, sweep.drawn("promotion", self.sent, self.options))
        self.assertEqual([len(points) for points in drawn], [2] * 3 + [1] * 50)
        self.assertEqual({points[0].at for points in drawn[3:]}, set(VIEWS))
        self.assertEqual({points[0].n for points in drawn[3:]}, set(range(1, 10)))

    def test_an_id_names_what_there_is(self):
        self.assertEqual(sweep.points_of(["after-event", "3"]), [Point("after-event", 3)])
        self.assertEqual(sweep.points_of(["before", "3", "stale", "4"]), [Point("before", 3), Point("stale", 4)])
        for words in (["stale", "4", "before", "3"], ["late", "4"], ["before", "x"], ["before"]):
            with self.assertRaises(SystemExit):
                sweep.points_of(words)

    def test_what_was_tried_with_another_product_does_not_count(self):
        self.all_survive()
        self.record.add("promotion:after:1", False)
        other = Record(self.path, "another")
        self.assertEqual((other.sent("promotion"), other.rows("promotion"), other.failed("promotion")), (None, [], []))
        self.assertFalse(other.is_done("promotion:before:1") or other.is_whole("promotion"))
        other.add("promotion:before:1", True)
        self.assertEqual([(row["runs"], row["product"]) for row in Record(self.path, "another").rows("promotion")], [(1, "another")])
        self.assertEqual(Record(self.path).failed("promotion"), ["promotion:after:1"])

    def test_a_line_that_names_no_product_does_not_count(self):
        with open(self.path, "a") as file:
            file.write('{"id": "promotion:before:1", "survived": true, "commit": "0a1b2c3"}\n')
        self.assertFalse(Record(self.path).is_done("promotion:before:1"))

    def test_the_last_word_on_a_trial_counts(self):
        self.record.add("promotion:after:1", False)
        self.record.add("promotion:after:1", True)
        self.assertEqual(Record(self.path).failed("promotion"), [])

    def test_a_line_that_was_cut_is_passed_over(self):
        with open(self.path, "a") as file:
            file.write('{"id": "promotion:be')
        self.assertEqual(Record(self.path).sent("promotion"), self.sent)

    def test_what_comes_behind_a_line_that_was_cut_is_kept(self):
        with open(self.path, "a") as file:
            file.write('{"id": "promotion:be')
        Record(self.path).add("promotion:before:1", True)
        self.assertTrue(Record(self.path).is_done("promotion:before:1"))

    def test_trials_are_counted_by_kinds_and_those_that_were_not_reached_are_not(self):
        for case, survived in (("before:1", True), ("before:2", False), ("after:1", None), ("after-event:1", True), ("stale:3", True), ("after:1:before:1", True)):
            self.record.add(f"promotion:{case}", survived)
        found = {row["kind"]: (row["runs"], row["survived"]) for row in self.record.rows("promotion")}
        self.assertEqual(found, {KINDS["before"]: (2, 1), KINDS["after-event"]: (1, 1), VIEWS["stale"]: (1, 1), PAIR: (1, 1)})

    def test_the_summary_tells_what_was_not_reached_apart(self):
        self.all_survive()
        for case in ("promotion:after:2", "promotion:after:2:before:9"):
            self.record.add(case, None)
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            self.assertEqual(sweep.tell(self.record, ["promotion"], []), 0)
        lines = " ".join(told.getvalue().split())
        self.assertIn("promotion 2 writes 1 Events 8 trials 8 survived 2 not reached", lines)
        self.assertIn("whole: 0 of 1 scenarios", lines)
        self.assertIn("not reached: 2 trials", lines)

    def test_scenarios_whose_names_begin_alike_are_kept_apart(self):
        self.record.add("promotion-deleted:before:1", False)
        self.assertEqual(self.record.failed("promotion"), [])


class Product(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        patch = unittest.mock.patch.object(results, "ROOT", self.root)
        patch.start()
        self.addCleanup(patch.stop)
        self.git("init", "--quiet")
        self.commit("controller/main.c", "one")

    def git(self, *words):
        subprocess.run(["git", "-C", self.root, "-c", "user.name=test", "-c", "user.email=test@example.com", *words], check=True)

    def write(self, path, text):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        with open(os.path.join(self.root, path), "w") as file:
            file.write(text)

    def commit(self, path, text):
        self.write(path, text)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", text)

    def test_a_change_of_the_tests_is_no_other_product(self):
        before = product()
        self.commit("test/run.py", "two")
        self.write("test/run.py", "three")
        self.assertEqual(product(), before)
        self.assertTrue(before)

    def test_a_change_of_the_program_the_kinds_or_the_manifests_is_another_product(self):
        found = {product()}
        for path in ("controller/main.c", "crds/channel.yaml", "deploy/operator.yaml"):
            self.write(path, "changed")
            found.add(product())
            self.assertTrue(product().endswith("+"))
            self.commit(path, "changed")
            found.add(product())
            self.assertFalse(product().endswith("+"))
        self.assertEqual(len(found), 7)


class Counted(unittest.TestCase):
    """What build/faults.json keeps of others."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        patch = unittest.mock.patch.object(results, "PATH", os.path.join(folder.name, "faults.json"))
        patch.start()
        self.addCleanup(patch.stop)
        results.add(self.row("soak", "120 minutes"), self.row("crash", "old"), self.row("crash", "gone"))

    @staticmethod
    def row(kind, scenario):
        return {"kind": kind, "scenario": scenario, "runs": 1, "survived": 1}

    def rows(self):
        with open(results.PATH) as file:
            return [(row["kind"], row["scenario"]) for row in json.load(file)]

    def test_a_row_replaces_its_own(self):
        results.add(self.row("crash", "old"))
        self.assertEqual(self.rows(), [("soak", "120 minutes"), ("crash", "gone"), ("crash", "old")])

    def test_rows_replace_all_of_their_kind(self):
        results.add(self.row("crash", "new"), instead_of={"crash"})
        self.assertEqual(self.rows(), [("soak", "120 minutes"), ("crash", "new")])

    def test_kinds_that_are_not_tried_again_are_kept(self):
        results.keep({"soak"})
        self.assertEqual(self.rows(), [("soak", "120 minutes")])
        self.assertEqual(results.kinds(), {"soak"})


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
