"""Where the files of one cluster live, and the addresses that every cluster has.

The addresses are the same in each cluster, since each has a network namespace of its own.
"""

import hashlib
import os
import re

from .failure import Failure

HOST_ADDRESS = "10.11.0.1"  # the node, the apiserver's advertised address
HOST_NETWORK = "10.11.0.1/24"
GATEWAY_ADDRESS = "10.11.0.254"  # nobody is there: a default route has to name somebody
POD_NETWORK = "10.244.0.0/16"
SERVICE_NETWORK = "10.96.0.0/16"
APISERVER_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
DOMAIN = "cluster.local"
REGISTRY = "127.0.0.1:5000"  # from the namespace and the node
REGISTRY_ADDRESS = f"{HOST_ADDRESS}:5000"  # the same registry, from pods as well
REGISTRY_NAME = "registry.devcluster:5000"  # the same, by name: from the node and from pods
REGISTRY_NAMES = (REGISTRY, REGISTRY_ADDRESS, REGISTRY_NAME)
APISERVER_PORT = 6443

DEFAULT_STATE_ROOT = "/var/lib/sluice-devcluster"
NAME_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")
SOCKET_PATH_MAX = 107  # sun_path, less its final zero byte
LONGEST_SOCKET = "kubelet/plugins_registry/long-plugin-name.sock"


def state_root():
    """The folder that holds one folder for each cluster."""
    return os.path.abspath(os.environ.get("SLUICE_STATE") or DEFAULT_STATE_ROOT)


def names():
    """The names of all clusters that have left anything in the state folder, sorted."""
    try:
        entries = sorted(os.listdir(state_root()))
    except FileNotFoundError:
        return []
    return [e for e in entries if os.path.isdir(os.path.join(state_root(), e))]


class Place:
    """The paths of one cluster. Makes nothing by itself."""

    def __init__(self, name):
        if not NAME_PATTERN.fullmatch(name):
            raise Failure(f"'{name}' can not name a cluster: 1 to 20 of a-z, 0-9 and '-', "
                          "neither first nor last a '-'")
        self.name = name
        self.root = os.path.join(state_root(), name)
        self.node_name = f"node-{name}"
        # Network namespaces and cgroups are the machine's: another state folder must not meet ours.
        mark = name if state_root() == DEFAULT_STATE_ROOT else \
            name + "." + hashlib.sha256(state_root().encode()).hexdigest()[:6]
        self.netns_name = f"sluice-{mark}"
        self.netns = f"/run/netns/{self.netns_name}"
        self.cgroup = f"/sluice-devcluster/{mark}"
        if len(self.path(LONGEST_SOCKET)) > SOCKET_PATH_MAX:
            raise Failure(f"{self.root} is too long for the unix sockets below it: "
                          "set SLUICE_STATE to a shorter folder")

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def exists(self):
        return os.path.isdir(self.root)

    def log(self, component):
        return self.path("logs", component + ".log")

    @property
    def kubeconfig(self):
        return self.path("users", "admin.kubeconfig")

    @property
    def containerd_socket(self):
        return self.path("containerd.sock")

    def write(self, relative, text, mode=0o644):
        """Writes a file below the cluster's folder, folders included, and returns its path."""
        path = self.path(relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        return path
