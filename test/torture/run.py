#!/usr/bin/python3
"""Every request for memory of every unit test fails once, and the result into build/torture.json and build/faults.json.

    test/torture/run.py                        every program, every request; two at a time
    test/torture/run.py --most 3 --seed 7      no more than three requests of each test, chosen by the seed
    test/torture/run.py test_kube_lease        only these programs
    test/torture/run.py test_kube_lease takes_the_lease:2 31
                                               one round alone, with all that it says: program, test and row, request
    test/torture/run.py --for-good             a request fails, and all that come after it
    test/torture/run.py --seconds 3000         so long; then it says what share of all is done
    test/torture/run.py --go-on                what was stopped goes on, but for programs that were built anew since

Of each test some requests fail, then twice as many, and so on; programs of which less was tried come first: whenever it is stopped, it has been everywhere.
A round ends well when the test passes, when one of its own assertions fails (it had expected success), or when the process leaves because
there is no memory. It does not when it crashes, leaks, or hangs, or when a sanitizer speaks. See failing.h and rounds.h.
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

BUILD = os.path.join(TREE, "build", "sanitized")
RESULT = os.path.join(TREE, "build", "torture.json")
ROUNDS = os.path.join(TREE, "build", "torture")  # what each share of a program told, and what the sanitizers said
LIBRARY = os.path.join(BUILD, "test", "torture", "libfailing.so")
LIBRARIES = "libuv.so:libcurl.so:libyaml-:libpcre2-:libmicrohttpd.so"
FIRST = 8  # requests of each test in the first pass
SHARES = 8  # of a program, so that the long ones do not run on alone in the end
TIMEOUT_S = 3 * 3600
GOOD = ("passed", "refused", "left")
SANITIZERS = {"ASAN_OPTIONS": "verify_asan_link_order=0:halt_on_error=1:abort_on_error=1:detect_leaks=1:fast_unwind_on_malloc=1",
              "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}

Round = collections.namedtuple("Round", "program test row at end place text")


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["meson", "setup", "--buildtype=debug", "-Db_sanitize=address,undefined", "-Db_lundef=false", BUILD],
                       cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD], cwd=TREE, check=True, stdout=subprocess.DEVNULL)


def programs():
    """name → its path and its environment: the unit tests that are C."""
    told = subprocess.run(["meson", "introspect", "--tests", BUILD], text=True, check=True, stdout=subprocess.PIPE).stdout
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
    return found


def write_ranges(path, folder):
    file = os.path.join(folder, os.path.basename(path) + ".ranges")
    with open(file, "w", encoding="utf-8") as out:
        out.writelines(f"{begin:x} {end:x} {whose}\n" for begin, end, whose in ranges(path))
    return file


def environment(own, ranges_file, **more):
    return {**os.environ, **own, **SANITIZERS, "LD_PRELOAD": LIBRARY, "FAILING_RANGES": ranges_file, "FAILING_LIBRARIES": LIBRARIES, **more}


def places(path, addresses):
    """offset → file:line of the call before it."""
    wanted = sorted(addresses)
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


def torture(share, most, options, until):
    """Goes on with a share; its exit code."""
    more = {"TORTURE": share.rounds, "TORTURE_SHARE": f"{share.number}/{SHARES}", "TORTURE_MOST": str(most),
            "TORTURE_SEED": str(options.seed), "TORTURE_UNTIL": str(until), **({"FAILING_FOR_GOOD": "1"} if options.for_good else {})}
    with open(share.log, "a", encoding="utf-8") as text:
        try:
            return subprocess.run([share.path], env=environment(share.own, share.ranges, **more), stdin=subprocess.DEVNULL, stdout=text,
                                  stderr=text, timeout=TIMEOUT_S, check=False).returncode
        except subprocess.TimeoutExpired:
            return 124


def tried(share):
    """How many lines its file has."""
    if not os.path.exists(share.rounds):
        return 0
    with open(share.rounds, "rb") as file:
        return sum(1 for _ in file)


def torture_all(wanted, options, folder):
    """Pass after pass, until nothing new is tried or the time is over; the rounds, and what did not come to its end."""
    found, broken = shares(wanted, options, folder), []
    random.Random(options.seed).shuffle(found)
    until = int(time.time()) + options.seconds if options.seconds else 0
    most = options.most or FIRST
    before = -1
    while before < (now := sum(map(tried, found))) and not (until and time.time() >= until):
        before = now
        by_program = collections.Counter()
        for share in found:
            by_program[share.name] += tried(share)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as lanes:
            jobs = [(share, lanes.submit(torture, share, most, options, until))
                    for share in sorted(found, key=lambda one: by_program[one.name])]
        broken += [f"{share.name} {share.number}: ended by {job.result()}" for share, job in jobs if job.result()]
        if options.most or broken:
            break
        most *= 2
    return [one for share in found if os.path.exists(share.rounds) for one in read_rounds(share.name, share.path, share.rounds)], broken


def alone(name, row, at, options):
    path, own = programs()[name]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "rounds")
        more = {"FAILING_FOR_GOOD": "1"} if options.for_good else {}
        subprocess.run([path], env=environment(own, write_ranges(path, folder), TORTURE=out, SUITE_ONLY=row, TORTURE_AT=at, **more), check=False)
        for one in read_rounds(name, path, out):
            print(f"{one.end}: request {one.at} from {one.place}: {one.text}")


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


def write_faults(kind, told):
    """The row of this kind in the table of all faults."""
    results.add({"kind": kind, "scenario": "every unit test", "runs": told["failed"],
                 "survived": sum(told["ends"].get(end, 0) for end in GOOD)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--for-good", action="store_true")
    parser.add_argument("--go-on", action="store_true")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    build()
    if len(options.programs) == 3 and options.programs[2].isdigit():
        return alone(*options.programs, options)
    began = time.monotonic()
    wanted = {name: one for name, one in programs().items() if not options.programs or name in options.programs}
    folder = ROUNDS + ("-some" if options.most else "")
    os.makedirs(folder, exist_ok=True)
    told = say(*torture_all(wanted, options, folder))
    told["seconds"] = round(time.monotonic() - began)
    with open(RESULT, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=1)
    if not options.programs and not options.most:
        write_faults("no memory for good" if options.for_good else "no memory once", told)
    bad = len(told["bad"]) + len(told["broken"])
    print(f"{told['seconds']} s\n{told['failed'] + told['tests'] - len(told['bad'])} passed, {bad} failed")
    return 1 if bad or not told["tests"] else 0


if __name__ == "__main__":
    sys.exit(main())
