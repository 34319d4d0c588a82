"""What a channel keeps beside its workloads, with real figures and real names: autoscalers and the Service.

It needs metrics-server and DNS: the cluster's usual ones.
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import REGISTRY, Case, Images, by_digest, channel, workload  # noqa: E402

# A program that takes all the CPU it can get, on one core.
BURN_C = """
#include <signal.h>
#include <unistd.h>
static void leave(int number) { (void)number; _exit(0); }
int main(void) { volatile unsigned long turns = VERSION; signal(SIGTERM, leave); for (;;) turns++; }
"""

# Looks a name up, asks it for / by HTTP, prints the address and the answer.
ASK_C = """
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    char text[4096], address[64];
    struct timeval patience = { .tv_sec = 2 }; /* the server may keep the connection */
    ssize_t got;
    int fd;
    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &found) != 0)
        return 2;
    inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, address, sizeof(address));
    printf("%s is %s\\n", argv[1], address);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, found->ai_addr, found->ai_addrlen) < 0)
        return 3;
    dprintf(fd, "GET / HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n", argv[1]);
    while ((got = read(fd, text, sizeof(text))) > 0)
        fwrite(text, 1, (size_t)got, stdout);
    return 0;
}
"""

CPU = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 40}}}]
BEHAVIOR = {"scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 10}]},
            "scaleDown": {"stabilizationWindowSeconds": 300}}


def program(name, source, *flags, tag="1"):
    """Compiles it, makes an image of it, and returns the digest."""
    with tempfile.TemporaryDirectory(prefix="sluice-image-") as folder:
        path, binary = os.path.join(folder, "main.c"), os.path.join(folder, "main")
        with open(path, "w") as file:
            file.write(source)
        subprocess.run(["gcc", "-O1", "-static", "-w", *flags, "-o", binary, path], check=True, capture_output=True)
        made = cluster.devcluster("image", "--ref", f"test/{name}:{tag}", "--binary", binary)
    return made.strip().rsplit("@", 1)[1]


class Serving(Case):
    def scalers(self, name=""):
        return f"/apis/autoscaling/v2/namespaces/{self.namespace}/horizontalpodautoscalers" + (f"/{name}" if name else "")

    def scaler(self, name="web"):
        return self.api.get(self.scalers(name))

    def wait_scaler(self, sentence, question, name="web", patience_s=60):
        cluster.eventually(sentence, lambda: question(self.scaler(name)["spec"]), patience_s)

    def edit(self, **spec):
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": spec})

    def is_gone(self, path):
        try:
            self.api.get(path)
        except cluster.ApiError as error:
            return error.code == 404
        return False

    def managers_of_replicas(self, kind="Deployment", name="web"):
        fields = self.api.get(self.path(kind, name))["metadata"]["managedFields"]
        return {one["manager"] for one in fields if "f:replicas" in one.get("fieldsV1", {}).get("f:spec", {})}

    def test_an_autoscaler_scales_on_real_cpu_while_a_new_digest_rolls_out(self):
        one, two = (program("burn", BURN_C, f"-DVERSION={version}", tag=str(version)) for version in (1, 2))
        body = workload("Deployment", replicas=1, strategy={"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}})
        container = body["spec"]["template"]["spec"]["containers"][0]
        del container["readinessProbe"]
        container["resources"] = {"requests": {"cpu": "50m"}, "limits": {"cpu": "100m"}}
        self.make(body)
        scaling = {"workload": "web", "minReplicas": 1, "maxReplicas": 2, "metrics": CPU, "behavior": BEHAVIOR}
        self.make(channel(artifacts=[{"name": "web", "image": f"{REGISTRY}/test/burn"}], autoscaling=[scaling]))
        self.make(by_digest("first", one))
        self.wait_phase("first", "Succeeded")
        cluster.eventually("it is scaled up", lambda: self.replicas() == 2, patience_s=180, pause_s=0.5)
        self.ready_after(500)  # the rollout goes on for as long as it is looked at
        self.make(by_digest("second", two))
        self.wait_phase("second", "RollingOut")
        self.edit(autoscaling=[{**scaling, "maxReplicas": 4}])
        cluster.eventually("it is scaled up again", lambda: self.replicas() > 2, patience_s=180, pause_s=0.5)
        self.assertEqual(self.promo("second")["phase"], "RollingOut")
        self.ready_after(0)
        self.wait_phase("second", "Succeeded", patience_s=180)
        cluster.eventually("all of them run version 2", lambda: self.running_digests() == {two} and len(self.pods()) == self.replicas())
        self.wait_condition("Ready", "Running")
        self.assertNotIn("sluice", self.managers_of_replicas())
        live = self.scaler()["spec"]
        self.assertEqual(live["metrics"], CPU)
        self.assertEqual(live["behavior"]["scaleUp"]["policies"], BEHAVIOR["scaleUp"]["policies"])

    def ready_after(self, seconds):
        self.api.merge(self.path("Deployment", "web"), {"spec": {"minReadySeconds": seconds}})

    def replicas(self):
        return self.api.get(self.path("Deployment", "web"))["spec"]["replicas"]

    def test_there_is_an_autoscaler_for_each_entry_and_no_other(self):
        """edited by somebody, it comes back; deleted, too; it goes with its entry"""
        for kind, name in (("Deployment", "web"), ("StatefulSet", "db")):
            self.make(workload(kind, name, replicas=1))
        both = [{"kind": kind, "name": name, "containers": {"web": "web"}} for kind, name in (("Deployment", "web"), ("StatefulSet", "db"))]
        entries = [{"workload": name, "minReplicas": 1, "maxReplicas": most} for name, most in (("web", 4), ("db", 2))]
        self.make(channel(workloads=both, autoscaling=entries))
        self.wait_scaler("one for the Deployment", lambda spec: spec["maxReplicas"] == 4)
        self.wait_scaler("one for the StatefulSet", lambda spec: spec["maxReplicas"] == 2, "db")
        self.assertEqual(self.scaler("db")["spec"]["scaleTargetRef"], {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"})
        owner = self.scaler()["metadata"]["ownerReferences"][0]
        self.assertEqual((owner["kind"], owner["name"], owner["controller"]), ("ReleaseChannel", "shop", True))
        self.api.merge(self.scalers("web"), {"spec": {"maxReplicas": 99}})
        self.wait_scaler("what somebody wrote is taken back", lambda spec: spec["maxReplicas"] == 4)
        first = self.scaler()["metadata"]["uid"]
        self.api.delete(self.scalers("web"))
        cluster.eventually("it is made again", lambda: self.scaler()["metadata"]["uid"] != first)
        self.edit(autoscaling=[dict(entries[0], maxReplicas=5, metrics=CPU)])
        cluster.eventually("an entry that is gone takes its autoscaler along", lambda: self.is_gone(self.scalers("db")))
        self.wait_scaler("the other one follows its entry", lambda spec: spec["maxReplicas"] == 5 and spec["metrics"] == CPU)
        for kind, name in (("Deployment", "web"), ("StatefulSet", "db")):
            self.assertNotIn("sluice", self.managers_of_replicas(kind, name))

    def test_a_foreign_autoscaler_stays_when_there_is_no_entry(self):
        self.make(workload("Deployment", replicas=1))
        self.api.create(self.scalers(), {"metadata": {"name": "web"}, "spec": {"maxReplicas": 7, "scaleTargetRef": {
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}})
        self.make(channel())
        self.make(by_digest("first", Images.web("1.0.0")))
        self.wait_phase("first", "Succeeded")
        self.assertEqual(self.scaler()["spec"]["maxReplicas"], 7)

    def test_a_channel_s_pods_are_found_by_name_from_another_namespace(self):
        """the endpoints are that channel's pods and no others; a lookup and a request lead to one of them"""
        digest, elsewhere = Images.web("1.0.0"), self.new_namespace("asking")
        for name in ("web", "other"):
            self.make(workload("Deployment", name, replicas=2 if name == "web" else 1))
        both = [{"kind": "Deployment", "name": name, "containers": {"web": "web"}} for name in ("web", "other")]
        service = {"name": "front", "workload": "web", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
        self.make(channel(workloads=both, routing={"service": service}))
        self.make(by_digest("first", digest))
        self.wait_phase("first", "Succeeded")
        pods = {pod["status"]["podIP"] for pod in self.pods() if pod["metadata"]["labels"]["app"] == "web"}
        cluster.eventually("the endpoints are the channel's pods", lambda: self.endpoints("front") == pods)
        asking = f"{REGISTRY}/test/ask@{program('ask', ASK_C)}"
        name = f"front.{self.namespace}.svc.cluster.local"
        cluster.eventually("a pod elsewhere finds it", lambda: self.ask(elsewhere, asking, name), patience_s=90, pause_s=1)
        self.edit(routing=None)
        cluster.eventually("the Service goes with its entry", lambda: self.is_gone(
            f"/api/v1/namespaces/{self.namespace}/services/front"))
        self.assertEqual(self.running_digests(), {digest})

    def endpoints(self, service):
        slices = self.api.get(f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
                              f"?labelSelector=kubernetes.io/service-name%3D{service}")["items"]
        return {address for one in slices for end in one["endpoints"] or [] if end["conditions"]["ready"] for address in end["addresses"]}

    def ask(self, namespace, image, name):
        """Runs a pod there that asks once. True when a pod of the channel has answered at the Service's address."""
        address = self.api.get(f"/api/v1/namespaces/{self.namespace}/services/front")["spec"]["clusterIP"]
        pods = f"/api/v1/namespaces/{namespace}/pods"
        made = self.api.create(pods, {"metadata": {"generateName": "ask-"}, "spec": {
            "restartPolicy": "Never", "containers": [{"name": "ask", "image": image, "args": [name, "80"]}]}})["metadata"]["name"]
        done = cluster.eventually("the asking pod has ended", lambda: self.phase_of(f"{pods}/{made}") in ("Succeeded", "Failed"))
        said = cluster.kubectl("-n", namespace, "logs", made).stdout
        return done and f"{name} is {address}\n" in said and "200 OK" in said and "1.0.0" in said

    def phase_of(self, path):
        return self.api.get(path)["status"]["phase"]


if __name__ == "__main__":
    cluster.main(flags=())
