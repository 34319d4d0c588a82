"""The long-running processes of a cluster: started, watched and ended by process id.

A process is remembered by its id and by the kernel's start time of it, so that an id that was given
to somebody else in the meantime is never signalled.
"""

import json
import os
import resource
import signal
import subprocess
import time

from . import cgroup

OPEN_FILES = 1 << 18


def start_time(pid):
    """The process's start in clock ticks since boot, or None when it has ended.

    A process of many threads that is killed looks like a zombie while some of its threads still
    hold its files and ports: it has ended when no more than one thread is left of it.
    """
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, started = fields[0], int(fields[17]), int(fields[19])
    return None if state in "ZX" and threads <= 1 else started


class Process:
    """One component of a cluster, by name. A file keeps its command line for another start."""

    def __init__(self, place, name):
        self.place = place
        self.name = name
        self.child = None  # only while the process is a child of ours

    @property
    def record_path(self):
        return self.place.path("components", self.name + ".json")

    def record(self):
        try:
            with open(self.record_path) as file:
                return json.load(file)
        except (FileNotFoundError, ValueError):
            return {}

    def _save(self, record):
        text = json.dumps(record, indent=1) + "\n"
        self.place.write(os.path.join("components", self.name + ".json"), text)

    def pid(self):
        """The id of the living process, or None."""
        if self.child is not None and self.child.poll() is not None:
            return None
        record = self.record()
        pid = record.get("pid")
        if pid is None or start_time(pid) != record.get("start_time"):
            return None
        return pid

    def exit_text(self):
        """How the process ended, in words."""
        status = self.child.poll() if self.child is not None else None
        if status is None:
            return "is not running"
        if status < 0:
            return f"was ended by signal {-status}"
        return f"ended with exit status {status}"

    def start(self, argv=None, env=None):
        """Starts the process in the cluster's cgroup; by default with the command line it had."""
        record = self.record()
        argv = argv or record["argv"]
        env = record.get("env", {}) if env is None else env
        procs = cgroup.procs_file(self.place.cgroup)

        def enter():
            with open(procs, "w") as file:
                file.write("0")
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))

        os.makedirs(self.place.path("logs"), exist_ok=True)
        with open(self.place.log(self.name), "ab") as log:
            self.child = subprocess.Popen(
                argv, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=enter, cwd="/")
        self._save({"argv": argv, "env": env, "pid": self.child.pid,
                    "start_time": start_time(self.child.pid)})

    def signal(self, number):
        pid = self.pid()
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def stop(self, patience):
        """Ends the process: SIGTERM, and after `patience` seconds SIGKILL. Waits for the end."""
        self.signal(signal.SIGTERM if patience > 0 else signal.SIGKILL)
        if not self._wait_gone(patience):
            self.signal(signal.SIGKILL)
            self._wait_gone(10)

    def _wait_gone(self, seconds):
        end = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def log_end(self, lines=20):
        """The last lines of the process's log."""
        try:
            with open(self.place.log(self.name), "rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 32768))
                text = file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        return "\n".join(line[:400] for line in text.splitlines()[-lines:])


def all_of(place):
    """Every process that the cluster's folder knows of, in the order of their names."""
    try:
        files = sorted(os.listdir(place.path("components")))
    except FileNotFoundError:
        return []
    return [Process(place, f[:-len(".json")]) for f in files if f.endswith(".json")]
