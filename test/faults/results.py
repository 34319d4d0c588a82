"""build/faults.json: what was tried, how often, and how often it was survived."""

import contextlib
import fcntl
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(ROOT, "build", "faults.json")


@contextlib.contextmanager
def _locked():
    os.makedirs(os.path.dirname(PATH), exist_ok=True)
    with open(PATH, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        yield file, json.loads(text) if text else []


def _write(file, rows):
    file.truncate(0)
    json.dump(rows, file, indent=1)


def add(*rows, instead_of=()):
    """Rows {kind, scenario, runs, survived}, and more where it is known; those of the same kind and scenario are replaced, and all of
    the kinds instead_of."""
    with _locked() as (file, old):
        new = {(row["kind"], row["scenario"]) for row in rows}
        _write(file, [row for row in old if (row["kind"], row["scenario"]) not in new and row["kind"] not in instead_of] + list(rows))


def keep(kinds):
    """Forgets the rows of all other kinds."""
    with _locked() as (file, old):
        _write(file, [row for row in old if row["kind"] in kinds])


def kinds():
    """What was tried."""
    if not os.path.exists(PATH):
        return set()
    with _locked() as (_, rows):
        return {row["kind"] for row in rows}


def table():
    """How often each kind was tried and survived, as text."""
    with _locked() as (_, rows):
        lines = [f"{'kind':48}{'runs':>7}{'survived':>10}"]
        for kind in sorted({row["kind"] for row in rows}):
            runs, survived = (sum(row[name] for row in rows if row["kind"] == kind) for name in ("runs", "survived"))
            lines.append(f"{kind:48}{runs:7}{survived:10}")
            lines += [f"    lost: {row['scenario']}: {row['survived']} of {row['runs']}" for row in rows
                      if row["kind"] == kind and row["survived"] < row["runs"]]
        return "\n".join(lines)
