"""A server that does not know MutatingAdmissionPolicy (before 1.36): what still holds there, without the operator.

It always brings up a cluster of its own, with that kind of policy switched off.
"""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from guarding import EVIL, JOBS, SIDE, WEB, manifest  # noqa: E402


def promotion(name, **spec):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": name},
            "spec": {"channel": "shop", "release": "r-0a1b2c3d4e", **spec}}


class WithoutGuard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()
        cls._namespace = cluster.namespace("bare")
        cls.namespace = cls._namespace.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._namespace.__exit__(None, None, None)
        cls.api.close()

    def workloads(self, name=""):
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments" + (f"/{name}" if name else "")

    def test_the_server_really_has_no_such_policy(self):
        self.assertFalse(cluster.has_guard())

    def test_a_requester_may_stay_unnamed(self):
        made = self.api.create(cluster.promotions(self.namespace), promotion("unnamed"))
        self.assertNotIn("requestedBy", made["spec"])

    def test_a_requester_may_name_himself(self):
        own = self.api.whoami()
        made = self.api.create(cluster.promotions(self.namespace), promotion("named", requestedBy=own))
        self.assertEqual(made["spec"]["requestedBy"], own)

    def test_a_requester_may_not_name_somebody_else(self):
        with self.assertRaises(cluster.ApiError) as refusal:
            self.api.create(cluster.promotions(self.namespace), promotion("forged", requestedBy="alice"))
        self.assertIn(f"spec.requestedBy says 'alice', but the user is '{self.api.whoami()}'; leave it out", refusal.exception.message)

    def test_an_approval_names_its_writer(self):
        """nobody writes the name for him here; another's name is refused, and so is none"""
        path, acting = cluster.promotions(self.namespace, "approved"), cluster.operator()
        self.api.create(cluster.promotions(self.namespace), promotion("approved"))
        acting.merge(path + "/status", {"status": {"phase": "Waiting", "release": {"id": "r-0a1b2c3d4e"}}})
        acting.close()
        for user, part in (({}, "user"), ({"user": "alice"}, "may not speak for 'alice'")):
            with self.subTest(part), self.assertRaises(cluster.ApiError) as refusal:
                self.api.json_patch(path, [{"op": "add", "path": "/spec/approvals/-", "value": {"decision": "Approve", **user}}])
            self.assertIn(part, refusal.exception.message)
        own = {"decision": "Approve", "user": self.api.whoami()}
        made = self.api.json_patch(path, [{"op": "add", "path": "/spec/approvals/-", "value": own}])
        self.assertEqual(made["spec"]["approvals"], [own])

    def test_who_may_promote_is_asked_all_the_same(self):
        nobody = cluster.api("nobody")
        with self.assertRaises(cluster.ApiError) as refusal:
            nobody.create(cluster.promotions(self.namespace), promotion("by-nobody"))
        nobody.close()
        self.assertEqual(refusal.exception.code, 403)

    def test_the_pins_and_the_status_are_the_operator_s_all_the_same(self):
        acting = cluster.operator()
        cluster.write_pins(acting, self.namespace, {"Deployment.web.web": WEB})
        acting.close()
        with self.assertRaises(cluster.ApiError) as refusal:
            self.api.merge(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins", {"data": {"Deployment.web.web": EVIL}})
        self.assertIn(f"only {cluster.OPERATOR} may", refusal.exception.message)

    def test_a_workload_without_an_image_is_refused_as_ever(self):
        with self.assertRaises(cluster.ApiError) as refusal:
            self.api.create(self.workloads(), manifest("Deployment", "bare"))
        self.assertIn("image: Required value", refusal.exception.message)

    def test_an_apply_without_force_is_told_who_owns_the_image(self):
        self.api.apply(self.workloads("owned"), manifest("Deployment", "owned", web=EVIL, migrate=JOBS, side=SIDE), "gitops")
        acting = cluster.operator()
        with self.assertRaises(cluster.ApiError) as refusal:
            acting.apply(self.workloads("owned"), {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "owned"}, "spec": {
                "template": {"spec": {"containers": [{"name": "web", "image": WEB}]}}}}, "sluice")
        acting.close()
        self.assertEqual(refusal.exception.code, 409)
        self.assertIn('conflict with "gitops"', refusal.exception.message)


if __name__ == "__main__":
    cluster.main(own="noguard", flags=("--no-metrics", "--no-dns", "--disable-admission-policies"), always_own=True)
