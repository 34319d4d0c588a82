"""What was measured, for people: bench.json, the page in the documents, the plots."""

import json
import math
import os

import candidate
import cpu_profile
import goals

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 620, 340, 70, 50, 30, 150
LINEAR = 1.05  # an exponent up to this is taken for one: the figures are not so exact
COLOURS = ["#1f5fa8", "#c2571a", "#7a3e9d", "#2d7d46", "#666666"]


def number(value, unit=""):
    if value is None:
        return "–"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f}" + (f" {unit}" if unit else "")


def ratio(value):
    return "–" if value is None else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def table(rows):
    lines = ["| benchmark | Sluice ÷ peer | Sluice ÷ floor | goal | met | Sluice | peer, tuned | floor | spread (Sluice, peer, floor) |",
             "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        one = row.as_json()
        met = {True: "yes", False: "**no**", None: "–"}[one["met"]] if one["goal"] != "none" else ""
        spread = ", ".join(f"{one['spread'][side] * 100:.0f} %" for side in ("sluice", "peer", "floor") if len(one["rounds"].get(side, [])) > 1) or "one round"
        lines.append(f"| {row.name} | {ratio(one['ratio'])} | {ratio(one['ratio_floor'])} | {one['goal'] if one['goal'] != 'none' else '–'} | {met} "
                     f"| {number(one['sluice'], row.unit)} | {number(one['peer'], row.unit)} | {number(one['floor'], row.unit)} | {spread} |")
    return "\n".join(lines)


class Plot:
    """Cost per object over the number of channels, both axes logarithmic: level is linear cost."""

    def __init__(self, name, title, unit, sizes, series):
        self.name, self.title, self.unit, self.sizes = name, title, unit, sizes
        self.series = {key: values for key, values in series.items() if len(values) == len(sizes) and all(v > 0 for v in values)}

    def fits(self):
        """The exponent of the whole cost over the number of objects: that of the cost per object, and one."""
        return {key: 1 + (goals.exponent(self.sizes, values) or 0) for key, values in self.series.items()}

    def last_step(self):
        """The same over the two largest sizes alone, where what everybody takes at the start no longer hides how cost grows."""
        return {key: 1 + (goals.exponent(self.sizes[-2:], values[-2:]) or 0) for key, values in self.series.items()}

    def told(self):
        """What the plot shows, in a sentence."""
        above = [f"{key} n^{value:.2f}" for key, value in self.last_step().items() if value > LINEAR]
        step = f"From {self.sizes[-2]:,} to {self.sizes[-1]:,} channels" if len(self.sizes) > 1 else "At one size"
        return f"{step} the cost of all objects grows faster than their number for: {', '.join(above)}." if above else f"{step} nothing grows faster than linear."

    def svg(self):
        every = [value for values in self.series.values() for value in values]
        low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)) + 1e-9)
        high = max(high, low + 1)
        first, last = math.log10(self.sizes[0]), math.log10(self.sizes[-1])
        x = lambda size: LEFT + (math.log10(size) - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)
        y = lambda value: HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
               f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
               f'<text x="{LEFT}" y="18" font-weight="bold">{self.title}, {self.unit}</text>']
        for power in range(low, high + 1):
            out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(10 ** power):.1f}" y2="{y(10 ** power):.1f}" stroke="#ddd"/>')
            out.append(f'<text x="{LEFT - 8}" y="{y(10 ** power) + 4:.1f}" text-anchor="end">{10 ** power:g}</text>')
        for size in self.sizes:
            out.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{size:,}</text>')
        out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">channels, each with 4 children</text>')
        fits = self.fits()
        for k, (key, values) in enumerate(self.series.items()):
            colour = COLOURS[k % len(COLOURS)]
            points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in zip(self.sizes, values))
            out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
            out += [f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>' for size, value in zip(self.sizes, values)]
            out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{TOP + 16 + 34 * k}" fill="{colour}">{key}</text>')
            out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{TOP + 30 + 34 * k}" fill="{colour}" font-size="10">cost ~ n^{fits[key]:.2f}</text>')
        return "\n".join([*out, "</svg>", ""])


PAGE = """# How fast, and beside what

What does Sluice take of a machine, and how soon does it act? This page puts it beside an operator that does the same work and is written in the usual way, in
Go on controller-runtime; beside kube-rs, for what a copy of the cluster's objects takes; and beside curl, as the least that the same requests can cost. All
of them ran one after the other in one run on one machine, so what counts are the ratios: the times and sizes are there to see what the ratios are of.

Written by `make bench`; not by hand.

{machine}

## Goals, met and missed

{table}

- **Sluice ÷ peer** below 1: Sluice takes less. Each figure is the median of its rounds. A dash: not measured, or nothing to compare with.
- **Peer, tuned** is `test/bench/peer`, the operator in Go, with caches that hold no more than it needs. It has one worker, as is the default; for latency it is
  whichever answers sooner of that and of sixteen, as many as Sluice has at once. For cold sync it is whichever is ready sooner: with lists that stream in,
  as is its default, or with plain ones.
- **Floor** is curl: the same lists over one connection, the same writes on one connection; for latencies it is an echo (`test/bench/echo.py`), which has curl's watch and
  writes at once, over four connections, that it has seen what came: it decides nothing.
- **Spread** is the distance between the greatest and the least round (of four and more rounds: between the quartiles), as a share of the median. A ratio that is
  closer to its goal than that may fall on the other side in the next run. One round: the forced relist, and at the smallest size the requests for memory and the
  take-over.
{why}
## Every candidate

{candidates}

`peer` is the operator in Go as the documentation of controller-runtime advises it, without tuning; no goal is held against it, and it had
one round. `kube-rs` is no operator: it holds the objects and does
nothing with them.

## How cost grows

{plots}

{company}
## How it is measured

- One apiserver and one etcd. They and whoever writes have core 0, the candidate has core 1 for itself. One candidate at a time, in the order A B C, then C B A.
- The same objects, the same rights, the same field manager, server-side apply, leader election, metrics and health on. No controller of the cluster runs.
- Standing channels have a Deployment, an autoscaler, a Service and a finished Promotion. An edit changes a channel's spec so that exactly one write of its status follows.
- A promotion is of a digest, into a channel with one CronJob: two writes of the channel's status, three of the promotion's, the pins, the workload, two Events; and one question to the registry.
- Writes are counted in the apiserver's audit log, and what promotions leave behind is compared field by field, moments aside. A round in which either differs counts for nothing. {equal}
- Promotions, idle time and latency are measured at the largest size only; start, memory and CPU for each change at every size.
- Before each cold sync and each measure of latency the apiserver collects its garbage (`/debug/pprof/heap?gc=1`): with so many objects that takes it as long as the lists
  themselves, about every second time, and whoever comes then would pay for both. Who makes so much garbage that it begins again meanwhile pays for that.
- The floor comes first in each round. Its lists are asked for as Sluice does, a page of each kind.
- Latency is from the apiserver's answer to whoever wrote to the arrival of the operator's PATCH, both as the audit log has them. The log has whole requests of the
  apiserver in it, so it is never below what the network and the apiserver take.
- Wake-ups are voluntary context switches of all threads. They and idle CPU are counted for {idle_s} s. Memory is VmRSS and VmHWM. CPU is what the scheduler counts for the process, kernel included.
- A forced relist: a candidate that has synced and does not lead is stopped, the apiserver is killed and started; the candidate goes on and lists again; that it did is seen in the audit log.

## What is unfair, and to whom

- To the peer: it has one core. Go's collector would use a second one, and many workers would as well.
- To the peer: it reads its own writes (`EnableReadYourWritesConsistency`, off by default), so that it does as many as Sluice and no more: a worker waits until its cache has them.
- To the peer: it says that it is ready up to 100 ms late, since its library looks that often whether its caches have synced; at the smallest size that is a part of its start.
- To Sluice: of the peer's image only the program is weighed.
- To the peer: a Go program keeps memory for a while before it gives it back. Its limit (GOMEMLIMIT) is {limit}; a lower one would cost CPU.
- To the peer: it renews its Lease every 2 s, as its library does by default, and Sluice every 5 to 5.5 s. That is a part of its wake-ups when idle, and of its CPU.
- To Sluice: the peer reads the built-in kinds as protobuf, as its client does by default; Sluice reads JSON.
- To Sluice: the peer knows the channels, promotions and workloads that the benchmarks have, and nothing of gates, windows, approvals or signatures.
- To kube-rs: it compares in memory and cold sync alone, and keeps all of an object but managedFields and what was last applied; the tuned peer and Sluice keep what they need.
- To everybody: core 0 carries the apiserver, etcd and the writers, so that at 50 changes a second the apiserver is part of every latency.

## Again

As root, with Go and cargo, on a machine with nothing else to do:

```sh
make image bench                                    # two hours; writes this page and build/bench.json
make image bench BENCH="--minutes 90"               # the same with as many rounds as there is time for
make bench-quick                                    # some minutes, small; build/side-by-side/benchmarks.md
make bench BENCH="--sizes 1000 --rounds 7 --no-company --page /tmp/benchmarks.md"    # one question; see test/bench/bench.py --help
```
"""


# Of what may be missed, what stands in the way; {…} are medians at the largest size.
WHY = {
    "Cold sync": """the apiserver is what is waited for. Its CPU time is {server} s for Sluice, {peer_server} s for the peer and {lists_server} s for curl, which does nothing with what it
  reads, and it has one core; Sluice itself uses {own} s meanwhile. Of the apiserver's CPU time in one more cold sync of Sluice's (pprof): {sync_profile}. Only custom resources have no
  encoding but JSON; of the built-in kinds the peer asks for protobuf. Half of the peer's time would take an apiserver that does less for the same objects.""",
    "Event → PATCH": """an echo, which answers each change at once and decides nothing, takes {floor} ms. So late is the apiserver for anybody: it shares a core with etcd and
  the writer. What Sluice takes beyond that, where it does, is its own and is not explained by this. At 50 changes a second it uses {busy_core} of that core, by itself (pprof): {busy_profile}.""",
    "Idle wake-ups": """eleven or twelve renewals of the Lease a minute are each an answer, and a timer unless something else is awake within half a second; the apiserver sends
  a bookmark of each kind each minute; the others are the question whether the apiserver is still there, and its answer.""",
    "CPU for": """of Sluice's CPU time at 50 changes a second (perf): {own_profile}. What is below Sluice's own code is sleeping and waking, TLS, HTTP/2, and libcurl, which visits each stream of a
  connection for whatever arrives on it; a profile by work is in [ARCHITECTURE.md](../ARCHITECTURE.md#where-the-cpu-of-a-reconcile-goes). curl's loop writes, and watches nothing: an edit comes as an event of a watch, and
  the write comes back as another.""",
}


def why(rows, results):
    """For each goal that is missed what is known of the reason."""
    candidates, lists = results["candidates"], results["lists"]
    server = "CPU of the apiserver until ready, s"
    peer = min((candidates[name] for name in (candidate.TUNED, candidate.LISTS) if name in candidates), key=lambda one: one.get("cold sync, s", 0), default={})
    figures = {"server": number(candidates.get("sluice", {}).get(server)), "peer_server": number(peer.get(server)),
               "own": number(candidates.get("sluice", {}).get("CPU until ready, s")), "lists_server": number(lists["lists_server_cpu_s"])}
    profile = results.get("profile") or {"busy_core": 0}
    figures.update({f"{name}_profile": cpu_profile.shares(profile.get(name, {})) or "not measured" for name in ("sync", "busy", "own")},
                   busy_core=f"{profile['busy_core'] * 100:.0f} %")
    missed = [row for row in rows if row.as_json()["met"] is False]
    told = [f"- **{row.name}**: {text.format(**figures, floor=number(row.side('floor')))}"
            for row in missed for key, text in WHY.items() if row.name.startswith(key)]
    return "\n### What stands in the way\n\n" + "\n".join(told) + "\n" if told else ""


def machine(facts):
    return "\n".join(f"- {key}: {value}" for key, value in facts.items())


def candidates_table(candidates):
    """candidates: {name: {what: value}}, the medians at the largest size."""
    names = list(candidates)
    whats = list(dict.fromkeys(what for one in candidates.values() for what in one))
    lines = ["At the largest size, as a multiple of Sluice:", "", "| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for what in whats:
        base = candidates.get("sluice", {}).get(what)
        cells = ["–" if one.get(what) is None or not base else f"{one[what] / base:.2f}" for one in candidates.values()]
        lines.append(f"| {what} (Sluice: {number(base)}) | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(results, rows, plots, folder, page):
    """bench.json into folder; where page is named, that page and the plots beside it."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "bench.json"), "w") as file:
        json.dump({"facts": results["facts"], "rows": [row.as_json() for row in rows], "equal": results["equal"], "company": results.get("company"),
                   "fits": {plot.name: plot.fits() for plot in plots}, "last_step": {plot.name: plot.last_step() for plot in plots},
                   **{key: results.get(key) for key in ("figures", "once", "profile")}}, file, indent=1)
    pictures = os.path.join(os.path.dirname(page), "bench")
    os.makedirs(pictures, exist_ok=True)
    shown = []
    for plot in plots:
        if not plot.series:
            continue
        with open(os.path.join(pictures, plot.name + ".svg"), "w") as file:
            file.write(plot.svg())
        shown.append(f"![{plot.title}](bench/{plot.name}.svg)\n\n{plot.told()}")
    with open(page, "w") as file:
        file.write(PAGE.format(machine=machine(results["facts"]), table=table(rows), why=why(rows, results), candidates=candidates_table(results["candidates"]),
                               plots="\n\n".join(shown) or "One size only was measured.", company=results.get("company_text", ""), equal=results["equal"],
                               limit=results["limit"], idle_s=results["idle_s"]))
