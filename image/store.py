"""buildah with a store of its own, in the cache: whatever the machine's container tools have is neither seen nor changed."""

import fcntl
import os
import subprocess


class Failure(Exception):
    """Ends the command with exit status 1; its text is the whole message."""


def cache_root():
    base = os.environ.get("SLUICE_CACHE") or os.environ.get("XDG_CACHE_HOME") or \
        os.path.join(os.environ.get("HOME") or "/root", ".cache")
    return os.path.join(os.path.abspath(base), "sluice", "image")


def run(argv, **options):
    """Runs a command; its output appears only when it fails, and then the end of it is the message."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-30:])
        raise Failure(f"{' '.join(argv[:6])} …: exit status {done.returncode}\n{end}")
    return done.stdout


def _driver(folder):
    """The kernel's overlay where it works below the folder, plain copies elsewhere."""
    kind = run(["stat", "-f", "-c", "%T", folder]).strip()
    with open("/proc/filesystems") as file:
        return "overlay" if "\toverlay\n" in file.read() and kind != "overlayfs" else "vfs"


class Store:
    """Held by one process at a time: what one build no longer uses, another might."""

    def __init__(self):
        if os.geteuid() != 0:
            raise Failure("Building an image without a container engine needs root. "
                          "With Docker or Podman it does not: docker build -t sluice .")
        self.root = os.path.join(cache_root(), "store")
        os.makedirs(self.root, exist_ok=True)
        self._lock = open(os.path.join(cache_root(), "lock"), "w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._words = ["buildah", "--root", self.root, "--runroot", os.path.join(cache_root(), "run"),
                       "--storage-driver", _driver(self.root)]

    def buildah(self, *words):
        return run([*self._words, *words])

    def has(self, name):
        return subprocess.run([*self._words, "inspect", "--type", "image", name], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
