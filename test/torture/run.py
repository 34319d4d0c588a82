#!/usr/bin/python3
"""Every request for memory of every unit test fails once, and the result into build/torture.json and build/faults.json.

    test/torture/run.py                        every program, every request
    test/torture/run.py --most 3 --seed 7      no more than three requests of each test, chosen by the seed
    test/torture/run.py test_kube_lease        only these programs
    test/torture/run.py test_kube_lease takes_the_lease:2 31
                                               one round alone, with all that it says: program, test and row, request
    test/torture/run.py --for-good             a request fails, and all that come after it
    test/torture/run.py --sanitized            with the sanitizers, which see more, and take a hundred times as long
    test/torture/run.py --seconds 3000         so long; then it says what share of all is done
    test/torture/run.py --go-on                what was stopped goes on, but for programs that were built anew since

A round ends well when the test passes, when one of its own assertions fails (it had expected success), or when the process leaves because
there is no memory. It does not when it crashes, leaks, or hangs. Most rounds wait for something, so many run side by side; one that waited too
long runs again in the end, by itself, and that counts. What ended badly runs once more under the sanitizers, which say where, into
build/torture/PROGRAM.TEST.ROW.REQUEST.txt; requests that depend on time may be others then. See failing.h, blocks.h and rounds.h.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, os.path.join(TREE, "test", "faults"))
import results  # noqa: E402

PLAIN = os.path.join(TREE, "build", "check")
SANITIZED = os.path.join(TREE, "build", "sanitized")
RESULT = os.path.join(TREE, "build", "torture.json")
ROUNDS = os.path.join(TREE, "build", "torture")  # what each share of a program told, and what the sanitizers said
LIBRARIES = "libuv.so:libcurl.so:libyaml-:libpcre2-:libmicrohttpd.so"
SHARES = 16  # of a program, so that the long ones do not run on alone in the end
AGAIN = 50  # rounds that ended badly and run under the sanitizers
GAP = 64  # bytes between two functions of the same side, at most
TIMEOUT_S = 3 * 3600
GOOD = ("passed", "refused", "left")
SANITIZERS = {"ASAN_OPTIONS": "verify_asan_link_order=0:halt_on_error=1:abort_on_error=1:detect_leaks=1:fast_unwind_on_malloc=1",
              "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}

Round = collections.namedtuple("Round", "program test row at end place text")


def build(folder):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        more = ["-Db_sanitize=address,undefined", "-Db_lundef=false"] if folder == SANITIZED else []
        subprocess.run(["meson", "setup", "--buildtype=debug", *more, folder], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder], cwd=TREE, check=True, stdout=subprocess.DEVNULL)


def programs(folder):
    """name → its path and its environment: the unit tests that are C."""
    told = subprocess.run(["meson", "introspect", "--tests", folder], text=True, check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for test in json.loads(told):
        name = os.path.basename(test["cmd"][0])
        if "unit" in " ".join(test["suite"]) and name.startswith("test_") and len(test["cmd"]) == 1:
            found[name] = (test["cmd"][0], test["env"])
    return found


def ranges(path):
    """Where in a program the code of controller/ is, and that of test/fake/, by its debugging information: [(begin, end, whose)]."""
    told = subprocess.run(["readelf", "--debug-dump=info", "--dwarf-depth=1", path], text=True, check=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    found = []
    whose = begin = None
    for line in told.splitlines():
        if "DW_AT_name" in line:
            folder = re.search(r"(?:^|[ /])(controller|test/fake)/", line.split("DW_AT_name", 1)[1])
            whose = folder and int(folder[1] == "controller")
        elif "DW_AT_low_pc" in line:
            begin = int(line.rsplit(":", 1)[1], 16)
        elif "DW_AT_high_pc" in line and whose is not None and begin:
            found.append((begin, begin + int(line.rsplit(":", 1)[1], 16), whose))
    return merged(sorted(found))


def merged(found):
    """Each request is looked up in them: the fewer, the faster."""
    whole = []
    for begin, end, whose in found:
        if whole and whole[-1][2] == whose and begin - whole[-1][1] < GAP:
            begin = whole.pop()[0]
        whole.append((begin, end, whose))
    return whole


def write_ranges(path, folder):
    file = os.path.join(folder, os.path.basename(path) + ".ranges")
    with open(file, "w", encoding="utf-8") as out:
        out.writelines(f"{begin:x} {end:x} {whose}\n" for begin, end, whose in ranges(path))
    return file


def environment(path, own, ranges_file, **more):
    folder = SANITIZED if path.startswith(SANITIZED + os.sep) else PLAIN
    return {**os.environ, **own, **SANITIZERS, "LD_PRELOAD": os.path.join(folder, "test", "torture", "libfailing.so"), "FAILING_RANGES": ranges_file, "FAILING_LIBRARIES": LIBRARIES, **more}


def places(path, addresses):
    """offset → file:line of the call before it."""
    wanted = sorted(addresses - {0})  # 0: of a request that was not asked for this time
    if not wanted:
        return {}
    told = subprocess.run(["addr2line", "-e", path, *(hex(one - 1) for one in wanted)], text=True, check=True, stdout=subprocess.PIPE).stdout
    return {one: re.sub(r"^.*/(controller|test)/", r"\1/", line.split(" (")[0]) for one, line in zip(wanted, told.splitlines())}


def read_rounds(program, path, file):
    with open(file, encoding="utf-8", errors="replace") as lines:
        fields = [line.rstrip("\n").split("\t", 6) for line in lines]
    found = [Round(program, test, int(row), int(at), end, library or int(offset, 16), text)
             for test, row, at, end, library, offset, text in (one for one in fields if len(one) == 7)]
    named = places(path, {one.place for one in found if one.at and isinstance(one.place, int)})
    return [one._replace(place=named.get(one.place, one.place)) if one.at else one for one in found]


Share = collections.namedtuple("Share", "name path own ranges number rounds log")  # of a program; rounds and log are files


def shares(wanted, options, folder):
    """Each with its file of rounds, which is empty unless it goes on."""
    found = []
    for name, (path, own) in wanted.items():
        ranges_file = write_ranges(path, folder)
        for number in range(SHARES):
            stem = os.path.join(folder, f"{name}.{number}{'.for-good' if options.for_good else ''}")
            one = Share(name, path, own, ranges_file, number, stem + ".rounds", stem + ".log")
            if os.path.exists(one.rounds) and not (options.go_on and os.path.getmtime(one.rounds) > os.path.getmtime(path)):
                os.remove(one.rounds)
            found.append(one)
    return found


def torture(share, options, until):
    """Goes on with a share; its exit code."""
    more = {"TORTURE": share.rounds, "TORTURE_SHARE": f"{share.number}/{SHARES}", "TORTURE_MOST": str(options.most),
            "TORTURE_SEED": str(options.seed), "TORTURE_UNTIL": str(until), **({"FAILING_FOR_GOOD": "1"} if options.for_good else {})}
    with open(share.log, "a", encoding="utf-8") as text:
        try:
            return subprocess.run([share.path], env=environment(share.path, share.own, share.ranges, **more), stdin=subprocess.DEVNULL, stdout=text,
                                  stderr=text, timeout=TIMEOUT_S, check=False).returncode
        except subprocess.TimeoutExpired:
            return 124


def torture_all(wanted, options, folder):
    """The rounds, and what did not come to its end."""
    found = shares(wanted, options, folder)
    random.Random(options.seed).shuffle(found)
    until = int(time.time()) + options.seconds if options.seconds else 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as lanes:
        codes = list(lanes.map(lambda share: torture(share, options, until), found))
    broken = [f"{share.name} {share.number}: ended by {code}" for share, code in zip(found, codes) if code]
    return [one for share in found if os.path.exists(share.rounds) for one in read_rounds(share.name, share.path, share.rounds)], broken


def alone(one, row, at, is_for_good, out=None):
    """One round of the program, with all that it says into out; none when there is no such test."""
    name, (path, own) = one
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "rounds")
        more = {"FAILING_FOR_GOOD": "1"} if is_for_good else {}
        subprocess.run([path], env=environment(path, own, write_ranges(path, folder), TORTURE=file, SUITE_ONLY=row, TORTURE_AT=str(at), **more),
                       stdout=out, stderr=out, check=False)
        return read_rounds(name, path, file) if os.path.exists(file) else []


def wait_again(rounds, wanted, is_for_good):
    """The rounds; those that hung are tried again, one at a time, which is what counts."""
    return [(alone((one.program, wanted[one.program]), f"{one.test}:{one.row}", one.at, is_for_good, subprocess.DEVNULL) or [one])[0]
            if one.end == "hung" else one for one in rounds]


def look_closer(rounds, is_for_good):
    """What ended badly, under the sanitizers."""
    bad = [one for one in rounds if one.end not in (*GOOD, "untouched")][:AGAIN]
    if not bad:
        return
    build(SANITIZED)
    sanitized = programs(SANITIZED)
    for one in bad:
        with open(os.path.join(ROUNDS, f"{one.program}.{one.test}.{one.row}.{one.at}.txt"), "w", encoding="utf-8") as out:
            for again in alone((one.program, sanitized[one.program]), f"{one.test}:{one.row}", one.at, is_for_good, out):
                print(f"{again.end}: request {again.at} from {again.place}: {again.text}", file=out)


def say(rounds, broken):
    unarmed = [one for one in rounds if one.at == 0]
    failed = [one for one in rounds if one.at and one.end != "untouched"]
    requests = sum(one.place for one in unarmed)
    done = sum(1 for one in rounds if one.at) / requests if requests else 0
    bad = [one for one in failed if one.end not in GOOD] + [one for one in unarmed if one.end != "passed"]
    for one in sorted(bad):
        print(f"{one.end}: {one.program} {one.test}:{one.row} {one.at}  {one.place}: {one.text[:160]}")
    for text in broken:
        print(text)
    ends = collections.Counter(one.end for one in failed)
    print(f"{len({one.program for one in rounds})} programs, {len(unarmed)} tests, {len(failed)} requests failed: "
          + ", ".join(f"{count} {end}" for end, count in ends.most_common()) + f"; {done:.1%} of {requests} requests")
    return {"requests": requests, "share": round(done, 4), "programs": len({one.program for one in rounds}), "tests": len(unarmed), "failed": len(failed), "ends": dict(ends),
            "bad": [one._asdict() for one in bad], "broken": broken}


def write_faults(is_for_good, told):
    """The row in the table of all faults."""
    results.add({"kind": "no memory, at each single request for it", "runs": told["failed"],
                 "scenario": "every unit test, and none from then on" if is_for_good else "every unit test",
                 "survived": sum(told["ends"].get(end, 0) for end in GOOD)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--for-good", action="store_true")
    parser.add_argument("--go-on", action="store_true")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    if len(options.programs) == 3 and options.programs[2].isdigit():
        build(SANITIZED)
        name, row, at = options.programs
        for one in alone((name, programs(SANITIZED)[name]), row, at, options.for_good):
            print(f"{one.end}: request {one.at} from {one.place}: {one.text}")
        return 0
    built = SANITIZED if options.sanitized else PLAIN
    build(built)
    began = time.monotonic()
    wanted = {name: one for name, one in programs(built).items() if not options.programs or name in options.programs}
    folder = ROUNDS + ("-some" if options.most else "")
    for made in (ROUNDS, folder):
        os.makedirs(made, exist_ok=True)
    rounds, broken = torture_all(wanted, options, folder)
    rounds = wait_again(rounds, wanted, options.for_good)
    look_closer(rounds, options.for_good)
    told = say(rounds, broken)
    told["seconds"] = round(time.monotonic() - began)
    with open(RESULT, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=1)
    if not options.programs and not options.most:
        write_faults(options.for_good, told)
    bad = len(told["bad"]) + len(told["broken"])
    print(f"{told['seconds']} s\n{told['failed'] + told['tests'] - len(told['bad'])} passed, {bad} failed")
    return 1 if bad or not told["tests"] else 0


if __name__ == "__main__":
    sys.exit(main())
