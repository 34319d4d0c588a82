"""The demo in a cluster of the user's own: asks nothing, touches nothing but its own namespaces and Sluice's objects."""

import os

import images
import machine
from kubectl import Kubectl
from story import MARK, namespaces
from teller import Failure

SYSTEM = "sluice-system"
POLICIES = "/apis/admissionregistration.k8s.io/v1"
_NEEDS_REGISTRY = """\
In your own cluster the demo needs a registry: REGISTRY=HOST[:PORT]/PATH. It pushes PATH/shop/web, PATH/shop/customer and
PATH/sluice there (skopeo, with the credentials of `docker login` or `skopeo login`); your nodes and pods have to be able to pull from it
under that name without a secret. INSECURE=1 if it speaks plain HTTP. IMAGE=REPOSITORY@sha256:… (or :TAG) names an operator's image that
has been pushed already. Nothing has been changed."""


def mark(kubectl):
    """Says in the cluster who installed Sluice there, so that `demo-down` removes nobody else's."""
    key, _, value = MARK.partition("=")
    kubectl.quiet("apply", "--server-side", "-f", "deploy/namespace.yaml")
    kubectl.quiet("-n", SYSTEM, "apply", "--server-side", "-f", "-", stdin=(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: demo, labels: {{{key}: {value}}}}}\n"))


class Foreign:
    def __init__(self, teller, arguments):
        self._teller, self._arguments = teller, arguments
        options = [*(["--kubeconfig", os.path.abspath(arguments.kubeconfig)] if arguments.kubeconfig else []),
                   *(["--context", arguments.context] if arguments.context else [])]
        self.kubectl = Kubectl(teller, options)

    def require(self):
        """Everything that could be missing, before anything is changed."""
        if not self._arguments.registry:
            raise Failure(_NEEDS_REGISTRY)
        image = self._arguments.image
        if image and "@sha256:" not in image and ":" not in image.rpartition("/")[2]:
            raise Failure("IMAGE has to name a digest or a tag: REPOSITORY@sha256:… or REPOSITORY:TAG")
        machine.require_for_foreign_cluster(builds_operator=not self._arguments.image)
        self._require_server()
        self._require_room()

    def _require_server(self):
        done = self.kubectl.try_("get", "--raw", POLICIES)
        if done.returncode != 0:
            raise Failure(f"The cluster can not be asked:\n{done.stderr.strip()}")
        if '"mutatingadmissionpolicies"' not in done.stdout:
            raise Failure("This apiserver does not know MutatingAdmissionPolicy, stable since Kubernetes 1.36. Sluice works without "
                          "it, but the demo's Deployments have no image, and only the pin guard lets those in.")

    def _foreign_namespaces(self):
        """Namespaces that have one of the demo's names and are not the demo's."""
        listed = self.kubectl.json("namespaces")["items"]
        key, _, value = MARK.partition("=")
        return [one["metadata"]["name"] for one in listed if one["metadata"]["name"] in namespaces()
                and one["metadata"].get("labels", {}).get(key) != value]

    def _is_installed_by_demo(self):
        done = self.kubectl.try_("-n", SYSTEM, "get", "configmaps", "-l", MARK, "-o", "name")
        return bool(done.stdout.strip())

    def _is_installed(self):
        return self.kubectl.try_("get", "namespace", SYSTEM).returncode == 0

    def _require_room(self):
        foreign = self._foreign_namespaces()
        if foreign:
            raise Failure(f"These namespaces exist already and are not the demo's: {', '.join(foreign)}.")
        if self._is_installed() and not self._is_installed_by_demo():
            raise Failure(f"Sluice is installed in this cluster already (namespace {SYSTEM}). The demo would replace it.")

    def prepare(self):
        """Images are made and pushed, an earlier demo is cleared away; returns the registry and the operator's image."""
        name, is_insecure = self._arguments.registry.rstrip("/"), self._arguments.insecure
        registry = images.Registry(name, name, is_insecure)
        self._teller.step(f"Images are built and pushed to {name}")
        images.make_shop()
        operator = self._arguments.image
        if not operator:
            self._teller.say(images.make_operator(self._teller.say))
            operator = images.push_operator(registry)
        self._teller.step("What an earlier demo has left is cleared away")
        self._delete_namespaces()
        mark(self.kubectl)
        return registry, operator

    def _delete_namespaces(self):
        self.kubectl.quiet("delete", "namespace", "-l", MARK, "--wait", "--timeout=180s")

    def remove(self):
        """Takes the demo's namespaces away, and Sluice if the demo installed it."""
        self._teller.step("The demo's namespaces go")
        self._delete_namespaces()
        if self._is_installed_by_demo():
            self._teller.step("Sluice goes, which the demo had installed")
            for folder in ("deploy", "crds"):
                self.kubectl.show("delete", "--ignore-not-found", "-k", folder, prints=False)
        self._teller.end_step()
