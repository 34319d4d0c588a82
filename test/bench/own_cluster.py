"""A cluster for as long as a benchmark runs in it; also when that is interrupted, nothing stays behind."""

import signal
import subprocess
import sys

import cluster

PATIENCE_S = 60


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
