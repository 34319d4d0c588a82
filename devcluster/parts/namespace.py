"""The network namespace and the mount namespace that one cluster lives in.

Every process of a cluster is in both. The network namespace has a name (`ip netns`), so that
anybody can enter it. The mount namespace belongs to one sleeping process, the anchor, and has
fresh /run, /var/lib, /var/log and /tmp: whatever containerd, the kubelets and the CNI plugins
mount or write there is seen by this cluster only, and is gone when its last process is.
"""

import os
import subprocess
import time

from . import host, place as places
from .failure import Failure
from .process import Process

ANCHOR = "anchor"
BRIDGE = "host0"  # carries the node's address; nothing is ever attached to it

# $1 is the cluster's folder, $2 the folder of its binaries: both stay reachable by their own
# paths, even below a folder that is covered here. A descriptor opened before holds on to each.
_ANCHOR_SCRIPT = """
set -e
exec 8<"$1" 9<"$2"
mount --make-rshared /
for covered in /run /var/lib /var/log; do mount -t tmpfs -o mode=0755 tmpfs "$covered"; done
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p "$1" "$2" /run/lock
mount --no-canonicalize --bind /proc/self/fd/8 "$1"
mount --no-canonicalize --bind /proc/self/fd/9 "$2"
exec 8<&- 9<&-
: >"$1/anchor.ready"
exec sleep infinity
"""


def _ip(*arguments):
    answer = subprocess.run([host.find("ip"), *arguments], capture_output=True, text=True,
                            check=False)
    if answer.returncode != 0:
        raise Failure(f"ip {' '.join(arguments)}: {answer.stderr.strip()}")


def create(place, binaries_folder):
    """Makes both namespaces and starts the anchor, which is returned."""
    _ip("netns", "add", place.netns_name)
    inside = ("-n", place.netns_name)
    _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "link", "add", BRIDGE, "type", "bridge")
    _ip(*inside, "addr", "add", places.HOST_NETWORK, "dev", BRIDGE)
    _ip(*inside, "link", "set", BRIDGE, "up")
    _ip(*inside, "route", "add", "default", "via", places.GATEWAY_ADDRESS, "dev", BRIDGE)
    subprocess.run(enter_network(place) + ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"],
                   check=True)
    anchor = Process(place, ANCHOR)
    anchor.start(enter_network(place) + ["unshare", "--mount", "--propagation", "slave", "sh", "-c",
                                         _ANCHOR_SCRIPT, "sh", place.root, binaries_folder])
    end = time.monotonic() + 10
    while not os.path.exists(place.path("anchor.ready")):
        if anchor.pid() is None or time.monotonic() > end:
            raise Failure(f"The mount namespace could not be made:\n{anchor.log_end()}")
        time.sleep(0.005)
    return anchor


def exists(place):
    return os.path.exists(place.netns)


def enter_network(place):
    """The words before a command that runs it in the cluster's network namespace only."""
    return [host.find("nsenter"), f"--net={place.netns}", "--"]


def enter(place, anchor_pid):
    """The words before a command that runs it in both namespaces of the cluster."""
    return [host.find("nsenter"), f"--net={place.netns}",
            f"--mount=/proc/{anchor_pid}/ns/mnt", "--"]


def listening_ports(pid):
    """The TCP ports that somebody listens on in the network namespace of process `pid`."""
    ports = set()
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{table}") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except (FileNotFoundError, ProcessLookupError):
            continue
        ports.update(int(row[1].rsplit(":", 1)[1], 16) for row in rows if row[3] == "0A")
    return ports


def remove(place):
    """Removes the network namespace, and with it every device, address and rule in it."""
    if exists(place):
        _ip("netns", "delete", place.netns_name)
