"""What the runner makes of a program's output: nothing that failed, was skipped or never ran counts as passed."""

import importlib.util
import os
import sys
import threading
import unittest
import unittest.mock

sys.dont_write_bytecode = True
_SPEC = importlib.util.spec_from_file_location("run", os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py"))
run = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(run)

ROWS = [
    ("all checks passed", "100%: Checks: 10, Failures: 0, Errors: 0\n", True, (10, 0)),
    ("two suites of Check are added", "100%: Checks: 3, Failures: 0, Errors: 0\n50%: Checks: 4, Failures: 1, Errors: 1\n", False, (5, 2)),
    ("all passed, and then a leak was found", "100%: Checks: 10, Failures: 0, Errors: 0\nSUMMARY: AddressSanitizer\n", False, (10, 1)),
    ("a program that counts itself", "golden: 121 passed, 2 failed\n", False, (121, 2)),
    ("of two counts the last holds", "3 passed, 0 failed\n5 passed, 0 failed\n", True, (5, 0)),
    ("a unittest that passed", "Ran 7 tests in 0.1s\n\nOK\n", True, (7, 0)),
    ("a unittest with failures and errors", "Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n", False, (4, 3)),
    ("a skipped test has not passed", "Ran 7 tests in 0.1s\n\nOK (skipped=3)\n", True, (4, 0)),
    ("a unittest without a test has failed", "Ran 0 tests in 0.0s\n\nOK\n", True, (0, 1)),
    ("so has one that skipped them all", "Ran 2 tests in 0.0s\n\nOK (skipped=2)\n", True, (0, 1)),
    ("an expected failure has not passed", "Ran 7 tests in 0.1s\n\nOK (expected failures=1)\n", True, (6, 0)),
    ("an unexpected success has failed", "Ran 7 tests in 0.1s\n\nFAILED (unexpected successes=1)\n", False, (6, 1)),
    ("a program that says nothing and ends well", "", True, (1, 0)),
    ("a program that says nothing and ends badly", "Segmentation fault\n", False, (0, 1)),
    ("a count in the middle of a line is none", "I saw 5 passed, 0 failed\n", True, (1, 0)),
    ("a ring whose count says well and whose exit status does not", "5 passed, 0 failed\n", False, (5, 1)),
]


class Judge(unittest.TestCase):
    def test_every_row(self):
        for sentence, text, is_well, wanted in ROWS:
            with self.subTest(sentence):
                self.assertEqual(run.judge(text, is_well), wanted)


SIGN_ROWS = [
    ("a unittest's heads and what was raised", "x\nFAIL: test_a (m.T)\nTraceback:\n  y\nAssertionError: 1 != 2\nRan 1 test\n",
     ["FAIL: test_a (m.T)", "AssertionError: 1 != 2"]),
    ("a line of Check", "Running\nunit/test_x.c:31:F:rows:row:2: not so\n0%: Checks: 1, Failures: 1, Errors: 0\n", ["unit/test_x.c:31:F:rows:row:2: not so"]),
    ("no more than some", "\n".join(f"FAIL: {i}" for i in range(9)), [f"FAIL: {i}" for i in range(run.SIGNS)]),
    ("the last lines of a text without a sign", "a\nb\n\nc\nd\ne\n", ["b", "c", "d", "e"]),
    ("nothing of nothing", "", []),
]


class Signs(unittest.TestCase):
    def test_every_row(self):
        for sentence, text, wanted in SIGN_ROWS:
            with self.subTest(sentence):
                self.assertEqual(run.signs(text), wanted)

    def test_what_failed_is_told_again_at_the_end(self):
        with unittest.mock.patch.object(run, "say") as say, unittest.mock.patch.object(run, "complaints", []):
            run.complain("ring", "FAIL: test_a (m.T)\n", 10)
            runner = run.Runner([])
            runner.failed = 1
            self.assertEqual(runner.end(), 1)
        self.assertIn("ring: FAIL: test_a (m.T)", say.call_args_list[-2].args[0])


class Process(unittest.TestCase):
    def test_a_program_that_does_not_end_is_ended_and_has_failed(self):
        code, output = run.run(["sh", "-c", "echo begun; sleep 100"], timeout_s=0.3)
        self.assertNotEqual(code, 0)
        self.assertIn("begun", output)
        self.assertIn("not done in 0.3 s", output)


class Lanes(unittest.TestCase):
    def setUp(self):
        said = unittest.mock.patch.object(run, "say")
        said.start()
        self.addCleanup(said.stop)
        self.was_up, self.was_down = [], []

    def run_rings(self, rings, up=None, wanted=()):
        runner = run.Runner(list(wanted))
        runner.run_in_lanes(rings, up=up or self.was_up.append, down=self.was_down.append)
        return runner

    def test_rings_run_side_by_side_each_once_in_a_cluster_that_is_up_and_goes(self):
        meeting, seen = threading.Barrier(2, timeout=60), []

        def ring(cluster):
            meeting.wait()
            seen.append(cluster)
            return 2, 1
        runner = self.run_rings({str(i): ring for i in range(4)})
        self.assertEqual(sorted(seen), ["ring-1", "ring-1", "ring-2", "ring-2"])
        self.assertEqual((runner.passed, runner.failed), (8, 4))
        self.assertEqual((sorted(self.was_up), sorted(self.was_down)), (run.LANES, run.LANES))

    def test_a_ring_with_a_cluster_of_its_own_needs_none_of_ours(self):
        self.run_rings({run.OWN_CLUSTER[0]: lambda cluster: (1, 0)})
        self.assertEqual((self.was_up, self.was_down), ([], []))

    def test_every_ring_of_a_cluster_that_does_not_come_up_has_failed(self):
        def up(cluster):
            raise run.Broken("no")
        runner = self.run_rings({str(i): lambda cluster: (1, 0) for i in range(3)}, up)
        self.assertEqual((runner.passed, runner.failed), (0, 3))

    def test_rings_that_need_no_cluster_run_beside_the_others_one_after_the_other(self):
        meeting, order = threading.Barrier(2, timeout=60), []
        runner = run.Runner([])

        def first():
            meeting.wait()
            order.append(1)
            return 1, 0
        runner.run_in_lanes({"a": lambda cluster: (meeting.wait() >= 0, 0)}, {"b": first, "c": lambda: (order.append(2) is None, 0)},
                            up=self.was_up.append, down=self.was_down.append)
        self.assertEqual((runner.passed, order), (3, [1, 2]))

    def test_only_the_rings_that_are_wanted_run(self):
        runner = self.run_rings({"a": lambda cluster: (1, 0), "b": lambda cluster: (10, 0)}, wanted=["b"])
        self.assertEqual(runner.passed, 10)

    def test_every_name_in_the_lists_is_a_ring(self):
        rings = run.cluster_rings()
        self.assertLessEqual({*run.OWN_CLUSTER, *run.ALONE, *run.LONGEST}, set(rings))


if __name__ == "__main__":
    unittest.main()
