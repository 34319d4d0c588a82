"""A whole cluster by its name: up, down, what runs, and single components stopped and started."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import time

from . import binaries, cgroup, host, namespace, place as places, process
from .failure import Failure
from .process import Process
from .start import PATIENCE_SECONDS, POLL_SECONDS, Start, is_ready

DEFAULT_OPTIONS = {"hollow": 0, "dns": True, "metrics": True, "audit": False,
                   "disable_admission_policies": False, "flags": {}}
STOP_PATIENCE_SECONDS = 5


@contextlib.contextmanager
def _locked(place):
    """One change of a cluster at a time. The lock file goes with its last holder."""
    path = os.path.join(places.state_root(), place.name + ".lock")
    while True:
        # The last holder removes the file, and the folder when it is empty, while others wait.
        with contextlib.suppress(FileNotFoundError):
            os.makedirs(places.state_root(), exist_ok=True)
            file = open(path, "w")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.stat(path).st_ino == os.fstat(file.fileno()).st_ino:
                break
            file.close()
    try:
        yield
    finally:
        os.unlink(path)
        file.close()
        with contextlib.suppress(OSError):  # not empty, most often
            os.rmdir(places.state_root())


class Cluster:
    def __init__(self, name):
        self.place = places.Place(name)

    @property
    def name(self):
        return self.place.name

    def require(self):
        """Raises a Failure unless the cluster has been started and not been taken down."""
        if not self.place.exists():
            there = ", ".join(places.names()) or "none"
            raise Failure(f"There is no cluster '{self.name}'. Clusters: {there}.")

    def _options(self):
        """The options that the cluster came up with, or None when it never came up wholly."""
        try:
            with open(self.place.path("up.json")) as file:
                return json.load(file)
        except (FileNotFoundError, ValueError):
            return None

    def anchor_pid(self):
        return Process(self.place, namespace.ANCHOR).pid()

    def dead(self):
        """The names of the components that should run and do not."""
        return [p.name for p in process.all_of(self.place) if p.pid() is None]

    def is_up(self):
        return self._options() is not None and not self.dead() and namespace.exists(self.place)

    def up(self, options, say):
        """Starts the cluster, or leaves it alone when it runs with the same options already."""
        host.check(binaries.problems())
        binaries.build()
        with _locked(self.place):
            if self.is_up():
                self._require_same(options)
                say(f"Cluster '{self.name}' is up already.")
                return
            if self._anything_left():
                say(f"Removing what is left of an earlier cluster '{self.name}' …")
                self._remove()
            host.raise_inotify_limit()
            os.makedirs(self.place.root, mode=0o755)
            began = time.monotonic()
            try:
                Start(self.place, options, say).run()
            except BaseException:
                self._end_processes()
                raise
            self.place.write("up.json", json.dumps(options) + "\n")
            say(f"Cluster '{self.name}' is up: {time.monotonic() - began:.1f} s.")

    def _require_same(self, options):
        running = self._options()
        different = [key for key, value in options.items() if running.get(key) != value]
        if different:
            words = ", ".join(f"{key}={running.get(key)}" for key in different)
            raise Failure(f"Cluster '{self.name}' runs already with other options ({words}): "
                          f"take it down first.")

    def _anything_left(self):
        return (self.place.exists() or namespace.exists(self.place)
                or cgroup.exists(self.place.cgroup))

    def _end_processes(self):
        """Ends every process of the cluster; the pods as well. Files stay."""
        # The kubelet first, so that it starts nothing that has just been ended.
        for one in sorted(process.all_of(self.place), key=lambda p: p.name != "kubelet"):
            one.stop(0)
        return cgroup.kill_all(self.place.cgroup)

    def _remove(self):
        """Removes all that the cluster ever made. Raises a Failure that lists what stayed."""
        stayed = [f"process {pid}" for pid in sorted(self._end_processes())]
        namespace.remove(self.place)
        stayed += ["cgroup " + folder for folder in cgroup.remove(self.place.cgroup)]
        for point in host.leftovers_under(self.place.root):
            subprocess.run([host.find("umount"), "--lazy", point], check=False)
        mounts = host.leftovers_under(self.place.root)
        if mounts:  # what is mounted there may be precious: it is not deleted through
            stayed += ["mount " + point for point in mounts]
        elif self.place.exists():
            shutil.rmtree(self.place.root)
        if stayed:
            raise Failure(f"Cluster '{self.name}' could not be removed wholly:\n    "
                          + "\n    ".join(stayed))

    def down(self, say):
        """Removes the cluster. One that does not exist is fine."""
        if os.geteuid() != 0:
            raise Failure("It must run as root to end the cluster's processes.")
        with _locked(self.place):
            if not self._anything_left():
                say(f"There is no cluster '{self.name}'.")
                return
            began = time.monotonic()
            self._remove()
            say(f"Cluster '{self.name}' is gone: {time.monotonic() - began:.1f} s.")

    def status(self):
        """One row for each component: (name, process id or None, is it ready, seconds of life)."""
        rows = []
        anchor = self.anchor_pid()
        ticks = os.sysconf("SC_CLK_TCK")
        with open("/proc/uptime") as file:
            uptime = float(file.read().split()[0])
        for one in process.all_of(self.place):
            pid = one.pid()
            age = None if pid is None else uptime - process.start_time(pid) / ticks
            ready = bool(pid and anchor) and is_ready(self.place, one.name, anchor)
            rows.append((one.name, pid, ready, age))
        return rows

    def component(self, name):
        self.require()
        one = Process(self.place, name)
        if not one.record():
            there = ", ".join(p.name for p in process.all_of(self.place))
            raise Failure(f"Cluster '{self.name}' has no component '{name}'. Components: {there}.")
        if self.anchor_pid() is None:
            raise Failure(f"Cluster '{self.name}' is broken: take it down, or up again.")
        if name == namespace.ANCHOR:
            raise Failure("The anchor holds the cluster's namespaces: it ends with the cluster.")
        return one

    def stop_component(self, name, at_once):
        with _locked(self.place):
            self.component(name).stop(0 if at_once else STOP_PATIENCE_SECONDS)

    def start_component(self, name):
        """Starts one component with the command line that it had, and waits until it is ready."""
        with _locked(self.place):
            one = self.component(name)
            if one.pid() is None:
                one.start()
            self._wait_component(one)

    def restart_component(self, name, at_once):
        with _locked(self.place):
            one = self.component(name)
            one.stop(0 if at_once else STOP_PATIENCE_SECONDS)
            one.start()
            self._wait_component(one)

    def _wait_component(self, one):
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_ready(self.place, one.name, self.anchor_pid()):
            if one.pid() is None or time.monotonic() > end:
                what = one.exit_text() if one.pid() is None else "was not ready in time"
                raise Failure(f"{one.name} {what}. The end of its log:\n{one.log_end()}")
            time.sleep(POLL_SECONDS)

    def environment(self):
        """The variables that a shell needs to work with this cluster."""
        return {
            "KUBECONFIG": self.place.kubeconfig,
            # All clusters have the same address, by which kubectl keeps what it knows of a server's kinds.
            "KUBECACHEDIR": self.place.path("kube-cache"),
            "SLUICE_CLUSTER": self.name,
            "SLUICE_NETNS": self.place.netns,
            "SLUICE_REGISTRY": places.REGISTRY,
            "SLUICE_REGISTRY_ADDRESS": places.REGISTRY_ADDRESS,
            "SLUICE_REGISTRY_NAME": places.REGISTRY_NAME,
            "CONTAINERD_ADDRESS": self.place.containerd_socket,
            "CONTAINERD_NAMESPACE": "k8s.io",
        }
