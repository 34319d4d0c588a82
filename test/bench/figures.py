#!/usr/bin/python3
"""What the operator takes: memory and CPU with N channels, idle and at work, and how soon it answers.

    test/bench/figures.py [--channels 1000] [--changes 200]

Brings up a cluster of its own (named figures) with an audit log, runs the operator's release build (`make`; or SLUICE_BINARY) beside it, makes N
channels with a workload each in namespaces of ten, and prints a table. Latency is from the apiserver's answer to the
writer of a Promotion to the arrival of the operator's first PATCH for it, both as the apiserver's audit log has them. These are
figures of one machine on one day: to be compared within one run, not across machines. Not a test: nothing fails here.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))
import cluster  # noqa: E402
import operating  # noqa: E402
import programs  # noqa: E402

NAME = "figures"
TICKS = os.sysconf("SC_CLK_TCK")


def memory_mib(pid):
    """Resident memory now, and the most there ever was."""
    with open(f"/proc/{pid}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return tuple(int(lines[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def idle(operator, seconds):
    """CPU time in percent of one core, and wake-ups a minute, over these seconds."""
    def switches():
        with open(f"/proc/{operator.process.pid}/status") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
    before, waked = cpu_s(operator.process.pid), switches()
    time.sleep(seconds)
    return (cpu_s(operator.process.pid) - before) / seconds * 100, (switches() - waked) * 60 / seconds


def audit_log():
    """The cluster's folder is the one that holds users/, and in it the kubeconfig."""
    return os.path.join(os.path.dirname(os.path.dirname(os.environ["KUBECONFIG"])), "audit.log")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def latencies_ms(log, prefix):
    """For each Promotion of that prefix: from the answer to its maker to the operator's first PATCH of its status."""
    made, answered = {}, {}
    with open(log) as file:
        for line in file:
            event = json.loads(line)
            target = event.get("objectRef", {})
            key = target.get("namespace"), target.get("name", "")
            if target.get("resource") != "promotions" or not key[1].startswith(prefix) or event["verb"] != "patch":
                continue
            if target.get("subresource") == "status":
                answered.setdefault(key, moment(event["requestReceivedTimestamp"]))
            elif event["stage"] == "ResponseComplete":
                made[key] = moment(event["stageTimestamp"])
    return sorted((answered[key] - made[key]) * 1000 for key in answered if key in made)


def percentile(values, percent):
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


def fill(api, count):
    """count channels, each with a Deployment without replicas; ten in a namespace."""
    for i in range(count):
        namespace = f"figures-{i // 10}"
        if i % 10 == 0:
            api.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        name = f"web-{i % 10}"
        api.create(f"/apis/apps/v1/namespaces/{namespace}/deployments",
                   operating.workload("Deployment", name, channel=name, replicas=0))
        api.create(cluster.channels(namespace), operating.channel(
            name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}]))


def promote(api, channels, digest, prefix, pause_s):
    """One promotion to each of these channels, by server-side apply under a known name."""
    for i in channels:
        body = operating.by_digest(f"{prefix}-{i}", digest, to=f"web-{i % 10}")
        api.apply(cluster.promotions(f"figures-{i // 10}", f"{prefix}-{i}"), body)
        time.sleep(pause_s)
    cluster.eventually("all promotions succeeded", lambda: all_succeeded(api, prefix, len(channels)), patience_s=600, pause_s=1)


def all_succeeded(api, prefix, count):
    items = api.get(f"{cluster.GROUP}/promotions")["items"]
    done = [one for one in items if one["metadata"]["name"].startswith(prefix) and one.get("status", {}).get("phase") == "Succeeded"]
    return len(done) == count


def inside(arguments):
    cluster.install()
    api, digest = cluster.api(), operating.Images.web("1.0.0")
    operator = operating.Operator(flags=("--log-level", "warn")).start()
    rows = []
    try:
        rows.append(("resident memory, empty cluster", "%.1f MiB" % memory_mib(operator.process.pid)[0]))
        fill(api, arguments.channels)
        cluster.eventually("every channel has a status", lambda: all(
            one.get("status") for one in api.get(f"{cluster.GROUP}/releasechannels")["items"]), patience_s=600, pause_s=1)
        count = arguments.changes
        promote(api, range(count), digest, "calm", pause_s=0.3)
        spent = cpu_s(operator.process.pid)
        promote(api, range(count, 2 * count), digest, "busy", pause_s=0.02)
        spent = cpu_s(operator.process.pid) - spent
        rows.append((f"{count} promotions, 50 a second: CPU of the operator", "%.2f s, %.1f ms each" % (spent, spent / count * 1000)))
        time.sleep(2)  # the log is written in batches
        for prefix, rate in (("calm", 3), ("busy", 50)):
            found = latencies_ms(audit_log(), prefix)
            rows.append((f"Promotion made → operator's PATCH arrives, {rate} a second", "p50 %.1f ms, p99 %.1f ms (%d)" % (
                percentile(found, 50), percentile(found, 99), len(found))))
        time.sleep(20)
        percent, wakes = idle(operator, 60)
        now, peak = memory_mib(operator.process.pid)
        rows.append((f"resident memory, {arguments.channels} channels and workloads", "%.1f MiB (peak %.1f)" % (now, peak)))
        rows.append(("idle: CPU of one core, wake-ups a minute", "%.2f %%, %.0f" % (percent, wakes)))
        operator.stop()
        began = time.monotonic()
        operator.start()
        now, peak = memory_mib(operator.process.pid)
        rows.append(("start to ready with all that", "%.0f ms" % ((time.monotonic() - began) * 1000)))
        rows.append(("resident memory after a fresh start", "%.1f MiB (peak %.1f)" % (now, peak)))
    finally:
        operator.finish()
    for name, value in rows:
        print(f"{name:55} {value}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--channels", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=200)
    arguments = parser.parse_args()
    if os.environ.get("SLUICE_NETNS"):
        inside(arguments)
        return 0
    os.environ.setdefault("SLUICE_BINARY", programs.SLUICE)
    subprocess.run([cluster.DEVCLUSTER, "up", NAME, "--audit", "--no-metrics", "--no-dns"], check=True)
    try:
        return subprocess.run([cluster.DEVCLUSTER, "exec", NAME, "--", sys.executable, *sys.argv]).returncode
    finally:
        subprocess.run([cluster.DEVCLUSTER, "down", NAME], check=True)


if __name__ == "__main__":
    sys.exit(main())
