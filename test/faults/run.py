#!/usr/bin/python3
"""The faults: everything that is done to the operator's view, its requests, its process and its neighbours, on a real apiserver.

    test/faults/run.py                    all of them (`make faults`)
    test/faults/run.py --short            the choice that `make test` runs
    test/faults/run.py answers            these files: test_answers.py, …; sweep: some of the crash sweep
    test/faults/run.py operator_limits    what docs/faults.md names of these files of test/cluster

Counts go to build/faults.json; in the end there is a table of them, and what docs/faults.md has and nothing has counted yet. All of them
begin anew there; what is not tried here (the torture, hours of soak) stays.
"""

import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "devcluster")]
import page  # noqa: E402
import results  # noqa: E402
from parts import binaries  # noqa: E402

CLUSTER = "faults"
DEVCLUSTER = os.path.join(ROOT, "devcluster", "devcluster")
FILES = ("answers", "others", "process", "lease", "watches", "goaway", "clock", "version", "memory", "scale", "soak", "sweep")
SHORT = ("answers", "watches")  # those that have short tests
SWEEP_POINTS = "6"  # of each scenario; `make sweep` takes all
LAST_LINE = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def run(name, words, **environment):
    """One program of tests, as it says it; what it counts."""
    print(f"=== {name}", flush=True)
    process = subprocess.Popen(words, env={**os.environ, **environment}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        text += line
    code = process.wait()
    found = LAST_LINE.findall(text)
    passed, failed = map(int, found[-1]) if found else (0, 0)
    return passed, failed or int(code != 0)


def program(name):
    words = ["sweep.py", "--points", SWEEP_POINTS] if name == "sweep" else [f"test_{name}.py"]
    return ["/usr/bin/python3", os.path.join(HERE, words[0]), *words[1:]]


def of_cluster():
    """What docs/faults.md names of test/cluster: a file's name without test_ and .py → [(kind, path, test)]."""
    found = {}
    for one in page.of_cluster():
        found.setdefault(pathlib.Path(one[1]).stem[5:], []).append(one)
    return found


def run_one(kind, path, name, cluster):
    """A test of test/cluster, counted under its kind. name: as the page has it, a function's or a sentence."""
    sentence = name.removeprefix("test_").replace("_", " ")
    pattern = "*.test_" + re.sub("[^a-z0-9]+", "_", sentence.lower()).strip("_")
    passed, failed = run(f"{path}: {sentence}", ["/usr/bin/python3", os.path.join(ROOT, path), "-k", pattern], SLUICE_TEST_CLUSTER=cluster)
    results.add({"kind": kind, "scenario": sentence, "runs": 1, "survived": int(not failed)})
    return passed, failed


def measured(named):
    """The kinds whose every row is measured when all is run."""
    files = [pathlib.Path(HERE, f"test_{name}.py") for name in FILES if name != "sweep"]
    return {kind for path in files for kind in page.MARK.findall(path.read_text())} | {kind for tests in named.values() for kind, _, _ in tests}


def main():
    words = sys.argv[1:]
    is_short, named, told = "--short" in words, of_cluster(), {kind for kind, _, _ in page.rows()}
    there = SHORT if is_short else (*FILES, *named)
    chosen = [name for name in there if name in words or not set(words) & set(there)]
    if not words:
        results.keep(told - measured(named))
    counts = [(1, 0) if binaries.passes(os.path.join(HERE, "proxy")) else (0, 1)]
    cluster = os.environ.get("SLUICE_TEST_CLUSTER", CLUSTER)
    was_there = cluster in subprocess.run([DEVCLUSTER, "list"], text=True, capture_output=True, check=True).stdout.split()
    if not was_there:
        subprocess.run([DEVCLUSTER, "up", cluster, "--no-metrics", "--audit"], check=True)
    try:
        for name in chosen:
            counts += [run_one(*one, cluster) for one in named[name]] if name in named else [
                run(name, program(name), SLUICE_TEST_CLUSTER=cluster, **({"SLUICE_FAULTS_SHORT": "1"} if is_short else {}))]
    finally:
        if not was_there:
            subprocess.run([DEVCLUSTER, "down", cluster], check=True)
    print(results.table())
    print(*(f"not counted yet: {kind}" for kind in sorted(told - results.kinds())), sep="\n")
    passed, failed = (sum(one[i] for one in counts) for i in (0, 1))
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
