"""What the kernel says of a process: memory, CPU time, wake-ups, and on which cores it may run."""

import ctypes
import os
import signal
import time

TICKS = os.sysconf("SC_CLK_TCK")


def memory_mib(pid):
    """Resident memory now, and the most there ever was."""
    with open(f"/proc/{pid}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return tuple(int(lines[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))


def forget_peak(pid):
    """From now on the most there ever was counts anew (proc(5), clear_refs)."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def cpu_s(pid):
    """CPU time of all its threads, those that have ended included, in steps of 10 ms."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def on_core_s(pid):
    """How long the threads that there are now have been on a core: to the nanosecond, for what takes less than a step of the above."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        except OSError:
            continue
    return total / 1e9


def wake_ups(pid):
    """How often its threads went to sleep by themselves: each time something woke them."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/status") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
        except OSError:
            continue
    return total


def pin(pid, cores):
    """The process and all its threads run on these cores only."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            os.sched_setaffinity(int(thread), cores)
        except ProcessLookupError:
            continue


def end_with_parent():
    """To be called in a child: it is killed when whoever started it is gone (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def wait_until_quiet(pid, patience_s=120, limit=0.02):
    """Until it has used no more than that of a core for two seconds on end."""
    end = time.monotonic() + patience_s
    quiet = 0
    while quiet < 2 and time.monotonic() < end:
        before = cpu_s(pid)
        time.sleep(1)
        quiet = quiet + 1 if cpu_s(pid) - before <= limit else 0
