"""The devcluster tool as a user runs it, with clusters below a folder of the test's own, and what a cluster leaves on this machine.

The parts of the tool can be imported once this module is.
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
from unittest import mock

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TREE, "devcluster", "devcluster")
sys.path.insert(0, os.path.join(TREE, "devcluster"))

from parts import host, place  # noqa: E402

HOST_FOLDERS = ["/run/containerd", "/var/lib/cni", "/var/lib/kubelet", "/var/lib/containerd",
                "/var/log/pods", "/var/log/containers"]


class Tool:
    """The command, run as a user runs it, with clusters below a folder of the test's own."""

    def __init__(self):
        self.state = tempfile.mkdtemp(prefix="dc-", dir="/tmp")
        self.env = {**os.environ, "SLUICE_STATE": self.state}

    def run(self, *words, text=None):
        return subprocess.run([TOOL, *words], env=self.env, input=text, capture_output=True,
                              text=True, check=False)

    def ok(self, *words, text=None):
        answer = self.run(*words, text=text)
        if answer.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: exit status {answer.returncode}\n"
                                 f"{answer.stdout}{answer.stderr}")
        return answer.stdout

    def kubectl(self, name, *words, text=None):
        return self.ok("exec", name, "--", "kubectl", *words, text=text)

    def place(self, name):
        with mock.patch.dict(os.environ, SLUICE_STATE=self.state):
            return place.Place(name)

    def pids(self, name):
        status = json.loads(self.run("status", "--json", name).stdout)
        return {c["name"]: c["pid"] for c in status["components"]}

    def end(self, *names):
        for name in names:
            self.run("down", name)
        shutil.rmtree(self.state, ignore_errors=True)


def processes_naming(text):
    """The ids of all other processes that have `text` in their command line or environment."""
    found = set()
    for path in glob.glob("/proc/[0-9]*"):
        pid = int(os.path.basename(path))
        try:
            for file in ("cmdline", "environ"):
                with open(os.path.join(path, file), "rb") as stream:
                    if text.encode() in stream.read() and pid != os.getpid():
                        found.add(pid)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def traces(tool, name):
    """Everything of a cluster that can be seen on this machine, as sentences."""
    where = tool.place(name)
    with open("/proc/self/mounts") as file:
        mounts = [line.split()[1] for line in file]
    return (
        [f"state folder {where.root}"] * os.path.exists(where.root)
        + [f"lock {where.root}.lock"] * os.path.exists(where.root + ".lock")
        + [f"network namespace {n}" for n in host.network_namespaces() if n == where.netns_name]
        + [f"mount {m}" for m in mounts if m.startswith(where.root + "/") or m == where.netns]
        + [f"cgroup {g}" for g in glob.glob("/sys/fs/cgroup/**/" + where.cgroup.strip("/"),
                                            recursive=True)]
        + [f"process {p}" for p in sorted(processes_naming(where.root + "/"))])


def machine():
    """What a cluster must not change outside of itself."""
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=False).stdout
    return {
        "links": {os.path.basename(p) for p in glob.glob("/sys/class/net/*")},
        "rules": {line for line in rules.splitlines() if line.startswith("-A")},
        "folders": {f for f in HOST_FOLDERS if os.path.exists(f)},
        "temporary": {p for p in glob.glob("/tmp/*") if "kubelet" in p or "devcluster-" in p},
    }
