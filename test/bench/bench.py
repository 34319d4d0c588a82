#!/usr/bin/python3
"""Sluice beside an operator on controller-runtime, reflectors of kube-rs, and curl: see docs/benchmarks.md, which this writes.

    test/bench/bench.py [--quick] [--rounds N] [--minutes N] [--sizes 100,1000,10000] [--no-company] [--page FILE]

As root; brings up clusters of its own, named bench and company. A whole run writes build/bench.json, and the page with its plots, docs/benchmarks.md;
one of a part writes both into build/side-by-side, or where --page says. Rounds are passes over all candidates, every second one in the other order. Nothing fails here but the
harness itself: goals that are missed are in the table.
"""

import argparse
import http.client
import json
import math
import os
import platform
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import candidate  # noqa: E402
import cluster  # noqa: E402
import curl  # noqa: E402
import goals  # noqa: E402
import objects  # noqa: E402
import operating  # noqa: E402
import own_cluster  # noqa: E402
import process  # noqa: E402
import programs  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402

NAME = "bench"
PEER = candidate.TUNED
SERVER_CORE = {0}
# of one round, which leave the others as they are
FAILURES = (AssertionError, cluster.ApiError, OSError, http.client.HTTPException, subprocess.SubprocessError, KeyError)
PAGE = os.path.join(programs.ROOT, "docs", "benchmarks.md")
SIZES = "100,1000,10000"


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def one_line(error):
    return " ".join(str(error).split())[:300]


def hold_server(is_held):
    """While somebody is measured the cluster has one core, and so have we; unless everybody may run anywhere."""
    is_held = is_held and len(candidate.CORE) == 1
    for pid in [*own_cluster.pids().values(), os.getpid()]:
        process.pin(pid, SERVER_CORE if is_held else set(range(os.cpu_count())))


class Run:
    """One apiserver, and all that is measured on it. figures: {size: {candidate: [a dictionary for each round]}}."""

    def __init__(self, arguments, paths):
        self.arguments, self.paths = arguments, paths
        self.api = cluster.api()
        groups = [word for group in cluster.OPERATOR_GROUPS for word in ("--group", group)]
        self.kubeconfig = cluster.devcluster("kubeconfig", cluster.OPERATOR, *groups).strip()
        self.curl = curl.Curl(self.kubeconfig)
        # the apiserver makes the cache of a kind when it is asked for first, and answers 429 meanwhile
        cluster.eventually("all kinds are served", lambda: [self.api.get(path + "resourceVersion=0") for path in curl.LISTS])
        self.digests = [operating.Images.web("1.0.0"), operating.Images.web("1.0.1")]
        self.candidates = [one for one in candidate.all_of({"kube-rs": None, **paths})
                           if (one.leads or "kube-rs" in paths) and (not arguments.only or one.name in arguments.only.split("; "))]
        self.figures, self.floor, self.once, self.profile = {}, {}, {}, None
        self.left_behind, self.void = None, []  # what promotions have to leave; rounds that count for nothing, and why

    def size(self, first, size):
        """Everything for one number of channels."""
        say(f"{size} channels are made")
        hold_server(False)
        objects.fill(first, size, self.digests[0])
        hold_server(True)
        plan = self.arguments.plan(size)
        self.figures[size] = {one.name: [] for one in self.candidates}
        self.floor[size] = {"lists": [], "lists_server_cpu_s": [], "watches": [], "patches": [], "calm_ms": [], "busy_ms": []}
        for k in range(self.arguments.rounds):
            if k and time.monotonic() > self.arguments.end:
                say(f"{k} rounds at {size}: there is no time for more")
                break
            self.one_floor(size, plan)
            for one in (self.candidates if k % 2 == 0 else reversed(self.candidates)):
                if k == 0 or not one.first_round_only:
                    self.one_round(one, size, plan) or self.one_round(one, size, plan)

    def one_round(self, one, size, plan):
        """Does it count?"""
        try:
            found = rounds.measure(one, self.kubeconfig, self.api, size, self.digests, plan)
        except FAILURES as error:
            self.void.append(f"{one.name} at {size}: {one_line(error)}")
            say(f"VOID {one.name} at {size}: {error}")
            return False
        brief = " ".join(f"{key}={value:.3g}" if isinstance(value, (int, float)) else f"{key} p50={goals.percentile(value, 50):.2f} p99={goals.percentile(value, 99):.2f}"
                         for key, value in found.items() if isinstance(value, (int, float)) or key.endswith("_ms") and value)
        say(f"{size} {one.name}: {brief}")
        unequal = found.pop("unequal") or self.compare(found)
        if unequal:
            self.void.append(f"{one.name} at {size}: {'; '.join(unequal)}")
            say("VOID " + self.void[-1])
        else:
            self.figures[size][one.name].append(found)
        return not unequal

    def compare(self, found):
        """In what its promotions differ from those of the first round."""
        if "state" not in found:
            return []
        kept = found.pop("state")
        if self.left_behind is None:
            self.left_behind = found["promotion_writes"], kept
        writes, state = self.left_behind
        differences = [one_line(f"{theirs} and not {ours}") for theirs, ours in zip(kept, state) if theirs != ours][:1]
        if writes != found["promotion_writes"]:
            differences.append(f"writes {found['promotion_writes']} and not {writes}")
        if len(kept) != len(state):
            differences.append(f"{len(kept)} objects and not {len(state)}")
        return differences

    def one_floor(self, size, plan):
        floor = self.floor[size]
        own_cluster.collect_garbage(self.api)
        before = own_cluster.apiserver_cpu_s()
        floor["lists"].append(self.curl.lists()[0])
        floor["lists_server_cpu_s"].append(own_cluster.apiserver_cpu_s() - before)
        own_cluster.collect_garbage(self.api)
        floor["watches"].append(self.curl.watches())
        floor["patches"].append(rounds.patches(self.curl, self.api, size, min(plan.busy, 300)))
        for key, rate, count in (("calm_ms", rounds.CALM_RATE, plan.calm), ("busy_ms", rounds.RATE, plan.busy)):
            if plan.calm:  # where latency is measured
                floor[key].append(rounds.echoes(self.curl, self.api, size, rate, count))
                say(f"{size} an echo at {rate}/s: p50 {goals.percentile(floor[key][-1], 50):.2f} ms, p99 {goals.percentile(floor[key][-1], 99):.2f} ms")
        say(f"{size} curl: lists {floor['lists'][-1]:.3f} s, watches {floor['watches'][-1]:.3f} s, a patch {floor['patches'][-1]:.3f} ms of CPU")

    def rarely(self, what, measure):
        """What is measured once for Sluice and for the peer: a dictionary for each."""
        for one in (one for one in self.candidates if one.name in ("sluice", PEER)):
            try:
                found = measure(one)
            except FAILURES as error:
                self.void.append(f"{one.name}, {what}: {one_line(error)}")
                say(f"VOID {self.void[-1]}")
                continue
            self.once.setdefault(one.name, {}).update(found)
            say(f"{one.name}, {what}: {found}")

    def allocations(self, size):
        plan = self.arguments.plan(size)
        self.rarely("requests for memory", lambda one: {
            "allocations": rounds.count_allocations(one, self.kubeconfig, self.api, size, plan, self.paths["preload"])})

    def profiles(self, size):
        """Of Sluice alone: what stands in the way of its goals."""
        sluice = next((one for one in self.candidates if one.name == "sluice"), None)
        synced = values(self, size, "sluice", "sync_s")
        if sluice and synced:
            self.profile = rounds.profiles(sluice, self.kubeconfig, self.api, size, self.arguments.plan(size), goals.median(synced))
            say(f"profiles: {self.profile}")

    def take_over(self):
        self.rarely("take-over", lambda one: {"take_over_s": rounds.take_over(one, self.kubeconfig, self.api)})

    def relist(self):
        self.rarely("forced relist", lambda one: rounds.relist(one, self.kubeconfig, lambda: hold_server(True)))


# ---- from figures to rows ----

def values(run, size, name, key):
    return [one[key] for one in run.figures[size].get(name, []) if key in one]


def latencies(run, size, name, key, percent):
    """One figure of each round."""
    return [goals.percentile(one[key], percent) for one in run.figures[size].get(name, []) if one.get(key)]


def rows_of(run, sizes):
    first, last = sizes[0], sizes[-1]
    def sides(key, size=last):
        return {"sluice": values(run, size, "sluice", key), "peer": values(run, size, PEER, key)}
    def least(tuned):
        return min(filter(None, tuned), key=goals.median, default=[])
    def synced():
        return {"sluice": values(run, last, "sluice", "sync_s"), "peer": least([values(run, last, name, "sync_s") for name in (PEER, candidate.LISTS)])}
    def late(key, percent):
        return {"sluice": latencies(run, last, "sluice", key, percent),
                "peer": least([latencies(run, last, name, key, percent) for name in (PEER, candidate.MANY)]),
                "floor": [goals.percentile(one, percent) for one in run.floor[last].get(key, [])]}
    def once(key):
        return {side: [run.once[name][key]] for side, name in (("sluice", "sluice"), ("peer", PEER)) if key in run.once.get(name, {})}
    floor = run.floor[last]
    one_round = goals.median(run.floor[first]["watches"])
    objects_ = f"{last:,} channels and {4 * last:,} children"
    Goal, Row = goals.Goal, goals.Row
    return [
        Row(f"Cold sync, {objects_}", "s", Goal(of_peer=0.5, of_floor=1.15, because="curl of the same lists"), **synced(), floor=floor["lists"]),
        Row("The same beside curl of lists that stream in", "s", Goal(), **synced(), floor=floor["watches"]),
        Row(f"Resident memory, {objects_}", "MiB", Goal(of_peer=1 / 8, at_most=48, unit="MiB"), **sides("resident_mib")),
        Row("Peak of the start ÷ steady", "", Goal(at_most=1.1), **{side: [p / r for p, r in zip(values(run, last, name, "peak_mib"), values(run, last, name, "resident_mib"))]
                                                                   for side, name in (("sluice", "sluice"), ("peer", PEER))}),
        Row("Peak of a forced relist ÷ steady", "", Goal(at_most=1.1), **once("relist_peak")),
        Row("CPU for 1,000 reconciles with one write each", "s", Goal(of_peer=0.25, of_floor=1.5, because="a curl PATCH loop"), **sides("busy_cpu_ms"), floor=floor["patches"]),
        Row("CPU of one promotion (7 writes, 2 Events)", "ms", Goal(), **sides("promotion_cpu_ms")),
        Row("Event → PATCH, idle, p50", "ms", Goal(), **late("calm_ms", 50)),
        Row("Event → PATCH, idle, p99", "ms", Goal(at_most=2, unit="ms"), **late("calm_ms", 99)),
        Row("Event → PATCH, 50 changes/s, p50", "ms", Goal(), **late("busy_ms", 50)),
        Row("Event → PATCH, 50 changes/s, p99", "ms", Goal(of_peer=0.5), **late("busy_ms", 99)),
        Row("Promotion → PATCH, 50 promotions/s, p99", "ms", Goal(of_peer=0.5), **late("promotion_ms", 99)),
        Row(f"Idle wake-ups a minute, {objects_}", "", Goal(at_most=40), **sides("wake_ups")),
        Row("Idle CPU in an hour", "s", Goal(), **sides("idle_cpu_s_h")),
        Row(f"Requests for memory for an event that changes nothing, {first} channels", "", Goal(at_most=2), **once("allocations")),
        Row(f"Start → ready, {first} channels, beyond one round of watches by curl", "ms", Goal(at_most=100, unit="ms"),
            sluice=[1000 * (value - one_round) for value in values(run, first, "sluice", "sync_s")],
            peer=[1000 * (value - one_round) for value in values(run, first, PEER, "sync_s")]),
        Row(f"Take-over after SIGKILL of the leader, {first} channels (the Lease lasts 15 s)", "s", Goal(at_most=16, unit="s"), **once("take_over_s")),
        Row("Image, as it is pulled", "MiB", Goal(at_most=12, unit="MiB"), sluice=[size for size in [programs.image_mib()] if size],
            peer=[programs.packed_mib(run.paths["peer"])]),
    ]


def plots_of(run, sizes):
    def series(cost, names):
        found = {}
        for name in names:
            costs = [cost(size, name) for size in sizes]
            if all(value is not None for value in costs):
                found[name] = costs
        return found
    def per_object(key, factor):
        def cost(size, name):
            found = values(run, size, name, key)
            return goals.median(found) * factor / (5 * size) if found else None
        return cost
    def as_it_is(key):
        def cost(size, name):
            found = values(run, size, name, key)
            return goals.median(found) if found else None
        return cost
    every = [one.name for one in run.candidates]
    leading = [one.name for one in run.candidates if one.leads]
    plots = [report.Plot("memory", "Resident memory for each object", "KiB", sizes, series(per_object("resident_mib", 1024), every)),
             report.Plot("sync", "Cold sync for each object", "µs", sizes, series(per_object("sync_s", 1e6), every)),
             report.Plot("change", "CPU for each change", "ms", sizes, series(as_it_is("busy_cpu_ms"), leading))]
    plots[1].series["curl"] = [goals.median(run.floor[size]["lists"]) * 1e6 / (5 * size) for size in sizes]
    return plots


def candidates_of(run, last):
    whats = {"cold sync, s": "sync_s", "CPU of the apiserver until ready, s": "sync_server_cpu_s", "CPU until ready, s": "sync_cpu_s", "CPU until it rests, s": "start_cpu_s", "resident, MiB": "resident_mib",
             "peak, MiB": "peak_mib", "CPU for a change, ms": "busy_cpu_ms", "CPU of a promotion, ms": "promotion_cpu_ms",
             "wake-ups a minute": "wake_ups", "idle CPU, s/h": "idle_cpu_s_h"}
    return {one.name: {what: goals.median(found) for what, key in whats.items() if (found := values(run, last, one.name, key))}
            for one in run.candidates}


def equality(run):
    """Did all do the same? A sentence for the page."""
    if run.void:
        return "**Rounds that count for nothing, and were made once more:** " + "; ".join(run.void) + "." + repeats(run) + lost(run)
    if not run.left_behind:
        return "Nobody promoted anything."
    writes = run.left_behind[0]
    return "They were equal in every round: " + ", ".join(f"{count} × {name}" for name, count in writes.items()) + "." + repeats(run) + lost(run)


def repeats(run):
    """How many applies met the guard's old pin, of each candidate: a sentence for the page."""
    counts = {one.name: sum(found.get("repeats", 0) for of_size in run.figures.values() for found in of_size[one.name])
              for one in run.candidates if one.leads}
    rounds_ = {one.name: sum(len(of_size[one.name]) for of_size in run.figures.values()) for one in run.candidates if one.leads}
    return (" Not counted there are applies of a workload that changed nothing, because the pin guard did not know the new pin yet, and that were sent again "
            "(their CPU time counts): " + ", ".join(f"{name} {count} in {rounds_[name]} rounds" for name, count in counts.items()) + ".")


def lost(run):
    """How many Events each candidate wrote: a sentence for the page."""
    told = {one.name: [found["events"] for of_size in run.figures.values() for found in of_size[one.name] if "events" in found]
            for one in run.candidates if one.leads}
    return (" Nor are Events compared: a recorder may lose some. The least and the most of a round: " +
            ", ".join(f"{name} {min(counts)} to {max(counts)}" for name, counts in told.items() if counts) + ".")


def rounds_of(run):
    """At each size there may have been time for another number of them."""
    sizes = {}
    for size, floor in run.floor.items():
        sizes.setdefault(len(floor["lists"]), []).append(f"{size:,}")
    return ", ".join(f"{count} rounds at {' and '.join(of_count)}" for count, of_count in sizes.items())


def facts(arguments, run):
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 2 ** 20
    return {"Machine": f"{os.cpu_count()} cores, {model}; {memory:.0f} GiB; Linux {platform.release()}",
            "Versions": ", ".join(f"{name} {version}" for name, version in programs.versions().items()) +
                        f", Kubernetes {run.api.get('/version')['gitVersion']}",
            "Run": ("Nobody was held to a core. " if arguments.anywhere else "") + f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {rounds_of(run)} channels; "
                   f"load of the machine at the start {arguments.load:.1f}, at the end {os.getloadavg()[0]:.1f}" + (arguments.note and f". {arguments.note}")}


def inside(arguments):
    paths = json.loads(os.environ["BENCH_PROGRAMS"])
    if arguments.anywhere:
        candidate.CORE = set(range(os.cpu_count()))
    cluster.install()
    cluster.devcluster("stop", "controller-manager")
    run = Run(arguments, paths)
    for first, size in zip([0, *arguments.sizes], arguments.sizes):
        run.size(first, size)
        if first == 0:
            run.allocations(size)
            run.take_over()
    run.profiles(arguments.sizes[-1])
    run.relist()
    say("done; the report is written")
    results = {"facts": facts(arguments, run), "equal": equality(run), "candidates": candidates_of(run, arguments.sizes[-1]),
               "figures": run.figures, "once": run.once, "profile": run.profile, "limit": candidate.MEMORY_LIMIT, "idle_s": arguments.plan(arguments.sizes[-1]).idle_s,
               "lists": {key: goals.median(run.floor[arguments.sizes[-1]][key]) for key in ("lists", "lists_server_cpu_s")}}
    company = os.environ.get("BENCH_COMPANY")
    if company and os.path.exists(company):
        with open(company) as file:
            told = json.load(file)
        results["company"], results["company_text"] = told, told["text"]
    rows = rows_of(run, arguments.sizes)
    report.write(results, rows, plots_of(run, arguments.sizes), arguments.folder, arguments.page)
    print(report.table(rows))
    print("\n" + results["equal"])


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few minutes: one round at 100 and 300 channels")
    parser.add_argument("--rounds", type=int, default=0, help="passes over all candidates at each size (default 7, with --quick 1)")
    parser.add_argument("--minutes", type=float, default=0, help="after so many no further round begins, but the first of a size; what else there is to do takes some ten more")
    parser.add_argument("--sizes", default="", help=f"numbers of channels, rising multiples of ten (default {SIZES})")
    parser.add_argument("--no-company", action="store_true", help="without the company's day on hollow nodes")
    parser.add_argument("--no-reflectors", action="store_true", help="without kube-rs")
    parser.add_argument("--only", default="", metavar="'NAME; NAME'", help="these candidates only, as in 'sluice; peer tuned'")
    parser.add_argument("--anywhere", action="store_true", help="hold nobody to a core: where other work goes on, for trying out the harness only")
    parser.add_argument("--page", default="", help="where the page goes")
    parser.add_argument("--note", default="", help="a remark on the run, for the page: what else ran on the machine")
    arguments = parser.parse_args()
    quick = arguments.quick
    is_whole = not (quick or arguments.sizes or arguments.no_company or arguments.no_reflectors or arguments.only or arguments.anywhere or arguments.page)
    arguments.rounds = arguments.rounds or (1 if quick else 7)
    arguments.sizes = [int(word) for word in (arguments.sizes or ("100,300" if quick else SIZES)).split(",")]
    arguments.page = os.path.abspath(arguments.page or (PAGE if is_whole else os.path.join(programs.FOLDER, "benchmarks.md")))
    arguments.folder = os.path.join(programs.ROOT, "build") if is_whole else os.path.dirname(arguments.page)
    arguments.load = os.getloadavg()[0]
    began = float(os.environ.setdefault("BENCH_BEGAN", str(time.monotonic())))  # also for the one inside the cluster
    arguments.end = began + arguments.minutes * 60 if arguments.minutes else math.inf
    much = rounds.Plan(calm=20, busy=200, promotions=30, idle_s=20, touches=200) if quick else rounds.Plan(
        calm=200, busy=500, promotions=60, idle_s=60, touches=500)
    # how cost grows is asked at every size, all else at the largest; no channel is edited twice, since a slow candidate would see one edit
    much.busy = min(much.busy, arguments.sizes[-1])
    arguments.plan = lambda size: much if size == arguments.sizes[-1] else rounds.Plan(busy=min(size, much.busy), touches=much.touches)
    return arguments


def company(arguments):
    """The company's day, on a cluster of its own. What becomes of it is in its file, and nothing if it fails."""
    os.environ["BENCH_COMPANY"] = os.path.join(programs.FOLDER, "company.json")
    if os.path.exists(os.environ["BENCH_COMPANY"]):
        os.remove(os.environ["BENCH_COMPANY"])
    if own_cluster.wait(subprocess.Popen([sys.executable, os.path.join(HERE, "company.py"), *(["--quick"] if arguments.quick else [])])):
        say("VOID the company's day")


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, own_cluster.end)
    if os.environ.get("SLUICE_NETNS"):
        inside(arguments)
        return 0
    os.environ["BENCH_PROGRAMS"] = json.dumps(programs.build(not arguments.no_reflectors))
    if not arguments.no_company:
        company(arguments)
    return own_cluster.run(NAME, "--audit", "--no-metrics", "--no-dns", *own_cluster.PROFILES)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
