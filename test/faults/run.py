#!/usr/bin/python3
"""The faults: everything that is done to the operator's view, its requests, its process and its neighbours, on a real apiserver.

    test/faults/run.py            all of them (`make faults`)
    test/faults/run.py --short    the choice that `make test` runs
    test/faults/run.py answers    these files: test_answers.py, …; sweep: some of the crash sweep

Counts go to build/faults.json; in the end there is a table of them.
"""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "devcluster")]
import results  # noqa: E402
from parts import binaries  # noqa: E402

CLUSTER = "faults"
DEVCLUSTER = os.path.join(ROOT, "devcluster", "devcluster")
FILES = ("answers", "others", "process", "watches", "goaway", "clock", "version", "memory", "scale", "soak", "sweep")
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


def main():
    words = sys.argv[1:]
    is_short = "--short" in words
    chosen = [name for name in (SHORT if is_short else FILES) if name in words or not set(words) & set(FILES)]
    if not words:
        results.forget()
    counts = [(1, 0) if binaries.passes(os.path.join(HERE, "proxy")) else (0, 1)]
    cluster = os.environ.get("SLUICE_TEST_CLUSTER", CLUSTER)
    was_there = cluster in subprocess.run([DEVCLUSTER, "list"], text=True, capture_output=True, check=True).stdout.split()
    if not was_there:
        subprocess.run([DEVCLUSTER, "up", cluster, "--no-metrics", "--audit"], check=True)
    try:
        counts += [run(name, program(name), SLUICE_TEST_CLUSTER=cluster,
                       **({"SLUICE_FAULTS_SHORT": "1"} if is_short else {})) for name in chosen]
    finally:
        if not was_there:
            subprocess.run([DEVCLUSTER, "down", cluster], check=True)
    print(results.table())
    passed, failed = (sum(one[i] for one in counts) for i in (0, 1))
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
