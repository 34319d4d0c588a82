"""What the runner makes of a program's output: nothing that failed, was skipped or never ran counts as passed."""

import importlib.util
import os
import sys
import unittest

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


class Process(unittest.TestCase):
    def test_a_program_that_does_not_end_is_ended_and_has_failed(self):
        code, output = run.run(["sh", "-c", "echo begun; sleep 100"], timeout_s=0.3)
        self.assertNotEqual(code, 0)
        self.assertIn("begun", output)
        self.assertIn("not done in 0.3 s", output)


if __name__ == "__main__":
    unittest.main()
