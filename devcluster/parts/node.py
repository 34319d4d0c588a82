"""The node: containerd, its CNI configuration, the kubelet, kube-proxy and the hollow nodes.

Configuration files are written below the cluster's folder. Each function returns the argument
list and the environment of one component.
"""

import json
import os

from . import binaries, cgroup, host, place as places

CNI_PLUGINS = "/usr/lib/cni"
HOLLOW = "sluice.dev/hollow"  # the label and the taint of hollow nodes
HOLLOW_KUBELET_PORT = 20000
HOLLOW_READ_ONLY_PORT = 30000
_HEALTH_HOST = "127.0.0.1"


def _cni(place):
    # Routed pods, not bridged ones: what goes from pod to pod through a Service passes the packet
    # filter in both directions without the kernel's br_netfilter module.
    return place.write("cni/10-devcluster.conflist", json.dumps({
        "cniVersion": "1.0.0", "name": "devcluster", "plugins": [
            {"type": "ptp", "ipMasq": False, "ipam": {
                "type": "host-local", "ranges": [[{"subnet": places.POD_NETWORK}]],
                "routes": [{"dst": "0.0.0.0/0"}], "dataDir": place.path("cni-addresses")}},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ]}, indent=1) + "\n")


def _registry_hosts(place):
    """Plain HTTP for the cluster's registry under each of its names, and where the name leads."""
    for name in places.REGISTRY_NAMES:
        place.write(f"registries/{name}/hosts.toml",
                    f'server = "http://{places.REGISTRY}"\n')
    return place.path("registries")


def containerd(place):
    cri = "plugins.'io.containerd.cri.v1"
    config = place.write("containerd.toml", f"""version = 3
root = '{place.path('containerd')}'
state = '/run/containerd'
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.devmapper', 'io.containerd.snapshotter.v1.zfs',
  'io.containerd.snapshotter.v1.erofs', 'io.containerd.tracing.processor.v1.otlp']

[grpc]
  address = '{place.containerd_socket}'

[{cri}.images']
  snapshotter = '{host.snapshotter(place.root)}'
  [{cri}.images'.pinned_images]
    sandbox = '{binaries.PAUSE_IMAGE}'
  [{cri}.images'.registry]
    config_path = '{_registry_hosts(place)}'

[{cri}.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  [{cri}.runtime'.containerd]
    default_runtime_name = 'runc'
    [{cri}.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [{cri}.runtime'.containerd.runtimes.runc.options]
        BinaryName = '{host.find("runc")}'
        SystemdCgroup = false
  [{cri}.runtime'.cni]
    bin_dirs = ['{CNI_PLUGINS}']
    conf_dir = '{os.path.dirname(_cni(place))}'
""")
    # containerd looks for its shim in the PATH.
    return [binaries.path("containerd"), "--config", config], {"PATH": search_path()}


def search_path():
    return binaries.folder() + ":" + host.SYSTEM_PATH


def kubelet(place, options):
    pki = place.path("pki")
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "address": "0.0.0.0", "port": 10250, "healthzBindAddress": _HEALTH_HOST,
        "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                           "x509": {"clientCAFile": f"{pki}/ca.crt"}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{pki}/kubelet-server.crt",
        "tlsPrivateKeyFile": f"{pki}/kubelet-server.key",
        "containerRuntimeEndpoint": "unix://" + place.containerd_socket,
        "clusterDomain": places.DOMAIN,
        "clusterDNS": [places.DNS_SERVICE] if options["dns"] else [],
        "resolvConf": "",
        "cgroupDriver": "cgroupfs", "cgroupRoot": place.cgroup,
        "enforceNodeAllocatable": [], "failSwapOn": False,
        "volumePluginDir": place.path("kubelet", "volume-plugins"),
        "maxPods": 500, "podCIDR": places.POD_NETWORK,
        # The disk belongs to somebody else too: its filling up is no reason to evict pods here.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "0%",
                         "nodefs.inodesFree": "0%", "imagefs.available": "0%",
                         "imagefs.inodesFree": "0%"},
        "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
        "serializeImagePulls": False, "registryPullQPS": 0, "eventRecordQPS": 0,
        "kubeAPIQPS": 100, "kubeAPIBurst": 200,
    }
    if cgroup.version() == 1:
        config["failCgroupV1"] = False
    path = place.write("kubelet.json", json.dumps(config, indent=1) + "\n")
    return [binaries.path("kubelet"), "--config=" + path,
            "--kubeconfig=" + place.path("users", "kubelet.kubeconfig"),
            "--hostname-override=" + place.node_name, "--node-ip=" + places.HOST_ADDRESS,
            "--root-dir=" + place.path("kubelet"),
            "--cert-dir=" + place.path("kubelet", "pki")], {"PATH": search_path()}


def kube_proxy(place):
    # The conntrack limits belong to the whole machine: 0 leaves them alone.
    path = place.write("kube-proxy.json", json.dumps({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": place.path("users", "kube-proxy.kubeconfig")},
        "mode": "iptables", "clusterCIDR": places.POD_NETWORK,
        "hostnameOverride": place.node_name,
        "healthzBindAddress": _HEALTH_HOST + ":10256",
        "metricsBindAddress": _HEALTH_HOST + ":10249",
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s",
                      "tcpCloseWaitTimeout": "0s"},
    }, indent=1) + "\n")
    return [binaries.path("kube-proxy"), "--config=" + path], {"PATH": search_path()}


def hollow_name(number):
    return f"hollow-{number}"


def hollow_object(number):
    """The Node of a hollow kubelet, which never becomes Ready when it has to make its own.

    (It asks for its node's storage drivers before it registers, and gives up on them.) The taint
    keeps everything away that does not ask for such a node.
    """
    name = hollow_name(number)
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {
                HOLLOW: "true", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
            "spec": {"taints": [{"key": HOLLOW, "value": "true", "effect": "NoSchedule"}]}}


def hollow(place, number):
    """A kubelet whose pods become Ready without containers."""
    return [binaries.path("kubemark"), "--morph=kubelet", "--name=" + hollow_name(number),
            "--kubeconfig=" + place.path("users", "hollow-node.kubeconfig"),
            f"--kubelet-port={HOLLOW_KUBELET_PORT + number}",
            f"--kubelet-read-only-port={HOLLOW_READ_ONLY_PORT + number}",
            "--use-host-image-service=false", "--max-pods=1200",
            "--kube-api-qps=100", "--kube-api-burst=200"], {"PATH": search_path()}
