#!/usr/bin/python3
"""Hours of churn under random faults: does the operator grow, does it lose anything?

    test/faults/soak.py --hours 0.5 [--seed N]

Brings up a cluster of its own (named soak) and runs two replicas of the release build, each behind a proxy of its own,
started again when they end as a kubelet does. Only the second is ever killed, so that the first grows old. Channels, promotions and whole namespaces come and go, people write foreign
images, scale, abort and delete; meanwhile replicas are killed, connections cut, answers delayed or replaced by 429 and
5xx, watches ended, the apiserver restarted. The rules:

    memory        resident memory grows by less than 1 % an hour (least squares, behind the warm-up of each process: a third of
                  the run, an hour at the most)
    descriptors   open file descriptors grow by less than one an hour, and not by more than 1 % beyond doubt
    lost          every promotion that was made ends, or was deleted; their counts are equal
    digests       no pod, pin, workload or status ever names a digest that was not promoted there
    ends          a replica ends by SIGKILL, or because it has lost the Lease, and by nothing else
    quarantine    nothing was put into quarantine

To a slope its doubt is added (two standard errors). A run whose doubt alone is as large as the limit does not know, and says so; one
of an hour and more has to know. The same seed makes the same choices. Writes build/soak.json, and a line of build/faults.json. Exit
status 1: a rule is broken, or it was too short to know.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
for folder in (HERE, os.path.join(HERE, "..", "cluster")):
    sys.path.insert(0, folder)
import cluster  # noqa: E402
import results  # noqa: E402
from operating import Images, Kept  # noqa: E402
from proxy import Proxy  # noqa: E402
from soak_churn import VERSIONS, Ledger, Plot, PodWatch  # noqa: E402
from soak_figures import Life, Slope, broken  # noqa: E402

NAME = "soak"
REPORT = os.path.join(cluster.ROOT, "build", "soak.json")
RELEASE = os.path.join(cluster.ROOT, "build", "release")
PLOTS = 4
SAMPLE_S = 2
DESCRIPTORS_LIMIT = 1  # an hour
RECORD_LIMIT = 256 << 20  # bytes; nobody reads the proxy's record here, but who looks for the cause of something
FAULT_PAUSE_S = (2, 12)
PORT = 18085


class Replica(Kept):
    """With its proxy, and the samples of each of its processes."""

    def __init__(self, number, binary):
        self.proxy = Proxy().start()
        super().__init__(f"soak-{number}", PORT + number, ("--leader-elect",), self.proxy.kubeconfig, binary)
        self.memory, self.descriptors, self._pid, self._born = [], [], None, 0.0

    def sample(self):
        if os.path.getsize(self.proxy.record) > RECORD_LIMIT:
            self.proxy.forget()
        pid = self.process.pid
        try:
            with open(f"/proc/{pid}/status") as file:
                resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
            count = len(os.listdir(f"/proc/{pid}/fd"))
        except (OSError, StopIteration):
            return  # it is ending
        now = time.monotonic()
        if pid != self._pid:
            self._pid, self._born = pid, now
            self.memory.append(Life())
            self.descriptors.append(Life())
        self.memory[-1].add(now - self._born, resident)
        self.descriptors[-1].add(now - self._born, count)

    def finish(self):
        try:
            super().finish()
        finally:
            self.proxy.finish()


class Sampler(threading.Thread):
    def __init__(self, replicas, is_over):
        super().__init__(name="sampler", daemon=True)
        self._replicas, self._is_over = replicas, is_over

    def run(self):
        while not self._is_over.wait(SAMPLE_S):
            for replica in self._replicas:
                replica.sample()


class Faults(threading.Thread):
    """One after the other, by chance; none lasts for longer than some seconds."""

    def __init__(self, replicas, seed, is_over):
        super().__init__(name="faults", daemon=True)
        self._replicas, self._is_over = replicas, is_over
        self._chance = random.Random(f"{seed} faults")
        self.counts, self.broken = {}, []

    def run(self):
        chosen = [self._kill, self._sever, self._hush, self._end_watches, self._refuse, self._refuse, self._delay, self._cut, self._goaway]
        while not self._is_over.wait(self._chance.uniform(*FAULT_PAUSE_S)):
            fault = self._restart_apiserver if self._chance.random() < 0.03 else self._chance.choice(chosen)
            name = fault.__name__[1:].replace("_", " ")
            try:
                fault(self._chance.choice(self._replicas))
                self.counts[name] = self.counts.get(name, 0) + 1
            except Exception as error:  # a harness that fails is no finding, and has to be seen
                self.broken.append(f"{name}: {type(error).__name__}: {error}")

    def _for_a_while(self, replica, match, action):
        rule = replica.proxy.rule(match, action)
        self._is_over.wait(self._chance.uniform(1, 5))
        rule.release()

    def _kill(self, _):
        self._replicas[1].kill()

    def _sever(self, replica):
        replica.proxy.sever()

    def _hush(self, replica):
        replica.proxy.hush()

    def _end_watches(self, replica):
        replica.proxy.end_watches()

    def _refuse(self, replica):
        code = self._chance.choice((409, 429, 500, 502, 503, 504))
        headers = {"Retry-After": "1"} if code in (429, 503) else {}
        self._for_a_while(replica, {"method": ["PATCH", "POST", "GET", "DELETE"]}, {"kind": "answer", "code": code, "headers": headers, "body": ""})

    def _delay(self, replica):
        self._for_a_while(replica, {}, {"kind": "delay", "ms": self._chance.choice((20, 200, 1500))})

    def _cut(self, replica):
        replica.proxy.rule({"write": True, "times": 1}, {"kind": "cut", "byte": self._chance.choice((0, 10, 300))})

    def _goaway(self, replica):
        replica.proxy.rule({"write": True, "times": 1}, {"kind": "goaway"})

    def _restart_apiserver(self, _):
        cluster.devcluster("stop", "apiserver", "--kill")
        for is_last in (False, False, True):  # a machine that has much else to do may take longer than the tool waits
            try:
                cluster.devcluster("start", "apiserver")
                return
            except AssertionError:
                if is_last:
                    raise


class Soak:
    def __init__(self, hours, seed, binary):
        self.hours, self.seed = hours, seed
        digests = {version: Images.web(version) for version in VERSIONS}
        self.ledger = Ledger(digests, Images.web("9.9.9"))
        self.replicas = [Replica(number, binary) for number in (1, 2)]
        self._churn_over, self._faults_over, self._all_over = (threading.Event() for _ in range(3))
        self.faults = Faults(self.replicas, seed, self._faults_over)
        self._plots = [Plot(number, seed, self.ledger, self._churn_over) for number in range(PLOTS)]
        self._others = [Sampler(self.replicas, self._all_over), PodWatch(self.ledger, self._all_over)]

    def run(self):
        try:
            for replica in self.replicas:
                replica.start()
            for thread in (*self._others, *self._plots, self.faults):
                thread.start()
            self._wait()
            self._churn_over.set()
            for plot in self._plots:
                plot.join()
            self._faults_over.set()
            self.faults.join()
            quarantined = self._quarantined()
            self._all_over.set()
            for thread in self._others:
                thread.join()
            return self._report(quarantined)
        finally:
            for event in (self._churn_over, self._faults_over, self._all_over):
                event.set()
            for replica in self.replicas:
                replica.finish()

    def _wait(self):
        end = time.monotonic() + self.hours * 3600
        while time.monotonic() < end:
            time.sleep(min(60, max(0.0, end - time.monotonic())))
            ledger = self.ledger
            print(f"{(end - time.monotonic()) / 60:6.1f} min to go: {ledger.made} promotions made, {ledger.ended} ended, {len(ledger.wrong)} wrong; "
                  f"faults {sum(self.faults.counts.values())}", flush=True)

    def _quarantined(self):
        return sum(cluster.eventually("a replica answers", lambda one=one: [one.metric("sluice_quarantined_objects")])[0] for one in self.replicas)

    def _bad_ends(self):
        """Ends that were neither a kill of ours nor the loss of the Lease (1)."""
        return [f"{one.identity} ended with {code}" for one in self.replicas for code in one.codes if code not in (-9, 1)]

    def _report(self, quarantined):
        ledger = self.ledger
        warm_up_s = min(3600, self.hours * 1200)
        memory = Slope([life for one in self.replicas for life in one.memory], warm_up_s)
        descriptors = Slope([life for one in self.replicas for life in one.descriptors], warm_up_s, DESCRIPTORS_LIMIT)
        is_counted = ledger.made == ledger.ended + ledger.deleted
        rules = {"memory": memory.is_flat(), "descriptors": descriptors.is_flat(), "lost": is_counted,
                 "digests and ends of promotions": not ledger.wrong, "ends": not self._bad_ends(), "quarantine": quarantined == 0,
                 "harness": not self.faults.broken}
        found = broken(rules, self.hours)
        return {
            "hours": self.hours, "seed": self.seed, "rules": rules, "is_well": not found,
            "memory_kib": memory.row(), "descriptors": descriptors.row(),
            "promotions": {"made": ledger.made, "ended": ledger.ended, "deleted": ledger.deleted, "phases": ledger.phases},
            "namespaces": ledger.namespaces, "pods": ledger.pods_seen, "faults": self.faults.counts,
            "restarts": sum(len(one.codes) for one in self.replicas),
            "memory_by_minute": {one.identity: [[(round(hours * 60, 1), round(kib)) for hours, kib in life.blocks(0)] for life in one.memory]
                                 for one in self.replicas},
            "wrong": ledger.wrong + self._bad_ends() + self.faults.broken + found,
        }


def say(report):
    def slope(row):
        error = "no standard error yet" if row["standard_error"] is None else f"± {row['standard_error']} (standard error)"
        doubt = "; too short to know whether it grows" if row["is_flat"] is None else ""
        return f"{row['percent_per_hour']:+} % an hour {error}, mean {row['mean']}, {row['blocks']} blocks of {row['lives']} lives{doubt}"
    print(f"memory (KiB): {slope(report['memory_kib'])}")
    print(f"descriptors:  {slope(report['descriptors'])}")
    for name in ("promotions", "namespaces", "pods", "faults", "restarts"):
        print(f"{name}: {report[name]}")
    for sentence in report["wrong"]:
        print(f"wrong: {sentence}")
    words = {True: "holds", False: "IS BROKEN", None: "is not known"}
    print("rules: " + ", ".join(f"{name} {words[holds]}" for name, holds in report["rules"].items()))


def soak(hours, seed, binary):
    """Runs it in the cluster that is there; the report."""
    cluster.install()
    report = Soak(hours, seed, binary).run()
    promotions = report["promotions"]
    survived = promotions["ended"] + promotions["deleted"]
    results.add({"kind": "soak", "scenario": f"churn and random faults for {hours * 60:g} minutes", "runs": promotions["made"],
                 "survived": survived if report["is_well"] else min(survived, promotions["made"] - 1)})
    os.makedirs(os.path.dirname(REPORT), exist_ok=True)
    with open(REPORT, "w") as file:
        json.dump(report, file, indent=1)
    return report


def release_build():
    if not os.path.exists(os.path.join(RELEASE, "build.ninja")):
        subprocess.run(["meson", "setup", "--buildtype=release", "-Dtests=false", RELEASE], check=True)
    subprocess.run(["ninja", "-C", RELEASE, "controller/sluice"], check=True)
    return os.path.join(RELEASE, "controller", "sluice")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    arguments = parser.parse_args()
    if cluster.is_inside():
        cluster.end_in_order()
        report = soak(arguments.hours, arguments.seed, os.path.join(RELEASE, "controller", "sluice"))
        say(report)
        return 0 if report["is_well"] else 1
    print(f"seed {arguments.seed}", flush=True)
    release_build()
    sys.argv[1:] = ["--hours", str(arguments.hours), "--seed", str(arguments.seed)]
    return cluster.inside(NAME, ["--no-metrics", "--no-dns"], always_own=True)


if __name__ == "__main__":
    sys.exit(main())
