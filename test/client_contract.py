#!/usr/bin/python3
"""Checks docs/client-contract.md: each test that it names exists, each row says met or not used, and the count at its top is right.

    test/client_contract.py            complains, or says how many rows there are
    test/client_contract.py --write    writes the count
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "client-contract.md"
COUNT = re.compile(r"^\*\*Met: \d+\. Not used: \d+\.\*\*$", re.M)
NAMED = re.compile(r"`(test/[^`]+)`: ((?:`[^`]+`(?:, )?)+)")


def rows(text):
    """The rows of the tables about items: what, state, words."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "item":
            yield cells


def is_test(path, name):
    """Does that file have a test of that name: a function, a sentence of a table, or a file of a golden case?"""
    if path.is_dir():
        return (path / name).is_file()
    text = path.read_text()
    return any(form in text for form in (f"START_TEST({name})", f"def {name}(", f'{{ "{name}"', f'("{name}"'))


def complaints(page):
    """Everything that is wrong with the rows of the page."""
    for what, state, words in rows(page):
        named = [(path, name) for path, names in NAMED.findall(words) for name in re.findall(r"`([^`]+)`", names)]
        if state not in ("met", "not used"):
            yield f"{what}: \"{state}\" is neither met nor not used"
        if state == "met" and not named:
            yield f"{what}: no test is named"
        if state == "not used" and not words:
            yield f"{what}: no reason is given"
        for path, name in named:
            if not (ROOT / path).exists():
                yield f"{what}: {path} does not exist"
            elif not is_test(ROOT / path, name):
                yield f"{what}: {path} has no test \"{name}\""


def pauses():
    """Calls that would pause a stream, of which the page says that there are none."""
    for path in sorted((ROOT / "controller").rglob("*.c")):
        if "curl_easy_pause" in path.read_text() or "CURL_WRITEFUNC_PAUSE" in path.read_text():
            yield f"{path.relative_to(ROOT)} pauses a stream"


def main():
    page = PAGE.read_text()
    states = [state for _, state, _ in rows(page)]
    count = f"**Met: {states.count('met')}. Not used: {states.count('not used')}.**"
    found = [*complaints(page), *pauses()]
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(COUNT.sub(count, page))
    elif not COUNT.search(page) or COUNT.search(page)[0] != count:
        found.append(f"the count should be {count}")
    print("\n".join(found) or f"{len(states)} rows")
    return 1 if found or not states else 0


if __name__ == "__main__":
    sys.exit(main())
