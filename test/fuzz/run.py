#!/usr/bin/python3
"""Runs the fuzz targets for a chosen time; in the end a line for each, and one with the count.

    test/fuzz/run.py                      every target, 60 s each
    test/fuzz/run.py --seconds 600 auth   one of them for ten minutes

Two run at a time (--jobs). What libFuzzer finds that reaches new code stays in build/fuzz/found/NAME and is where the next run
starts; what crashes stays in build/fuzz/crashes, with the command that shows it again. A target that crashed has failed, and so
has one that never ran. The build is clang's, with the address and undefined behaviour sanitizers.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TREE, "build", "fuzz")
CRASHES = os.path.join(BUILD, "crashes")
SLOWEST_S = 10        # one input that takes longer is a finding
MEMORY_MB = 1024      # and so is one that takes more
LONGEST_INPUT = 4096  # bytes
ENDING_S = 60         # after its time a target is given so long to end

KIB = 1024
# Of those whose own limit is above that: the limit, and some bytes beyond.
LONGEST_INPUTS = {name: limit + 4 * KIB for limit, names in {
    16 * KIB: ["signature"],  # the text of public keys
    32 * KIB: ["crash_page"],
    64 * KIB: ["event", "head", "kubeconfig", "list", "scan", "token", "zone"],
    256 * KIB: ["lease"],
    1024 * KIB: ["credential", "pod", "prometheus", "secret"],
    3072 * KIB: ["config_map", "record"],
    4096 * KIB: ["oci", "status"]}.items() for name in names}

EXECUTIONS = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.M)
RATE = re.compile(r"^stat::average_exec_per_sec:\s*(\d+)", re.M)
COVERED = re.compile(r"\bcov: (\d+)")


def targets():
    return sorted(os.path.basename(path)[5:-2] for path in glob.glob(os.path.join(HERE, "fuzz_*.c")))


def build():
    """Configures once, then builds; False when that fails."""
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        setup = ["meson", "setup", "--buildtype=debugoptimized", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dfuzz=true", BUILD]
        if subprocess.run(setup, cwd=TREE, env={**os.environ, "CC": "clang-14"}, stdout=subprocess.DEVNULL, check=False).returncode:
            return False
    done = subprocess.run(["ninja", "-C", BUILD], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-5000:])
    return done.returncode == 0


class Result:
    """What became of one target."""

    def __init__(self, name, code, output):
        def number(pattern):
            found = pattern.findall(output)
            return int(found[-1]) if found else 0
        self.name, self.output = name, output
        self.executions, self.rate, self.covered = number(EXECUTIONS), number(RATE), number(COVERED)
        self.crashes = sorted(glob.glob(os.path.join(CRASHES, name + "-*")))
        self.has_passed = code == 0 and self.executions > 0

    def line(self):
        return f"{self.name:12}{self.executions:12} executions{self.rate:9}/s{self.covered:7} edges{len(self.crashes):4} crashes"

    def tell(self):
        print(f"--- {self.name}\n" + "\n".join(self.output.strip().splitlines()[-40:]))
        for path in self.crashes:
            print(f"again: {os.path.join(BUILD, 'test', 'fuzz', 'fuzz_' + self.name)} {path}")


def run(name, seconds):
    found = os.path.join(BUILD, "found", name)
    os.makedirs(found, exist_ok=True)
    for path in glob.glob(os.path.join(CRASHES, name + "-*")):
        os.remove(path)
    command = [os.path.join(BUILD, "test", "fuzz", "fuzz_" + name), f"-max_total_time={seconds}", f"-timeout={SLOWEST_S}",
               f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST_INPUTS.get(name, LONGEST_INPUT)}", "-print_final_stats=1",
               f"-artifact_prefix={os.path.join(CRASHES, name)}-"]
    words = os.path.join(HERE, "words", name)
    if os.path.exists(words):
        command.append(f"-dict={words}")
    environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"}
    try:
        done = subprocess.run(command + [found, os.path.join(HERE, "corpus", name)], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds + ENDING_S, check=False)
    except subprocess.TimeoutExpired as late:
        return Result(name, 1, (late.stdout or b"").decode(errors="replace") + f"\nnot done in {seconds + ENDING_S} s")
    return Result(name, done.returncode, done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (2)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of " + ", ".join(targets()))
    options = parser.parse_args()
    unknown = set(options.names) - set(targets())
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(targets())}")
    if not build():
        print("0 passed, 1 failed")
        return 1
    os.makedirs(CRASHES, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda name: run(name, options.seconds), options.names or targets()))
    for result in results:
        if not result.has_passed:
            result.tell()
    for result in results:
        print(result.line())
    passed = sum(result.has_passed for result in results)
    print(f"{passed} passed, {len(results) - passed} failed")
    return 0 if passed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
