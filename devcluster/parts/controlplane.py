"""The command lines of etcd, the registry, the apiserver, the controller-manager and the scheduler.

Each function returns the argument list and the environment of one component.
"""

from . import binaries, place as places

# A server as it was before 1.36: MutatingAdmissionPolicy neither enforced (the gate) nor served
# (the two resources; the gate alone leaves them served, and without effect).
_POLICIES = "admissionregistration.k8s.io/v1/mutatingadmissionpolic"
NO_POLICY_FLAGS = ["--feature-gates=MutatingAdmissionPolicy=false",
                   f"--runtime-config={_POLICIES}ies=false,{_POLICIES}ybindings=false"]
AUDIT_POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""


def etcd(place):
    return [binaries.path("etcd"), "--name=devcluster", "--unsafe-no-fsync", "--log-level=warn",
            "--data-dir=" + place.path("etcd"),
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            "--initial-cluster=devcluster=http://127.0.0.1:2380",
            "--quota-backend-bytes=4294967296"], {}


def registry(place):
    config = place.write("registry.yml", f"""version: 0.1
log: {{level: info, accesslog: {{disabled: false}}}}
storage:
  filesystem: {{rootdirectory: {place.path('registry')}}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: "0.0.0.0:{places.REGISTRY.rsplit(':', 1)[1]}"}}
""")
    return ["docker-registry", "serve", config], {"OTEL_TRACES_EXPORTER": "none"}


def apiserver(place, options):
    pki = place.path("pki")
    argv = [
        binaries.path("kube-apiserver"),
        "--advertise-address=" + places.HOST_ADDRESS, "--bind-address=0.0.0.0",
        f"--secure-port={places.APISERVER_PORT}",
        "--etcd-servers=http://127.0.0.1:2379", "--event-ttl=1h",
        "--service-cluster-ip-range=" + places.SERVICE_NETWORK,
        "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true", "--profiling=false",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt", f"--tls-private-key-file={pki}/apiserver.key",
        "--service-account-issuer=https://kubernetes.default.svc." + places.DOMAIN,
        f"--service-account-key-file={pki}/tokens.pub",
        f"--service-account-signing-key-file={pki}/tokens.key",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
        f"--proxy-client-key-file={pki}/front-proxy-client.key",
        "--enable-aggregator-routing=true",
    ]
    if options["audit"]:
        policy = place.write("audit-policy.yaml", AUDIT_POLICY)
        argv += ["--audit-policy-file=" + policy, "--audit-log-path=" + place.path("audit.log"),
                 "--audit-log-mode=batch"]
    if options["disable_admission_policies"]:
        argv += NO_POLICY_FLAGS
    return argv, {}


def controller_manager(place):
    pki, kubeconfig = place.path("pki"), place.path("users", "controller-manager.kubeconfig")
    return [
        binaries.path("kube-controller-manager"),
        "--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig,
        "--authorization-kubeconfig=" + kubeconfig, "--bind-address=127.0.0.1",
        "--leader-elect=false", "--profiling=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki}/tokens.key",
        f"--root-ca-file={pki}/ca.crt",
        f"--cluster-signing-cert-file={pki}/ca.crt", f"--cluster-signing-key-file={pki}/ca.key",
        # Hundreds of deployments in a test must not wait for the client's own rate limit, and
        # an autoscaler must be seen to act within a test's patience.
        "--kube-api-qps=300", "--kube-api-burst=600",
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--horizontal-pod-autoscaler-cpu-initialization-period=20s",
        "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
    ], {}


def scheduler(place):
    kubeconfig = place.path("users", "scheduler.kubeconfig")
    return [binaries.path("kube-scheduler"),
            "--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig,
            "--authorization-kubeconfig=" + kubeconfig, "--bind-address=127.0.0.1",
            "--leader-elect=false", "--profiling=false",
            "--kube-api-qps=300", "--kube-api-burst=600"], {}
