"""The pin guard below the workload: pods, and the ReplicaSets of a Deployment, keep the images that are pinned."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from guarding import EVIL, JOBS, KINDS, WEB, Guard, manifest, template_of  # noqa: E402


class Pods(Guard):
    """Below the workload: its pods, and the ReplicaSet of a Deployment. A gate of somebody else keeps them off the node."""

    def workload(self, kind, name="web"):
        body = manifest(kind, name, web=WEB, migrate=JOBS)
        if "replicas" in body["spec"]:
            body["spec"]["replicas"] = 1
        template_of(body)["spec"]["schedulingGates"] = [{"name": "example.com/never"}]
        if kind == "CronJob":  # what its controller makes at the hour
            body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"{name}-29000000"},
                    "spec": body["spec"]["jobTemplate"]["spec"]}
            template_of(body)["metadata"] = {"labels": {"app": name}}
            return self.api.create(f"/apis/batch/v1/namespaces/{self.namespace}/jobs", body)
        return self.create(body)

    def child(self, list_path):
        """The path of the one object in that list."""
        found = cluster.eventually("its controller has made it", lambda: self.api.get(list_path)["items"])
        return f"{list_path}/{found[0]['metadata']['name']}"

    def assert_held(self, path, root):
        for where in ("containers/1", "initContainers/0"):
            with self.assertRaises(cluster.ApiError) as refusal:
                self.api.json_patch(path, [{"op": "replace", "path": f"{root}/{where}/image", "value": EVIL}])
            self.assertEqual(refusal.exception.code, 403, refusal.exception.message)
            self.assertIn("is pinned to registry.example.com/shop/", refusal.exception.message)
            self.assertIn("make a Promotion instead", refusal.exception.message)
        self.api.json_patch(path + "?dryRun=All", [{"op": "replace", "path": f"{root}/containers/0/image", "value": EVIL}])
        self.api.merge(path, {"metadata": {"annotations": {"a": "b"}}})

    def test_pods_of_others_are_left_alone(self):
        self.pin_all_kinds()
        self.workload("Deployment", "other")
        path = self.child(f"/api/v1/namespaces/{self.namespace}/pods")
        self.api.json_patch(path, [{"op": "replace", "path": "/spec/containers/1/image", "value": EVIL}])

    def test_a_replica_set_s_pinned_image_is_not_changed(self):
        self.pin_all_kinds()
        self.workload("Deployment")
        self.assert_held(self.child(f"/apis/apps/v1/namespaces/{self.namespace}/replicasets"), "/spec/template/spec")


def _pod_is_held(case, kind):
    case.pin_all_kinds()
    case.workload(kind)
    case.assert_held(case.child(f"/api/v1/namespaces/{case.namespace}/pods"), "/spec")


cluster.rows([(f"a pod of a {kind} keeps its pinned image", kind) for kind in KINDS], _pod_is_held)(Pods)


if __name__ == "__main__":
    cluster.main()
