"""Rounds tell apart what a request for memory that fails can end in: test_rounds.py SPECIMEN LIBRARY."""

import os
import subprocess
import sys
import tempfile
import unittest

SPECIMEN, LIBRARY = sys.argv[1:3]
ENDS = {  # of each test, by the request that failed
    "passes": ["passed"],
    "refuses": ["passed", "refused"],
    "keeps": ["passed", "passed"],
    "leaks": ["leaked"],
    "leaks_and_refuses": ["leaked"],
    "crashes": ["crashed"],
    "reads_what_it_gave_back": ["passed", "crashed"],
    "gives_back_twice": ["passed", "crashed"],
    "leaves": ["left"],
    "spins": ["hung"],
    "leaves_the_script": ["refused"],
}


def functions():
    """Where the tests and their one helper are in the specimen: [(begin, end)]."""
    told = subprocess.run(["nm", "-S", SPECIMEN], text=True, check=True, stdout=subprocess.PIPE).stdout
    found = [line.split() for line in told.splitlines()]
    return [(int(one[0], 16), int(one[0], 16) + int(one[1], 16)) for one in found if len(one) == 4 and (one[3].endswith("_fn") or one[3] == "lose")]


class Rounds(unittest.TestCase):
    def rounds(self, **environment):
        """test → the ends of its rounds, the undisturbed one first."""
        with tempfile.TemporaryDirectory() as folder:
            ranges, out = os.path.join(folder, "ranges"), os.path.join(folder, "rounds")
            with open(ranges, "w", encoding="utf-8") as file:
                file.writelines(f"{begin:x} {end:x} 1\n" for begin, end in functions())
            subprocess.run([SPECIMEN], check=True, stdin=subprocess.DEVNULL,
                           env={**os.environ, "LD_PRELOAD": LIBRARY, "FAILING_RANGES": ranges, "TORTURE": out, **environment})
            found = {}
            with open(out, encoding="utf-8") as lines:
                for line in lines:
                    fields = line.split("\t")
                    found.setdefault(fields[0], []).append(fields[3])
            return found

    def test_each_end_is_seen(self):
        found = self.rounds()
        for name, ends in ENDS.items():
            with self.subTest(name):
                self.assertEqual(found.pop(name), ["passed"] + ends)
        self.assertEqual(found, {})

    def test_a_request_is_tried_alone(self):
        self.assertEqual(self.rounds(SUITE_ONLY="refuses:0", TORTURE_AT="2"), {"refuses": ["refused"]})

    def test_requests_fail_for_good(self):
        self.assertEqual(self.rounds(SUITE_ONLY="keeps:0", FAILING_FOR_GOOD="1"), {"keeps": ["passed", "passed", "passed"]})
        self.assertEqual(self.rounds(SUITE_ONLY="leaks:0", FAILING_FOR_GOOD="1"), {"leaks": ["passed", "passed"]})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
