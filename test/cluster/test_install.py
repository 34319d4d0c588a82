"""What is installed: the manifests apply cleanly, twice, and the apiserver has nothing to say against them."""

import json
import os
import sys
import tempfile
import unittest

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402

DEPLOY, CRDS = os.path.join(cluster.ROOT, "deploy"), os.path.join(cluster.ROOT, "crds")
POLICIES = "/apis/admissionregistration.k8s.io/v1"


def render(folder):
    return list(yaml.safe_load_all(cluster.kubectl("kustomize", folder).stdout))


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()

    @classmethod
    def tearDownClass(cls):
        cls.api.close()

    def test_the_manifests_apply_without_a_warning(self):
        for folder in (CRDS, DEPLOY):
            done = cluster.apply_files("-k", folder, "--dry-run=server")
            self.assertEqual(done.stderr, "")

    def test_applying_again_changes_nothing(self):
        def versions():
            paths = [f"{POLICIES}/{plural}" for plural in ("mutatingadmissionpolicies", "validatingadmissionpolicies")]
            paths += ["/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/rbac.authorization.k8s.io/v1/clusterroles"]
            return {one["metadata"]["name"]: one["metadata"]["resourceVersion"]
                    for path in paths for one in self.api.get(path)["items"] if "sluice" in one["metadata"]["name"]}
        self.checked_policies()  # the controller-manager has written what it has to say of them
        before = versions()
        cluster.install()
        self.assertEqual(versions(), before)
        self.assertGreater(len(before), 10)

    def test_every_policy_has_a_binding_of_its_name_and_refuses_when_it_fails(self):
        for plural in ("mutatingadmissionpolicies", "validatingadmissionpolicies"):
            policies = {one["metadata"]["name"]: one["spec"] for one in self.api.get(f"{POLICIES}/{plural}")["items"]}
            bindings = self.api.get(f"{POLICIES}/{plural[:-3]}ybindings")["items"]
            self.assertEqual({one["metadata"]["name"]: one["spec"]["policyName"] for one in bindings}, {name: name for name in policies})
            for name, spec in policies.items():
                self.assertEqual(spec["failurePolicy"], "Fail", name)

    def checked_policies(self):
        def checked():
            items = self.api.get(f"{POLICIES}/validatingadmissionpolicies")["items"]
            return all(one.get("status", {}).get("observedGeneration") == one["metadata"]["generation"] for one in items) and items
        return cluster.eventually("the controller-manager has checked them", checked)

    def test_the_expressions_of_the_validating_policies_fit_the_types(self):
        for one in self.checked_policies():
            warnings = one["status"].get("typeChecking", {}).get("expressionWarnings", [])
            self.assertEqual(warnings, [], json.dumps(warnings, indent=1))

    def test_the_operator_s_pod_is_let_into_its_restricted_namespace(self):
        deployment = next(one for one in render(DEPLOY) if one["kind"] == "Deployment")
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "sluice-"}, "spec": deployment["spec"]["template"]["spec"]}
        self.api.create("/api/v1/namespaces/sluice-system/pods", pod, dry_run=True)
        pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
        with self.assertRaises(cluster.ApiError) as refusal:
            self.api.create("/api/v1/namespaces/sluice-system/pods", pod, dry_run=True)
        self.assertIn("violates PodSecurity", refusal.exception.message)

    def test_an_overlay_sets_the_image(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "kustomization.yaml"), "w") as file:
                yaml.safe_dump({"resources": [os.path.relpath(DEPLOY, folder)], "images": [
                    {"name": "sluice", "newName": "127.0.0.1:5000/sluice", "digest": "sha256:" + "0" * 64}]}, file)
            deployment = next(one for one in render(folder) if one["kind"] == "Deployment")
        image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        self.assertEqual(image, "127.0.0.1:5000/sluice@sha256:" + "0" * 64)


if __name__ == "__main__":
    cluster.main()
