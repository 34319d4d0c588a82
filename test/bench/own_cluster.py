"""A cluster for as long as a benchmark runs in it; also when that is interrupted, nothing stays behind."""

import json
import os
import re
import signal
import subprocess
import sys

import cluster
import process

PATIENCE_S = 60
PROFILES = ("--flag", "apiserver=--profiling=true")  # for garbage, and where CPU time goes


def pids():
    """Everything that the cluster runs. The exit status says that something is stopped; it is meant to be."""
    told = subprocess.run([cluster.DEVCLUSTER, "status", os.environ["SLUICE_CLUSTER"], "--json"], text=True, capture_output=True)
    return {one["name"]: one["pid"] for one in json.loads(told.stdout)["components"] if one["pid"]}


def apiserver_cpu_s():
    return process.cpu_s(pids()["apiserver"])


def collect_garbage(api):
    """In the apiserver, whole. With tens of thousands of objects that takes it as long as all their lists, about every second time that somebody
    asks for these, and whoever that is would pay for the other as well."""
    api.get_bytes("/debug/pprof/heap?gc=1")


def collections_so_far(api):
    """How often the apiserver has collected its garbage, be it asked or not."""
    told = api.get_bytes("/debug/pprof/heap?debug=1").decode()
    return int(re.search(r"^# NumGC = (\d+)$", told, re.M).group(1))


def end(*_):
    raise SystemExit(128 + signal.SIGTERM)


def wait(inner):
    """How a program of ours ended. It has the time to clean up: Ctrl-C reaches it as well, SIGTERM is passed on."""
    try:
        return inner.wait()
    except (KeyboardInterrupt, SystemExit) as reason:
        if isinstance(reason, SystemExit):
            inner.terminate()
        try:
            inner.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            inner.kill()
        raise


def run(name, *flags):
    """Runs the program that calls this once more, inside a cluster of that name; the exit status."""
    signal.signal(signal.SIGTERM, end)
    try:
        subprocess.run([cluster.DEVCLUSTER, "up", name, *flags], check=True)
        return wait(subprocess.Popen([cluster.DEVCLUSTER, "exec", name, "--", sys.executable, *sys.argv]))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        subprocess.run([cluster.DEVCLUSTER, "down", name], check=True)
