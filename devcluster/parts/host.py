"""What this machine must have before a cluster can start, checked all at once."""

import glob
import os
import shutil
import subprocess

from . import cgroup
from .failure import Failure

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES_FILE = os.path.join(HERE, "packages.txt")
INOTIFY_FILE = "/proc/sys/fs/inotify/max_user_instances"
INOTIFY_INSTANCES = 1024
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# A command or file of each package that the tool calls: cheaper to look for than to ask dpkg.
# What is in packages.txt and not here is for the images of tests.
NEEDED = {
    "docker-registry": "docker-registry", "umoci": "umoci", "skopeo": "skopeo", "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge", "iproute2": "ip",
    "iptables": "iptables", "openssl": "openssl", "gcc": "gcc",
    "libc6-dev": "/usr/include/unistd.h", "mount": "mount", "util-linux": "nsenter",
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
}


def find(command):
    """The full path of a command, /usr/sbin included even where the caller's PATH lacks it."""
    return shutil.which(command, path=os.environ.get("PATH", "") + ":" + SYSTEM_PATH)


def _is_there(what):
    return os.path.exists(what) if what.startswith("/") else find(what) is not None


def missing_packages():
    with open(PACKAGES_FILE) as file:
        packages = file.read().split()
    return [p for p in packages if p in NEEDED and not _is_there(NEEDED[p])]


def overlay_is_usable():
    """Does the kernel have overlayfs? A kernel that has it as a module loads it now."""
    modprobe = find("modprobe")
    for attempt in range(2):
        with open("/proc/filesystems") as file:
            if "\toverlay\n" in file.read():
                return True
        if attempt == 0 and modprobe:
            subprocess.run([modprobe, "--quiet", "overlay"], check=False)
    return False


def snapshotter(folder):
    """The containerd snapshotter that works below `folder`: an overlay takes no other on top."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True,
                          check=False).stdout.strip()
    return "overlayfs" if overlay_is_usable() and kind != "overlayfs" else "native"


def check(more_problems):
    """Raises a Failure that lists everything that a cluster would miss on this machine.

    `more_problems` are sentences of others who looked.
    """
    problems = []
    if os.geteuid() != 0:
        problems.append("It must run as root: it makes a network namespace, cgroups and "
                        "containers, and changes nothing outside of these, its state folder and "
                        "its cache, but the machine's limit of inotify instances.")
    missing = missing_packages()
    if missing:
        problems.append("Debian packages are missing. This installs them:\n"
                        "    apt-get update && apt-get install -y --no-install-recommends "
                        + " ".join(missing))
    if cgroup.version() == 0:
        problems.append("No cgroups are mounted below /sys/fs/cgroup.")
    problems += more_problems
    if problems:
        raise Failure("A cluster can not start here:\n- " + "\n- ".join(problems))


def raise_inotify_limit():
    """Each kubelet, containerd and shim holds inotify instances; Debian allows 128 for a user."""
    with open(INOTIFY_FILE) as file:
        now = int(file.read())
    if now < INOTIFY_INSTANCES:
        try:
            with open(INOTIFY_FILE, "w") as file:
                file.write(str(INOTIFY_INSTANCES))
        except OSError:
            pass  # a container without the right to: one cluster fits into 128


def leftovers_under(folder):
    """Mount points at or below `folder` in our own mount namespace, deepest first."""
    folder = os.path.realpath(folder)
    with open("/proc/self/mounts") as file:
        points = [line.split()[1].encode().decode("unicode_escape") for line in file]
    return sorted((p for p in points if p == folder or p.startswith(folder + "/")), reverse=True)


def network_namespaces():
    return sorted(os.path.basename(p) for p in glob.glob("/run/netns/*"))
