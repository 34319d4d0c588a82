#!/usr/bin/python3
"""What many objects of a real apiserver cost the operator: memory when they are listed and watched, and when they are listed again.

    test/bench/scale.py [10000] [100000]

Brings up a cluster of its own (named scale) without controllers, makes that many labelled Deployments, and lets a replica of the release build (`make`; or SLUICE_BINARY) follow them
that does not lead: it keeps its caches warm and writes nothing. Then it is stopped while the apiserver is killed, objects change, and the
apiserver is killed again: its history begins after what the replica would go on from, so that all are listed once more. Figures of one machine on one day; not a test: nothing fails here.
"""

import concurrent.futures
import datetime
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))
import cluster  # noqa: E402
import operating  # noqa: E402
import programs  # noqa: E402
from figures import cpu_s, memory_mib  # noqa: E402

NAME = "scale"
WRITERS = 4
IN_A_NAMESPACE = 1000
LEASES = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases"


def install():
    """The two kinds and the rights, and no policy: each write of a workload would ask them."""
    for file in ("releasechannels", "promotions", "channelstops"):
        cluster.kubectl("apply", "--server-side", "-f", os.path.join(cluster.ROOT, "crds", file + ".yaml"))
    for part in ("namespace", "rbac"):
        cluster.kubectl("apply", "--server-side", "-f", os.path.join(cluster.ROOT, "deploy", part + ".yaml"))


def lead_for_ever(api):
    """Somebody else holds the Lease, for a day."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    api.create(LEASES, {"metadata": {"name": "sluice"}, "spec": {
        "holderIdentity": "nobody", "leaseDurationSeconds": 86400, "acquireTime": now, "renewTime": now, "leaseTransitions": 0}})


def write(numbers):
    api = cluster.api()
    for i in numbers:
        api.create(f"/apis/apps/v1/namespaces/scale-{i // IN_A_NAMESPACE}/deployments",
                   operating.workload("Deployment", f"web-{i}", replicas=3, image=operating.WEB + "@sha256:" + "0" * 64))
    api.close()


def fill(first, last):
    api = cluster.api()
    for i in (i for i in range(first, last) if i % IN_A_NAMESPACE == 0):
        api.create("/api/v1/namespaces", {"metadata": {"name": f"scale-{i // IN_A_NAMESPACE}"}})
    with concurrent.futures.ProcessPoolExecutor(WRITERS) as pool:
        list(pool.map(write, [range(first + k, last, WRITERS) for k in range(WRITERS)]))
    api.close()


def change():
    """A change to a few Deployments, so that the place where a watch stood is behind."""
    api = cluster.api()
    for i in range(20):
        api.merge(f"/apis/apps/v1/namespaces/scale-0/deployments/web-{i}", {"metadata": {"annotations": {"changed": str(time.time())}}})
    api.close()


def restart():
    with cluster.apiserver_killed(has_controllers=False):
        pass


def forget_peak(pid):
    """From now on VmHWM counts anew (proc(5), clear_refs)."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def objects(operator):
    return operator.metric("sluice_store_objects")


def lists(operator):
    """How often all Deployments were read anew."""
    lines = operator.get("/metrics")[1].splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith('sluice_watch_relists_total{kind="Deployment"'))


def measure(count):
    operator = operating.Operator(flags=("--log-level", "warn", "--leader-elect")).start()
    pid = operator.process.pid
    try:
        cluster.eventually("all are known", lambda: objects(operator) >= count, patience_s=120)
        start_s, (steady, peak) = cpu_s(pid), memory_mib(pid)
        print(f"{count:7} objects: {steady:.1f} MiB steady, {peak:.1f} MiB at most, {start_s:.2f} s of CPU to list them", flush=True)
        before = lists(operator)
        forget_peak(pid)
        operator.signal(signal.SIGSTOP)
        restart()
        change()
        restart()
        operator.signal(signal.SIGCONT)
        cluster.eventually("they are listed again", lambda: lists(operator) > before, patience_s=180)
        cluster.eventually("it is ready again", lambda: operator.get("/readyz")[0] == 200, patience_s=180)
        time.sleep(15)
        again, most = memory_mib(pid)
        print(f"{'':7} listed again: {again:.1f} MiB steady, {most:.1f} MiB at most: {most / steady:.3f} of before",
              flush=True)
    finally:
        operator.finish()


def main():
    counts = sorted(int(text) for text in sys.argv[1:]) or [10000, 100000]
    if os.environ.get("SLUICE_NETNS"):
        install()
        lead_for_ever(cluster.api())
        for first, last in zip([0, *counts], counts):
            began = time.monotonic()
            fill(first, last)
            print(f"{last - first:7} written in {time.monotonic() - began:.0f} s", flush=True)
            measure(last)
        return 0
    os.environ.setdefault("SLUICE_BINARY", programs.SLUICE)
    subprocess.run([cluster.DEVCLUSTER, "up", NAME, "--no-metrics", "--no-dns"], check=True)
    subprocess.run([cluster.DEVCLUSTER, "stop", NAME, "controller-manager"], check=True)
    try:
        return subprocess.run([cluster.DEVCLUSTER, "exec", NAME, "--", sys.executable, *sys.argv]).returncode
    finally:
        subprocess.run([cluster.DEVCLUSTER, "down", NAME], check=True)


if __name__ == "__main__":
    sys.exit(main())
