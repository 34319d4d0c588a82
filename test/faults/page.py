#!/usr/bin/python3
"""Checks docs/faults.md: each test that it names exists, each kind of fault that is counted here has
its row, and each row a test or a reason."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from client_contract import NAMED, ROOT, is_test  # noqa: E402
from sweep_record import ALL_KINDS  # noqa: E402

PAGE = ROOT / "docs" / "faults.md"
MARK = re.compile(r'(?:\bfault\(|results\.add\(\{"kind": )"([^"]+)"')
TORTURE = ROOT / "test" / "torture" / "run.py"
CLUSTER = "test/cluster/"
SWEEP = set(ALL_KINDS.values())


def rows():
    """The rows of the tables: fault, what surviving means, what shows it."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "fault":
            yield cells


def tests(words):
    """The tests that a row names: path, name."""
    return [(path, name) for path, names in NAMED.findall(words) for name in re.findall(r"`([^`]+)`", names)]


def of_cluster():
    """The tests of test/cluster that show something, but for those of the crash sweep, which counts its kinds itself: kind, path, name."""
    return [(kind, path, name) for kind, _, words in rows() if kind not in SWEEP for path, name in tests(words) if path.startswith(CLUSTER)]


def complaints(found):
    for kind, _, words in found:
        named = tests(words)
        if not named and not words.startswith("not tried: "):
            yield f"{kind}: neither a test nor \"not tried: \" and why"
        for path, name in named:
            if not (ROOT / path).exists() or not is_test(ROOT / path, name):
                yield f"{kind}: {path} has no test \"{name}\""
            elif path.startswith(CLUSTER) and not name.startswith("test_") and "cluster.rows(" not in (ROOT / path).read_text():
                yield f"{kind}: {path} has \"{name}\" within a test alone: it cannot be run by this name"
    told = {kind for kind, _, _ in found}
    counted = [(path.relative_to(ROOT), MARK.findall(path.read_text())) for path in (*sorted(HERE.glob("*.py")), TORTURE)]
    for where, kinds in (*counted, ("the sweep", SWEEP)):
        for kind in sorted(set(kinds) - told):
            yield f"{where}: the fault \"{kind}\" is not on the page"


def main():
    found = list(rows())
    wrong = list(complaints(found))
    print("\n".join(wrong) or f"{len(found)} rows")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
