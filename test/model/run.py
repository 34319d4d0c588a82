#!/usr/bin/python3
"""The walk through the decision, with everything that it needs.

    test/model/run.py                  every scenario, two at a time; writes build/model.json
    test/model/run.py --states 40000   not further than so many states in each scenario
    test/model/run.py --bugs           also puts every bug of bugs.py into a copy of the source, one at a time, and tells who finds it: the
                                       golden cases are asked first, and the walk about what they do not find

The states of a walk are counted in the order in which they are found, so that the same source gives the same figures.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

import bugs

TREE = bugs.TREE
OUT = os.path.join(TREE, "build", "model")
SEEDED = os.path.join(TREE, "build", "seeded")
RESULT = os.path.join(TREE, "build", "model.json")
NOT_COPIED = shutil.ignore_patterns("build", ".git", "__pycache__")
STATES = 200000
LANES = 2
PROGRAMS = ["test/model/model", "test/golden/golden"]


class Broken(Exception):
    """The walk could not be begun."""


def call(argv, cwd=TREE):
    return subprocess.run(argv, cwd=cwd, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def build(tree, folder, *options):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        done = call(["meson", "setup", "--buildtype=release", *options, folder], cwd=tree)
        if done.returncode:
            raise Broken(done.stdout[-4000:])
    done = call(["ninja", "-C", folder, *PROGRAMS])
    if done.returncode:
        raise Broken(done.stdout[-4000:])


def scenarios():
    texts = [bugs.read(os.path.join(TREE, "test", "model", name)) for name in ("scenario.c", "scenario_gates.c")]
    return re.findall(r"^\t\t\.name = \"(\w+)\"", "".join(texts), re.M)


def walk(folder, names, states):
    """Walks scenarios one after the other; returns what the walk says of each, and its text."""
    result = os.path.join(folder, "-".join(["walk", *names]) + ".json")
    done = subprocess.run([os.path.join(folder, "test", "model", "model"), "--states", str(states), "--json", result, *names],
                          text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        return [], done.stdout + f"\nended by {done.returncode}\n"
    with open(result, encoding="utf-8") as file:
        return json.load(file), done.stdout


def walk_all(states):
    began = time.monotonic()
    rows = []
    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        for found, text in lanes.map(lambda name: walk(OUT, [name], states), scenarios()):
            lines = text.strip().splitlines()
            print("\n".join(lines[:-1]), flush=True)
            rows += found or [{"scenario": "?", "states": 0, "depth": 0, "complete": False, "broken": "it stopped", "checks": {}}]
    checks = {}
    for row in rows:
        for rule, count in row.pop("checks").items():
            checks[rule] = checks.get(rule, 0) + count
    return {"states": sum(row["states"] for row in rows), "depth": max(row["depth"] for row in rows),
            "seconds": round(time.monotonic() - began, 1), "rules": checks, "scenarios": rows}


# ---- seeded bugs ----

def golden(folder):
    """The golden cases that fail."""
    cases = sorted(glob.glob(os.path.join(SEEDED, "tree", "test", "golden", "cases", "*")))
    done = call([os.path.join(folder, "test", "golden", "golden"), *cases])
    if done.returncode not in (0, 1):
        return ["it stopped"]
    return [os.path.basename(path) for path in re.findall(r"^FAIL (\S+)$", done.stdout, re.M)]


def seed(bug):
    """Puts the bug in, looks who finds it, and takes it out again."""
    name, file, old, new, where = bug
    path = os.path.join(SEEDED, "tree", file)
    right = bugs.read(path)
    try:
        with open(path, "w", encoding="utf-8") as out:
            out.write(right.replace(old, new))
        build(os.path.join(SEEDED, "tree"), os.path.join(SEEDED, "build"), "-Dwerror=false")
        cases = golden(os.path.join(SEEDED, "build"))
        row = {"bug": name, "golden_cases": len(cases), "golden_case": cases[0] if cases else "", "rule": "", "steps": 0, "scenario": ""}
        for scenario in where.split() if not cases else ():
            found, _ = walk(os.path.join(SEEDED, "build"), [scenario], STATES)
            if not found or found[0]["broken"]:
                row.update(rule=found[0]["broken"] if found else "it stopped", steps=found[0]["broken_steps"] if found else 0,
                           scenario=scenario)
                break
        return row
    finally:
        with open(path, "w", encoding="utf-8") as out:
            out.write(right)


def seed_all():
    shutil.rmtree(SEEDED, ignore_errors=True)  # what was built there may hold the bug of a run that was ended
    shutil.copytree(TREE, os.path.join(SEEDED, "tree"), ignore=NOT_COPIED)
    rows = []
    for bug in bugs.BUGS:
        row = seed(bug)
        rows.append(row)
        by_walk = f"rule {row['rule']} after {row['steps'] or 'no'} steps of {row['scenario']}" if row["rule"] else "-"
        by_case = f"{row['golden_case']} ({row['golden_cases']})" if row["golden_cases"] else "-"
        print(f"{row['bug']}\n    walk:  {by_walk}\n    cases: {by_case}", flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--states", type=int, default=STATES)
    parser.add_argument("--bugs", action="store_true")
    options = parser.parse_args()
    try:
        build(TREE, OUT)
        result = walk_all(options.states)
        seeded = seed_all() if options.bugs else None
    except Broken as broken:
        print(broken)
        return 1
    failed = sum(bool(row["broken"]) for row in result["scenarios"])
    passed = len(result["scenarios"]) - failed
    print(f"{result['states']} states, depth {result['depth']}, {result['seconds']} s, {len(result['rules'])} rules")
    if seeded is not None:
        missed = [row for row in seeded if not row["rule"] and not row["golden_cases"]]
        result["bugs"] = {"seeded": len(seeded), "found": len(seeded) - len(missed), "list": seeded}
        print(f"{len(seeded)} bugs seeded, {len(seeded) - len(missed)} found")
        passed, failed = passed + len(seeded) - len(missed), failed + len(missed)
    with open(RESULT, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
