#!/usr/bin/python3
"""A company's day: 30 services in five channels, on hollow nodes, and one release from the push to the last channel.

    test/bench/company.py [--quick]

Brings up a cluster of its own (named company) whose pods become Ready without containers. Five channels follow each other, from Develop to Stable; each pins 30
Deployments of 15 artifacts, seven pods each: 1,050 containers. A first release is rolled out everywhere; then the next one is pushed, and
nobody does anything more. Writes build/side-by-side/company.json: for each channel the seconds from the end of the push until all pins were stated, and until all
pods were Ready with them.
"""

import argparse
import json
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import cluster  # noqa: E402
import operating  # noqa: E402
import own_cluster  # noqa: E402
import process  # noqa: E402
import programs  # noqa: E402

NAME = "company"
STAGES = ["develop", "integration", "staging", "beta", "stable"]
ARTIFACTS, WORKLOADS = 15, 30
INTAKE_S = 10


def artifact(k):
    return f"part-{k % ARTIFACTS}"


def channel(stage):
    before = STAGES[:STAGES.index(stage)]
    spec = {"artifacts": [{"name": artifact(k), "image": f"{operating.REGISTRY}/company/{artifact(k)}"} for k in range(ARTIFACTS)],
            "workloads": [{"kind": "Deployment", "name": f"service-{k}", "containers": {"web": artifact(k)}} for k in range(WORKLOADS)],
            "promotion": {"mode": "Automatic"}}
    if before:
        spec["upstream"] = {"channels": [{"namespace": before[-1], "name": "shop"}]}
    else:
        spec["intake"] = {"interval": f"{INTAKE_S}s", "tags": {"artifact": artifact(0), "semver": ">=1.0.0"}}
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "metadata": {"name": "shop"}, "spec": spec}


def service(k, replicas):
    """A Deployment whose pods go to the hollow nodes."""
    body = operating.workload("Deployment", f"service-{k}", replicas=replicas)
    pod = body["spec"]["template"]["spec"]
    pod["nodeSelector"] = {"sluice.dev/hollow": "true"}
    pod["tolerations"] = [{"key": "sluice.dev/hollow", "operator": "Exists"}]
    del pod["containers"][0]["readinessProbe"]
    body["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": "50%", "maxUnavailable": "25%"}}
    return body


def push(tag):
    """All artifacts, the one that the intake looks at last."""
    for k in reversed(range(ARTIFACTS)):
        operating.Images.web(tag, repository=f"company/{artifact(k)}")


class Day:
    """Watches the five channels until a release runs in all of them."""

    def __init__(self, api):
        self.api = api

    def pinned(self, stage, before):
        """Are all pins other than those before?"""
        pins = self.api.get(f"/api/v1/namespaces/{stage}/configmaps/sluice-pins").get("data", {})
        return len(pins) == WORKLOADS and not set(pins.values()) & before

    def release(self, stage):
        """What all pods of the stage run, Ready; None while they change."""
        status = self.api.get(cluster.channels(stage, "shop")).get("status", {})
        ready = [one for one in status.get("conditions", []) if one["type"] == "Ready"]
        return status.get("current", {}).get("release") if ready and ready[0]["status"] == "True" else None

    def follow(self, before, old, patience_s=900):
        """{stage: (seconds until pinned, seconds until it runs)}, from now."""
        began, found = time.monotonic(), {stage: [None, None] for stage in STAGES}
        while any(None in times for times in found.values()):
            if time.monotonic() - began > patience_s:
                raise AssertionError(f"not in {patience_s} s: {found}")
            for stage, times in found.items():
                now = time.monotonic() - began
                try:
                    if times[0] is None and self.pinned(stage, before):
                        times[0] = now
                    if times[1] is None and self.release(stage) not in (None, old):
                        times[1] = now
                except cluster.ApiError:
                    continue
            time.sleep(0.25)
        return found


def text(told):
    whole = max(ready for _, ready in told["stages"].values())
    lines = ["## A company's day", "", f"{told['containers']:,} containers: five channels, each with {WORKLOADS} services of {ARTIFACTS} artifacts, "
             f"{told['replicas']} pods each, on hollow nodes of one machine with {os.cpu_count()} cores, which also runs the control plane. One push; the intake looks every {INTAKE_S} s. "
             "What is pinned cannot be anything else from then on; that all pods run it is the scheduler's and the kubelets' time. "
             f"Of all that, Sluice used {told['cpu_s']:.2f} s of CPU, {told['share'] * 100:.1f} % of one core.", "",
             f"From the end of the push until the last channel ran the release it took {whole:.0f} s; the columns are shares of that. A channel begins when all pods "
             "of the one before it are Ready.", "",
             "| channel | all pinned | all pods Ready | seconds |", "|---|---|---|---|"]
    for stage, (pinned, ready) in told["stages"].items():
        lines.append(f"| {stage} | {pinned / whole:.2f} | {ready / whole:.2f} | {pinned:.1f}, {ready:.1f} |")
    return "\n".join([*lines, ""])


def inside(arguments):
    cluster.install()
    api = cluster.api()
    replicas = 1 if arguments.quick else 7
    push("1.0.0")
    operator = operating.Operator(flags=("--log-level", "warn")).start()
    try:
        for stage in STAGES:
            api.create("/api/v1/namespaces", {"metadata": {"name": stage}})
            for k in range(WORKLOADS):
                api.create(f"/apis/apps/v1/namespaces/{stage}/deployments", service(k, replicas))
            api.create(cluster.channels(stage), channel(stage))
        day = Day(api)
        day.follow(set(), None)
        old = day.release(STAGES[0])
        before = {image for stage in STAGES for image in api.get(f"/api/v1/namespaces/{stage}/configmaps/sluice-pins")["data"].values()}
        push("1.0.1")
        began, used = time.monotonic(), process.cpu_s(operator.process.pid)
        stages = day.follow(before, old)
        used = process.cpu_s(operator.process.pid) - used
        told = {"containers": len(STAGES) * WORKLOADS * replicas, "replicas": replicas, "stages": stages, "cpu_s": used,
                "share": used / (time.monotonic() - began)}
    finally:
        operator.finish()
    told["text"] = text(told)
    print(told["text"], file=sys.stderr)
    os.makedirs(programs.FOLDER, exist_ok=True)
    with open(os.path.join(programs.FOLDER, "company.json"), "w") as file:
        json.dump(told, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one pod of each service")
    arguments = parser.parse_args()
    if os.environ.get("SLUICE_NETNS"):
        signal.signal(signal.SIGTERM, own_cluster.end)
        inside(arguments)
        return 0
    os.environ.setdefault("SLUICE_BINARY", programs.SLUICE)
    return own_cluster.run(NAME, "--no-metrics", "--no-dns", "--hollow", "3" if arguments.quick else "12")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
