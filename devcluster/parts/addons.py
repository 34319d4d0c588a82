"""CoreDNS and metrics-server, which run beside the node, and the objects of a fresh cluster."""

import json

from . import binaries, node, place as places

DNS_PORT = 53
METRICS_PORT = 4443
REVERSE_ZONES = ("in-addr.arpa", "ip6.arpa")
SYSTEM = "kube-system"
RBAC = "rbac.authorization.k8s.io"


def coredns(place):
    registry_host = places.REGISTRY_NAME.rsplit(":", 1)[0]
    # Names that the cluster does not have do not exist: nothing leaves the namespace anyway,
    # and an answer at once is better than a time-out.
    zones = " ".join(f"{zone}:{DNS_PORT}" for zone in (places.DOMAIN, *REVERSE_ZONES))
    corefile = place.write("Corefile", f"""{zones} {{
    bind {places.HOST_ADDRESS}
    errors
    kubernetes {places.DOMAIN} {' '.join(REVERSE_ZONES)} {{
        kubeconfig {place.path('users', 'coredns.kubeconfig')}
        pods insecure
        ttl 5
    }}
}}
{registry_host}:{DNS_PORT} {{
    bind {places.HOST_ADDRESS}
    hosts {{
        {places.HOST_ADDRESS} {registry_host}
    }}
}}
.:{DNS_PORT} {{
    bind {places.HOST_ADDRESS}
    ready 127.0.0.1:8181
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
""")
    return [binaries.path("coredns"), "-conf", corefile], {}


def metrics_server(place):
    kubeconfig = place.path("users", "metrics-server.kubeconfig")
    return [binaries.path("metrics-server"), "--kubeconfig=" + kubeconfig,
            "--authentication-kubeconfig=" + kubeconfig,
            "--authorization-kubeconfig=" + kubeconfig,
            f"--secure-port={METRICS_PORT}", "--cert-dir=" + place.path("metrics-server"),
            "--kubelet-insecure-tls", "--kubelet-preferred-address-types=InternalIP",
            "--metric-resolution=15s"], {}


def _object(version, kind, name, namespace=None, **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def _outside_service(name, ports, **spec):
    """A Service whose one endpoint is a process beside the node."""
    service = _object("v1", "Service", name, SYSTEM, spec={**spec, "ports": [
        {"name": n, "port": port, "targetPort": target, "protocol": protocol}
        for n, port, target, protocol in ports]})
    endpoints = _object("discovery.k8s.io/v1", "EndpointSlice", name, SYSTEM, addressType="IPv4",
                        endpoints=[{"addresses": [places.HOST_ADDRESS],
                                    "conditions": {"ready": True}}],
                        ports=[{"name": n, "port": target, "protocol": protocol}
                               for n, _, target, protocol in ports])
    endpoints["metadata"]["labels"] = {"kubernetes.io/service-name": name,
                                       "endpointslice.kubernetes.io/managed-by": "devcluster"}
    return [service, endpoints]


def _grant(kind, role, user, name=None, namespace=None, role_kind="ClusterRole"):
    return _object(f"{RBAC}/v1", kind, name or role, namespace,
                   roleRef={"apiGroup": RBAC, "kind": role_kind, "name": role},
                   subjects=[{"kind": "User", "apiGroup": RBAC, "name": user}])


def _role(name, *rules):
    return _object(f"{RBAC}/v1", "ClusterRole", name, rules=[
        {"apiGroups": [group], "resources": resources, "verbs": verbs}
        for group, resources, verbs in rules])


def _dns_objects():
    reading = ["list", "watch"]
    return [
        _role("system:coredns", ("", ["services", "pods", "namespaces"], reading),
              ("discovery.k8s.io", ["endpointslices"], reading)),
        _grant("ClusterRoleBinding", "system:coredns", "system:coredns"),
        *_outside_service("kube-dns", clusterIP=places.DNS_SERVICE, ports=[
            ("dns", 53, DNS_PORT, "UDP"), ("dns-tcp", 53, DNS_PORT, "TCP")]),
    ]


def _metrics_objects():
    user = "system:metrics-server"
    reader = _role("system:aggregated-metrics-reader",
                   ("metrics.k8s.io", ["pods", "nodes"], ["get", "list", "watch"]))
    reader["metadata"]["labels"] = {f"{RBAC}/aggregate-to-{r}": "true"
                                    for r in ("view", "edit", "admin")}
    return [
        _role(user, ("", ["nodes/metrics"], ["get"]),
              ("", ["pods", "nodes"], ["get", "list", "watch"])),
        _grant("ClusterRoleBinding", user, user),
        _grant("ClusterRoleBinding", "system:auth-delegator", user, user + ":auth-delegator"),
        _grant("RoleBinding", "extension-apiserver-authentication-reader", user,
               "metrics-server-auth-reader", SYSTEM, "Role"),
        reader,
        *_outside_service("metrics-server", [("https", 443, METRICS_PORT, "TCP")]),
        _object("apiregistration.k8s.io/v1", "APIService", "v1beta1.metrics.k8s.io", spec={
            "group": "metrics.k8s.io", "version": "v1beta1", "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "service": {"name": "metrics-server", "namespace": SYSTEM}}),
    ]


def objects(options):
    """The manifest of everything that a fresh cluster needs, as one JSON list for kubectl."""
    items = [node.hollow_object(number) for number in range(options["hollow"])]
    if options["dns"]:
        items += _dns_objects()
    if options["metrics"]:
        items += _metrics_objects()
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}) if items else None
