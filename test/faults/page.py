#!/usr/bin/python3
"""Checks docs/faults.md: each test that it names exists, each kind of fault that a test here names has its row, and each row a test or a reason."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from client_contract import NAMED, ROOT, is_test  # noqa: E402

PAGE = ROOT / "docs" / "faults.md"
MARK = re.compile(r'fault\("([^"]+)"')


def rows(text):
    """The rows of the tables: fault, what surviving means, what shows it."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "fault":
            yield cells


def complaints(found):
    for kind, _, words in found:
        named = [(path, name) for path, names in NAMED.findall(words) for name in re.findall(r"`([^`]+)`", names)]
        if not named and not words.startswith("not tried: "):
            yield f"{kind}: neither a test nor \"not tried: \" and why"
        for path, name in named:
            if not (ROOT / path).exists() or not is_test(ROOT / path, name):
                yield f"{kind}: {path} has no test \"{name}\""
    told = {kind for kind, _, _ in found}
    for path in sorted(HERE.glob("test_*.py")):
        for kind in MARK.findall(path.read_text()):
            if kind not in told:
                yield f"{path.name}: the fault \"{kind}\" is not on the page"


def main():
    found = list(rows(PAGE.read_text()))
    wrong = list(complaints(found))
    print("\n".join(wrong) or f"{len(found)} rows")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
