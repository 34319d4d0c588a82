#!/usr/bin/python3
"""Every ring of tests, one after the other, and in the end one line: N passed, N failed.

    test/run.py             all of them, as root (`make test`)
    test/run.py c guard     only the rings that are named so

The rings: the C tests, built by gcc with the address and undefined behaviour sanitizers; a build by clang, whose warnings are
others; the release build, whose hardening is looked at; a few seconds of each fuzz target, of the walk through the decision and of the torture; and each
test/cluster/test_*.py and a choice of the faults, with the sanitized operator where they start one. These run in LANES side by side, because most of their time is waiting, and beside the
others; the rings of a lane share a cluster, but for those that need one of another kind. A test that was skipped counts as nothing, a ring that ends
without having counted as one failure.
"""

import glob
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

TREE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
DEVCLUSTER = os.path.join(TREE, "devcluster", "devcluster")
LANES = ["ring-1", "ring-2"]  # the names of their clusters
RING_TIMEOUT_S = 900
FUZZ_S = 3  # for each target, two at a time
TORTURE_S = 20  # two programs at a time, so many requests of each test
TORTURE_MOST = 4
MODEL_STATES = 10000  # of each scenario, two at a time
CLUSTER_RINGS = os.path.join(TREE, "test", "cluster", "test_*.py")
OWN_CLUSTER = ["demo", "operator_without_guard", "without_guard"]
ALONE = ["devcluster", "devcluster_ends", "devcluster_parts"]  # need none of ours; devcluster_ends looks at what clusters leave on the machine
LONGEST = ["demo", "operator_promotions", "operator_serving", "operator_registry", "guard", "operator", "operator_client", "operator_leader",
           "guard_waiting", "operator_poison"]  # started first
SANITIZED = os.path.join(TREE, "build", "sanitized")
CLANG = os.path.join(TREE, "build", "clang")
RELEASE = os.path.join(TREE, "build", "release")
SANITIZER_OPTIONS = {"ASAN_OPTIONS": "halt_on_error=1:abort_on_error=1:detect_leaks=1",
                     "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}

CHECK_LINE = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
COUNT_LINE = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed", re.M)
UNITTEST_LINE = re.compile(r"^Ran (\d+) tests? in ", re.M)
SIGN = re.compile(r"^(?:FAIL|ERROR|not ok|\w+(?:Error|Exception)): .*|^.*:\d+:[FE]:.*|^.*(?:SUMMARY|runtime error): .*", re.M)
SIGNS = 4  # of one program, told again in the end
UNITTEST_OTHERS = re.compile(r"\b(failures|errors|skipped|expected failures|unexpected successes)=(\d+)")


class Broken(Exception):
    """A ring could not be run to its end."""


def say(text):
    print(text, flush=True)


def count(text):
    """How many tests a program's output says have passed and failed; None when it says nothing."""
    check = CHECK_LINE.findall(text)
    if check:
        failed = sum(int(failures) + int(errors) for _, failures, errors in check)
        return sum(int(total) for total, _, _ in check) - failed, failed
    own = COUNT_LINE.findall(text)
    if own:
        return tuple(map(int, own[-1]))
    ran = UNITTEST_LINE.findall(text)
    if ran:
        others = {name: int(number) for name, number in UNITTEST_OTHERS.findall(text[text.rindex("Ran "):])}
        failed = others.get("failures", 0) + others.get("errors", 0) + others.get("unexpected successes", 0)
        return int(ran[-1]) - failed - others.get("skipped", 0) - others.get("expected failures", 0), failed
    return None


def judge(text, is_well):
    """The count of one program: one test where it does not count itself. Where its exit status says so, or nothing ran at all,
    that is a failure."""
    passed, failed = count(text) or ((1, 0) if is_well else (0, 1))
    return (passed, failed) if failed or (is_well and passed) else (passed, 1)


def signs(text):
    """The lines by which a reader knows what failed; the last ones of a text that has none."""
    return SIGN.findall(text)[:SIGNS] or [line for line in text.splitlines() if line.strip()][-SIGNS:]


complaints = []  # of all lanes: what is told once more in the end, where a reader looks first


def complain(name, text, lines):
    """Says the last lines of what failed."""
    say(f"--- {name}\n" + "\n".join(text.strip().splitlines()[-lines:]))
    complaints.extend(f"{name}: {sign}" for sign in signs(text))


def tell(name, output, code):
    """Of a ring whose figures are worth reading also when all is well."""
    passed, failed = judge(output, code == 0)
    if failed:
        complain(name, output, 100)
    else:
        say("\n".join(output.strip().splitlines()[-100:]))
    return passed, failed


running = set()  # the programs of all lanes


def run(argv, timeout_s=RING_TIMEOUT_S, shows=False, **environment):
    """Runs a program in a process group of its own; returns its exit status and its output."""
    process = subprocess.Popen(argv, cwd=TREE, env={**os.environ, **environment}, text=True, errors="replace", start_new_session=True,
                               stdin=subprocess.DEVNULL, stdout=None if shows else subprocess.PIPE, stderr=None if shows else subprocess.STDOUT)
    running.add(process)
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except BaseException as cause:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            output, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        if not isinstance(cause, subprocess.TimeoutExpired):
            raise
        return 124, (output or "") + f"\nnot done in {timeout_s} s\n"
    finally:
        running.discard(process)
    return process.returncode, output or ""


def build(folder, *options, targets=(), **environment):
    """Configures once, then builds with warnings as errors: all, or these targets."""
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        code, output = run(["meson", "setup", *options, folder], **environment)
        if code:
            raise Broken(output)
    code, output = run(["ninja", "-k", "0", "-C", folder, *targets])
    if code:
        told = [line for line in output.splitlines() if "error" in line.lower() or line.startswith("FAILED: ")]
        raise Broken("\n".join(told[:60] or output.splitlines()[-60:]))


def build_sanitized(*targets):
    build(SANITIZED, "--buildtype=debug", "-Db_sanitize=address,undefined", "-Db_lundef=false", targets=targets)


def ring_c():
    build_sanitized()
    run(["meson", "test", "-C", SANITIZED, "--no-rebuild", "--num-processes", "4", "--timeout-multiplier", "4"], **SANITIZER_OPTIONS)
    passed = failed = 0
    with open(os.path.join(SANITIZED, "meson-logs", "testlog.json")) as file:
        for line in file:
            test = json.loads(line)
            output = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
            if test["result"] == "SKIP":
                continue
            good, bad = judge(output, test["result"] == "OK")
            passed, failed = passed + good, failed + bad
            if bad:
                complain(f"{test['name']} ({test['result']})", output, 60)
    return passed, failed


def ring_clang():
    build(CLANG, "--buildtype=debug", CC="clang-14")
    return 1, 0


def ring_release():
    """As it is shipped: the flags of the hardening have to be seen in the program."""
    build(RELEASE, "--buildtype=release", "-Dtests=false")
    code, output = run([os.path.join(TREE, "test", "hardening.py"), os.path.join(RELEASE, "controller", "sluice"), "--optimised"])
    passed, failed = judge(output, code == 0)
    if failed:
        complain("hardening", output, 60)
    return passed, failed


def ring_fuzz():
    """A look at each target, long enough to see that it works; `make fuzz` is for finding."""
    code, output = run([os.path.join(TREE, "test", "fuzz", "run.py"), "--seconds", str(FUZZ_S)])
    return tell("fuzz", output, code)


def ring_model():
    """So many states of each scenario; `make model` goes further."""
    code, output = run([os.path.join(TREE, "test", "model", "run.py"), "--states", str(MODEL_STATES)])
    return tell("model", output, code)


def ring_torture():
    """Memory that is refused in some of the tests, the same ones each time; `make torture` refuses all of it."""
    code, output = run([os.path.join(TREE, "test", "torture", "run.py"), "--sanitized", "--jobs", "2", "--most", str(TORTURE_MOST), "--seconds", str(TORTURE_S)])
    return tell("torture", output, code)


def cluster_ring(path, *words):
    def ring(cluster):
        code, output = run(["/usr/bin/python3", path, *words], SLUICE_TEST_CLUSTER=cluster, **SANITIZER_OPTIONS,
                           SLUICE_BINARY=os.path.join(SANITIZED, "controller", "sluice"))
        passed, failed = judge(output, code == 0)
        if failed:
            complain(os.path.basename(path), output, 150)
        return passed, failed
    return ring


def cluster_rings():
    """name → function of a cluster's name, the longest first."""
    found = {os.path.basename(path)[5:-3]: cluster_ring(path) for path in sorted(glob.glob(CLUSTER_RINGS))}
    found["faults"] = cluster_ring(os.path.join(TREE, "test", "faults", "run.py"), "--short")
    return {name: found[name] for name in sorted(found, key=lambda one: (LONGEST + [one]).index(one))}


def build_clusters():
    say("The clusters for these tests: their binaries are built first where the cache lacks them (ten minutes or more).")
    for words in (["build"], ["tool", "cosign"]):
        if run([DEVCLUSTER, *words], timeout_s=3600, shows=True)[0]:
            raise Broken("the cluster's binaries could not be built")


def up(cluster):
    run([DEVCLUSTER, "down", cluster])
    code, output = run([DEVCLUSTER, "up", cluster])
    if code:
        raise Broken(output)


class Runner:
    def __init__(self, wanted):
        self._wanted = wanted
        self.passed = self.failed = 0
        self._rows = []
        self._lock = threading.Lock()

    def _chosen(self, rings):
        return [(name, ring) for name, ring in rings.items() if not self._wanted or name in self._wanted]

    def _run_one(self, name, ring):
        say(f"=== {name}")
        began = time.monotonic()
        try:
            passed, failed = ring()
        except Broken as broken:
            complain(name, str(broken), 60)
            passed, failed = 0, 1
        seconds = time.monotonic() - began
        with self._lock:
            self._rows.append((name, passed, failed, seconds))
            self.passed += passed
            self.failed += failed
        say(f"=== {name}: passed {passed}, failed {failed}, {seconds:.0f} s\n")

    def run(self, rings):
        for name, ring in self._chosen(rings):
            self._run_one(name, ring)

    def _run_lane(self, cluster, waiting, up, down):
        is_up = False

        def in_cluster(name, ring):
            nonlocal is_up
            if name not in OWN_CLUSTER and not is_up:
                up(cluster)
                is_up = True
            return ring(cluster)
        try:
            while True:
                with self._lock:
                    if not waiting:
                        return
                    name, ring = waiting.pop(0)
                self._run_one(name, lambda: in_cluster(name, ring))
        finally:
            if is_up:
                down(cluster)

    def run_in_lanes(self, rings, beside=None, up=up, down=lambda cluster: run([DEVCLUSTER, "down", cluster])):
        """The cluster rings, and beside them those that need none: one after the other, for they take all the CPU there is."""
        waiting, others = self._chosen(rings), self._chosen(beside or {})
        lanes = [threading.Thread(target=self._run_lane, args=(cluster, waiting, up, down)) for cluster in LANES[:len(waiting)]]
        lanes.append(threading.Thread(target=self._run_queue, args=(others,)))
        for lane in lanes:
            lane.start()
        try:
            for lane in lanes:
                lane.join()
        except BaseException:
            waiting.clear()
            others.clear()
            for process in list(running):
                os.killpg(process.pid, signal.SIGTERM)
            for lane in lanes:
                lane.join()
            raise

    def _run_queue(self, waiting):
        while waiting:
            self._run_one(*waiting.pop(0))

    def run_all(self, rings, in_clusters):
        """What needs no cluster goes on when there can be none."""
        chosen = dict(self._chosen(in_clusters))
        try:
            if chosen:
                build_sanitized("controller/sluice")  # the operator that the rings start
                build_clusters()
        except Broken as broken:
            complain("clusters", str(broken), 60)
            self.failed += len(chosen)
            chosen = {}
        self.run_in_lanes({name: ring for name, ring in chosen.items() if name not in ALONE}, rings)
        self.run({name: lambda name=name: chosen[name]("") for name in ALONE if name in chosen})

    def end(self):
        say(f"{'ring':24}{'passed':>8}{'failed':>8}{'seconds':>9}")
        for name, passed, failed, seconds in self._rows:
            say(f"{name:24}{passed:8}{failed:8}{seconds:9.0f}")
        if complaints:
            say("\nWhat failed, in short (at length above):\n" + "\n".join(complaints))
        say(f"\n{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def main():
    runner = Runner(sys.argv[1:])
    runner.run_all({"c": ring_c, "clang": ring_clang, "release": ring_release, "fuzz": ring_fuzz, "model": ring_model, "torture": ring_torture}, cluster_rings())
    return runner.end()


if __name__ == "__main__":
    sys.exit(main())
