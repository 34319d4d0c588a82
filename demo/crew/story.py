"""The story, step by step. Each step says what it does, shows its commands, and checks what came of it."""

import json
import os
import re

import images
import pods
from kubectl import TREE
from teller import Failure

CHANNELS = ("develop", "integration", "staging", "beta", "stable")
STABLE = "shop-stable"
CUSTOMERS = "shop-customers"
MANIFESTS = "demo/manifests"
OVERLAY = os.path.join("build", "demo", "operator")
MANIFEST_REGISTRY = "registry.devcluster:5000"  # as the manifests name it
REPLICAS = 2
MARK = "app.kubernetes.io/part-of=sluice-demo"
PROMOTER = "olga"
STRANGER = "mallory"
TAIL_REQUESTS = 300


def namespaces():
    return [f"shop-{channel}" for channel in CHANNELS] + [CUSTOMERS]


def short(digest):
    return digest[:19] + "…"


class Story:
    """`kubectl` speaks to the cluster, `registry` is its registry, `operator` the operator's image in it."""

    def __init__(self, teller, kubectl, registry, operator):
        self.teller, self.kubectl, self.registry, self.operator = teller, kubectl, registry, operator
        self.digests = {}  # version → digest

    def tell(self):
        self.install()
        self.wait_at_the_gate()
        self.enter_develop(images.FIRST)
        self.be_refused()
        for source, target in zip(CHANNELS, CHANNELS[1:]):
            self.promote(source, target, images.FIRST)
        self.let_customers_in()
        self.enter_develop(images.SECOND)
        for source, target in zip(CHANNELS, CHANNELS[1:]):
            self.promote(source, target, images.SECOND)
        self.count_customers([images.FIRST, images.SECOND])
        self.roll_back()
        self.try_to_change_stable()
        self.count_customers([images.FIRST, images.SECOND])
        self.finish()

    # ---- manifests

    def _manifest(self, name):
        with open(os.path.join(TREE, MANIFESTS, name)) as file:
            return file.read().replace(MANIFEST_REGISTRY, self.registry.name)

    def _apply(self, name, *options, verb="apply", prints=False):
        """Applies a manifest of the demo, as the reader would; another registry's name is put in on the way."""
        path = f"{MANIFESTS}/{name}"
        return self.kubectl.show(*options, verb, "-f", "-", stdin=self._manifest(name), shown=[*options, verb, "-f", path],
                                 prints=prints)

    def _write_overlay(self):
        """What a user writes to install the operator from his own registry."""
        image, at, digest = self.operator.partition("@")
        named = {"newName": image, "digest": digest} if at else dict(zip(("newName", "newTag"), image.rsplit(":", 1)))
        folder = os.path.join(TREE, OVERLAY)
        os.makedirs(folder, exist_ok=True)
        patch = json.dumps([{"op": "add", "path": "/spec/template/spec/containers/0/env/-",
                             "value": {"name": "SLUICE_INSECURE_REGISTRIES", "value": self.registry.name.partition("/")[0]}}])
        overlay = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
                   "resources": [os.path.relpath(os.path.join(TREE, "deploy"), folder)],
                   "images": [{"name": "sluice", **named}]}
        if self.registry.is_insecure:
            overlay["patches"] = [{"target": {"kind": "Deployment", "name": "sluice"}, "patch": patch}]
        with open(os.path.join(folder, "kustomization.yaml"), "w") as file:
            json.dump(overlay, file, indent=2)

    # ---- the steps

    def install(self):
        self.teller.step("Sluice is installed: the two kinds, the admission policies, the operator")
        self._write_overlay()
        self.kubectl.show("apply", "--server-side", "-k", "crds", prints=False)
        self.kubectl.quiet("wait", "--for=condition=Established", "--timeout=60s",
                           "crd/releasechannels.sluice.dev", "crd/promotions.sluice.dev")
        self.kubectl.show("apply", "--server-side", "-k", OVERLAY, prints=False)
        self._apply("namespaces.yaml")
        self._apply("people.yaml")
        self.kubectl.show("-n", "sluice-system", "rollout", "status", "deployment/sluice", "--timeout=120s", prints=False)
        ready = [pod for pod in pods.living(self.kubectl, "sluice-system", "app.kubernetes.io/component=operator")
                 if all(state["ready"] for state in pod["status"].get("containerStatuses", [{"ready": False}]))]
        self.teller.check("two replicas of the operator are ready, one works and one stands by", len(ready) == 2)
        self._check_confinement(ready[0])
        self.kubectl.eventually("the apiserver acts on the policies", self._is_guarded)

    def _check_confinement(self, pod):
        context = {**pod["spec"]["securityContext"], **pod["spec"]["containers"][0]["securityContext"]}
        self.teller.check("they run as user 65532, read-only, with seccomp and without capabilities",
                          context.get("runAsNonRoot") and context.get("runAsUser") == 65532 and context.get("readOnlyRootFilesystem")
                          and context["seccompProfile"]["type"] == "RuntimeDefault" and context["capabilities"] == {"drop": ["ALL"]},
                          json.dumps(context))

    def _is_guarded(self):
        done = self.kubectl.try_("-n", STABLE, "apply", "--dry-run=server", "-o", "json", "-f", f"{MANIFESTS}/web.yaml")
        return done.returncode == 0 and pods.GATE in done.stdout

    def wait_at_the_gate(self):
        self.teller.step("The shop comes to five namespaces, without any image")
        for channel in CHANNELS:
            self._apply("web.yaml", "-n", f"shop-{channel}")
        self._apply("channels.yaml")
        for channel in CHANNELS:
            self.kubectl.eventually(f"pods of shop-{channel} wait at the gate",
                                    lambda: pods.are_gated(self.kubectl, f"shop-{channel}", REPLICAS))
        self.kubectl.show("get", "pods", "-A", "-l", "app=web")
        self.teller.seen(f"{REPLICAS * len(CHANNELS)} pods wait quietly for their channel's first release")

    def enter_develop(self, version):
        self.teller.step(f"Version {version} is pushed, and Develop's intake takes it")
        if images.OLD not in self.digests:
            self.digests[images.OLD] = images.push_shop(self.registry, "web", images.OLD)
            images.push_shop(self.registry, "customer", images.FIRST)
        digest = self.digests[version] = images.push_shop(self.registry, "web", version)
        self.teller.command(["skopeo", "copy", f"oci:build/demo/{version}/web.oci", f"docker://{self.registry.name}/shop/web:{version}"])
        self.teller.say(f"pushed as {digest}")
        name = self.kubectl.eventually(f"the operator makes a Promotion for {version}", lambda: self._automatic(digest))
        self.kubectl.show("-n", "shop-develop", "get", "promotion", name)
        self._follow(name, "shop-develop")
        self._check_pods("shop-develop", version)

    def _automatic(self, digest):
        """The name of Develop's promotion that brings this digest."""
        for promotion in self.kubectl.json("promotions", "-n", "shop-develop")["items"]:
            if digest in json.dumps(promotion.get("spec", {})) + json.dumps(promotion.get("status", {}).get("release", {})):
                return promotion["metadata"]["name"]
        return None

    def be_refused(self):
        self.teller.step("Somebody without the verb promote tries to promote into Stable")
        said = self.kubectl.refused("--as", STRANGER, "create", "-f", f"{MANIFESTS}/promotions/stable.yaml")
        self.teller.check("the apiserver refuses", "forbidden" in said.lower())

    def promote(self, source, target, version):
        self.teller.step(f"{version} goes from {source.capitalize()} to {target.capitalize()}")
        name = self._create(f"promotions/{target}.yaml")
        self._follow(name, f"shop-{target}")
        self._check_pods(f"shop-{target}", version)

    def _create(self, manifest):
        """Creates a Promotion in Olga's name; returns its name."""
        said = self._apply(manifest, "--as", PROMOTER, verb="create", prints=True)
        return re.search(r"/(\S+) created", said).group(1)

    def _follow(self, name, namespace):
        phases = self.kubectl.follow(".status.phase", "promotion", name, namespace, {"Succeeded", "Failed", "Aborted", "Superseded"})
        details = "" if phases[-1] == "Succeeded" else self.kubectl.quiet("-n", namespace, "get", "promotion", name, "-o", "yaml")
        self.teller.check(" → ".join(phases), phases[-1] == "Succeeded", details)

    def _check_pods(self, namespace, version):
        """Asks the pods themselves, by containerStatuses[].imageID."""
        digest = self.digests[version]
        running = pods.digests(self.kubectl, namespace)
        self.teller.check(f"{REPLICAS} pods of {namespace} say that they run {version}, {short(digest)}",
                          running == [digest] * REPLICAS, f"They say: {running}\nexpected: {digest}")

    def let_customers_in(self):
        self.teller.step("A customer in another namespace asks Stable's Service, by name, again and again")
        self._apply("customer.yaml")
        self.kubectl.eventually("the customer has its first answers", lambda: self._count()["sent"] > 10)
        self.teller.seen("the Service answers by the name web.shop-stable.svc.cluster.local")

    def _count(self):
        """The customer's latest count."""
        done = self.kubectl.try_("-n", CUSTOMERS, "logs", "customer", "--tail=20")
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {"sent": 0, "failed": 0, "answers": {}}

    def count_customers(self, versions):
        self.teller.step("The customer's count so far")
        sent = self._count()["sent"]
        # What is under way now, old pods that still drain among it, is to be counted as well.
        self.kubectl.eventually("the customer goes on", lambda: self._count()["sent"] > sent + TAIL_REQUESTS)
        count = self._count()
        failures = [line for line in self.kubectl.quiet("-n", CUSTOMERS, "logs", "customer").splitlines() if not line.startswith("{")]
        answers = ", ".join(f"{number} by {version}" for version, number in count["answers"].items())
        self.teller.say(f"{count['sent']} requests on {count['connections']} connections: {answers}")
        self.teller.check(f"requests sent to Stable: {count['sent']}, failed: {count['failed']}",
                          count["failed"] == 0 and not failures, "\n".join(failures[:20]))
        self.teller.check(f"answers came from {' and '.join(versions)}, and nothing else", sorted(count["answers"]) == versions)

    def roll_back(self):
        self.teller.step("Stable is rolled back")
        name = self._create("promotions/rollback.yaml")
        self._follow(name, STABLE)
        self._check_pods(STABLE, images.FIRST)
        self._check_pods("shop-beta", images.SECOND)

    def try_to_change_stable(self):
        self.teller.step("Somebody tries to bring another image into Stable")
        before = pods.uids(self.kubectl, STABLE)
        image = f"web={self.registry.name}/shop/web:{images.SECOND}"
        self.kubectl.show("-n", STABLE, "set", "image", "deployment/web", image)
        self._apply("old-web.yaml", "-n", STABLE, prints=True)
        self.kubectl.quiet("-n", STABLE, "rollout", "status", "deployment/web", "--timeout=60s")
        deployment = self.kubectl.json("deployment/web", "-n", STABLE)
        image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        self.teller.check(f"the Deployment still says {image.rpartition('@')[0]}@{short(self.digests[images.FIRST])}",
                          image.endswith("@" + self.digests[images.FIRST]), image)
        self._check_pods(STABLE, images.FIRST)
        self.teller.check("not one pod has been replaced", pods.uids(self.kubectl, STABLE) == before)

    def finish(self):
        self.teller.step("How it stands")
        self.kubectl.quiet("-n", CUSTOMERS, "delete", "pod", "customer", "--wait=false")
        self.kubectl.show("get", "rch,promo", "-A")
        channels = self.kubectl.json("releasechannels", "-A")["items"]
        for channel in channels:
            ready = [one["status"] for one in channel["status"].get("conditions", []) if one["type"] == "Ready"]
            if ready != ["True"]:
                raise Failure(f"The channel {channel['metadata']['namespace']}/{channel['metadata']['name']} is not Ready:\n"
                              + json.dumps(channel["status"], indent=1))
        self.teller.check(f"all {len(channels)} channels are Ready", len(channels) == len(CHANNELS))
        self.teller.end_step()
