"""The start of a cluster: which component after which, and when each counts as ready."""

import concurrent.futures
import os
import socket
import subprocess
import time

from . import (addons, binaries, certificates, cgroup, controlplane, host, interruption, namespace,
               node, place as places)
from .failure import Failure
from .process import Process

# A component is ready when somebody listens on its port. The apiserver is asked /readyz besides.
PORTS = {"etcd": 2379, "registry": 5000, "apiserver": places.APISERVER_PORT,
         "controller-manager": 10257, "scheduler": 10259, "kubelet": 10248, "kube-proxy": 10256,
         "coredns": 8181, "metrics-server": addons.METRICS_PORT}
COMPONENTS = ("containerd", *PORTS)
PATIENCE_SECONDS = 90
POLL_SECONDS = 0.03


def kubectl_argv(place, *arguments):
    """A kubectl command as the cluster's administrator, inside its network namespace."""
    return namespace.enter_network(place) + [
        binaries.path("kubectl"), "--kubeconfig=" + place.kubeconfig, *arguments]


def _kubectl(place, *arguments, text=None):
    return subprocess.run(kubectl_argv(place, *arguments), input=text, capture_output=True,
                          text=True, check=False)


def _accepts(socket_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(socket_path)
        except OSError:
            return False
    return True


def is_ready(place, name, anchor_pid):
    """Is the component called `name` doing its work? Looks, and waits for nothing."""
    if name == namespace.ANCHOR:
        return True
    if name == "containerd":
        return _accepts(place.containerd_socket)
    if name.startswith("hollow-"):
        port = node.HOLLOW_KUBELET_PORT + int(name.split("-")[1])
    else:
        port = PORTS[name]
    if port not in namespace.listening_ports(anchor_pid):
        return False
    if name == "apiserver":
        return _kubectl(place, "get", "--raw=/readyz", "--request-timeout=2s").returncode == 0
    return True


class Start:
    """One attempt to start a cluster. Every wait ends as soon as any component has died."""

    def __init__(self, place, options, say):
        self.place = place
        self.options = options
        self.say = say
        self.anchor = None
        self.running = {}

    def _check_alive(self):
        for name, process in list(self.running.items()):
            if process.pid() is None:
                raise self._broken(name, process.exit_text())

    def _broken(self, name, what):
        log = Process(self.place, name).log_end()
        return Failure(f"{name} {what}. The end of its log ({self.place.log(name)}):\n"
                       + "\n".join("    " + line for line in log.splitlines()))

    def launch(self, name, argv, env):
        process = Process(self.place, name)
        argv = argv + self.options["flags"].get(name, [])
        if not os.path.isabs(argv[0]):
            argv[0] = host.find(argv[0])
        process.start(namespace.enter(self.place, self.anchor.pid()) + argv, env)
        self.running[name] = process

    def wait(self, name, is_done, what="was not ready"):
        """Polls until is_done() holds; names the component that died, or else this one."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_done():
            interruption.check()
            self._check_alive()
            if time.monotonic() > end:
                raise self._broken(name, f"{what} after {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)

    def wait_ready(self, *names):
        for name in names:
            self.wait(name, lambda n=name: is_ready(self.place, n, self.anchor.pid()))

    def _wait_kubectl(self, name, what, *arguments):
        argv = kubectl_argv(self.place, "wait", f"--timeout={PATIENCE_SECONDS}s", *arguments)
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True) as child:
            try:
                self.wait(name, lambda: child.poll() is not None, what)
            finally:
                child.kill()
            if child.returncode != 0:
                raise self._broken(name, f"{what} ({child.stderr.read().strip()})")

    def _exist(self, targets):
        # `kubectl wait --for=create` takes one name only.
        there = _kubectl(self.place, "get", "nodes", "-o", "name").stdout.split()
        return set(targets) <= set(there)

    def _import_pause(self):
        self.wait_ready("containerd")
        answer = subprocess.run(
            [binaries.path("ctr"), "--address", self.place.containerd_socket,
             "--namespace", "k8s.io", "images", "import",
             "--label", "io.cri-containerd.pinned=pinned", binaries.pause_archive()],
            capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise self._broken("containerd", "did not take the pause image: " + answer.stderr)

    def _base(self, pool):
        """Namespaces, certificates, all that needs no apiserver, and it. Ends when it is ready."""
        keys = pool.submit(certificates.create_all, self.place)
        cgroup.create(self.place.cgroup)
        self.anchor = namespace.create(self.place, binaries.folder())
        self.running[namespace.ANCHOR] = self.anchor
        self.launch("etcd", *controlplane.etcd(self.place))
        self.launch("containerd", *node.containerd(self.place))
        self.launch("registry", *controlplane.registry(self.place))
        keys.result()
        self.wait_ready("etcd")
        self.launch("apiserver", *controlplane.apiserver(self.place, self.options))
        self._import_pause()
        self.wait_ready("apiserver", "registry")

    def _workers(self):
        """Everything that talks to the apiserver."""
        manifest = addons.objects(self.options)
        self.launch("kubelet", *node.kubelet(self.place, self.options))
        self.launch("controller-manager", *controlplane.controller_manager(self.place))
        self.launch("scheduler", *controlplane.scheduler(self.place))
        self.launch("kube-proxy", *node.kube_proxy(self.place))
        if manifest:
            answer = _kubectl(self.place, "apply", "--server-side", "-f", "-", text=manifest)
            if answer.returncode != 0:
                raise self._broken("apiserver",
                                   "refused the cluster's own objects: " + answer.stderr)
        if self.options["dns"]:
            self.launch("coredns", *addons.coredns(self.place))
        if self.options["metrics"]:
            self.launch("metrics-server", *addons.metrics_server(self.place))
        for number in range(self.options["hollow"]):
            self.launch(node.hollow_name(number), *node.hollow(self.place, number))

    def _settle(self):
        """Waits until pods can be made and found."""
        hollow = [node.hollow_name(number) for number in range(self.options["hollow"])]
        targets = ["node/" + name for name in (self.place.node_name, *hollow)]
        self.wait_ready(*(n for n in self.running if n != "apiserver"))
        self.wait("kubelet", lambda: self._exist(targets), "had not registered its node")
        self._wait_kubectl("kubelet", "did not make its node Ready",
                           "--for=condition=Ready", *targets)
        self._wait_kubectl("controller-manager", "did not make the default service account",
                           "--for=create", "serviceaccount/default", "--namespace=default")

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            self.say("etcd, containerd, registry and apiserver …")
            self._base(pool)
        self.say("kubelet, controllers, proxy and addons …")
        self._workers()
        self._settle()
