"""The rights of the operator: what only its account may write, and what that may not do, by the answers of the apiserver."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from users import RBAC, WhoMay, channel, promotion, rule  # noqa: E402

STATUS = {"releasechannels": {"promotion": "forged"}, "promotions": {"phase": "Succeeded"}}


class OperatorOnly(WhoMay):
    def test_nobody_else_writes_a_status_even_with_the_right_to(self):
        mal = self.user("mal", rule(["patch", "update", "get"], ["releasechannels/status", "promotions/status"]))
        self.admin.create(cluster.promotions(self.here), promotion("watched"))
        for plural, name in (("releasechannels", "shop"), ("promotions", "watched")):
            path = f"{cluster.GROUP}/namespaces/{self.here}/{plural}/{name}"
            for one in (mal, self.admin):
                with self.subTest(plural=plural, by=one is mal), self.assert_refused(
                        f"may not write the status of {plural} {self.here}/{name}", f"only {cluster.OPERATOR} may"):
                    one.merge(path + "/status", {"status": STATUS[plural]})
            self.assertNotIn("status", self.admin.get(path))

    def test_a_status_that_comes_with_the_object_is_dropped(self):
        made = self.admin.create(cluster.channels(self.here), {**channel("with-status"), "status": {"promotion": "forged"}})
        self.assertNotIn("status", made)
        made["status"] = {"promotion": "forged"}
        self.assertNotIn("status", self.admin.replace(cluster.channels(self.here, "with-status"), made))

    def test_the_operator_writes_both(self):
        acting = cluster.operator()
        self.admin.create(cluster.promotions(self.here), promotion("written"))
        for plural, name in (("releasechannels", "shop"), ("promotions", "written")):
            path = f"{cluster.GROUP}/namespaces/{self.here}/{plural}/{name}"
            answer = acting.merge(path + "/status", {"status": STATUS[plural]})
            self.assertEqual(answer["status"], STATUS[plural])
            acting.merge(path + "/status", {"status": None})
        acting.close()

    def test_nobody_else_writes_the_pins(self):
        acting = cluster.operator()
        maps = f"/api/v1/namespaces/{self.here}/configmaps"
        mia = self.user("mia", rule(["*"], ["configmaps"], group=""))
        pins = {"metadata": {"name": "sluice-pins"}, "data": {"Deployment.web.web": "evil.example.com/web@sha256:" + "0" * 64}}
        tries = {
            "make": lambda api: api.create(maps, pins),
            "apply": lambda api: api.apply(maps + "/sluice-pins", {"apiVersion": "v1", "kind": "ConfigMap", **pins}, force=True),
            "replace": lambda api: api.replace(maps + "/sluice-pins", pins),
            "patch": lambda api: api.merge(maps + "/sluice-pins", {"data": pins["data"]}),
            "give it an owner": lambda api: api.merge(maps + "/sluice-pins", {"metadata": {"ownerReferences": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "00000000-0000-0000-0000-000000000000"}]}}),
            "freeze": lambda api: api.merge(maps + "/sluice-pins", {"immutable": True}),
            "delete": lambda api: api.delete(maps + "/sluice-pins"),
            "delete all": lambda api: api.delete(maps),
        }
        with self.assert_refused("may not write the ConfigMap"):
            tries["make"](mia)
        with self.assert_refused("may not write the ConfigMap"):
            tries["apply"](mia)
        cluster.write_pins(acting, self.here, {"Deployment.web.web": cluster.PROBE_IMAGE})
        before = self.admin.get(maps + "/sluice-pins")
        for what in ("apply", "replace", "patch", "give it an owner", "freeze", "delete", "delete all"):
            for one in (mia, self.admin):
                with self.subTest(what, by=one is mia), self.assert_refused(
                        f"the ConfigMap {self.here}/sluice-pins: only {cluster.OPERATOR} may", "sluice.dev/guard=off"):
                    tries[what](one)
        self.assertEqual(self.admin.get(maps + "/sluice-pins"), before)
        acting.close()

    def test_other_configmaps_are_nobody_s_business(self):
        maps = f"/api/v1/namespaces/{self.here}/configmaps"
        moe = self.user("moe", rule(["*"], ["configmaps"], group=""))
        moe.create(maps, {"metadata": {"name": "other", "labels": {"sluice.dev/pins": "true"}}})
        moe.merge(maps + "/other", {"data": {"a": "b"}})
        moe.delete(maps + "/other")

    def test_a_namespace_with_pins_can_be_deleted(self):
        acting = cluster.operator()
        with cluster.namespace("doomed") as name:
            cluster.write_pins(acting, name, {"Deployment.web.web": cluster.PROBE_IMAGE})
        acting.close()

        def is_gone():
            try:
                self.admin.get(f"/api/v1/namespaces/{name}")
            except cluster.ApiError as error:
                return error.code == 404
            return False
        cluster.eventually(f"the namespace {name} is gone", is_gone)

    def test_where_the_guard_is_off_the_pins_may_be_deleted_and_not_written(self):
        acting = cluster.operator()
        with cluster.namespace("off", {"sluice.dev/guard": "off"}) as name:
            maps = f"/api/v1/namespaces/{name}/configmaps"
            cluster.write_pins(acting, name, {"Deployment.web.web": cluster.PROBE_IMAGE})
            with self.assert_refused("may not write the ConfigMap"):
                self.admin.merge(maps + "/sluice-pins", {"data": {"a": "b"}})
            self.admin.delete(maps + "/sluice-pins")
        acting.close()


def _try_as_operator(case, method, path, body, manager_query=""):
    acting = cluster.operator()
    path = path.replace("HERE", case.here)
    content = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
    try:
        with case.assert_refused("cannot "):
            acting.call(method, path + manager_query, body, content)
    finally:
        acting.close()


APPLY = "?fieldManager=sluice&force=true"
WORKLOAD = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "new"}, "spec": {
    "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
                                                          "spec": {"containers": [{"name": "c", "image": "d"}]}}}}

# (what the operator can not do, method, path, body, query)
BEYOND = [
    ("list all Secrets", "GET", "/api/v1/secrets", None),
    ("list a namespace's Secrets", "GET", "/api/v1/namespaces/HERE/secrets", None),
    ("read a Secret where nobody allowed it", "GET", "/api/v1/namespaces/HERE/secrets/registry-read", None),
    ("make a workload", "PATCH", "/apis/apps/v1/namespaces/HERE/deployments/new", WORKLOAD, APPLY),
    ("delete a workload", "DELETE", "/apis/apps/v1/namespaces/HERE/deployments/web", None),
    ("write another ConfigMap", "PATCH", "/api/v1/namespaces/HERE/configmaps/other",
     {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}, APPLY),
    ("list the ConfigMaps", "GET", "/api/v1/configmaps", None),
    ("read another ConfigMap by name", "GET", "/api/v1/namespaces/HERE/configmaps/other", None),
    ("delete the pins", "DELETE", "/api/v1/namespaces/HERE/configmaps/sluice-pins", None),
    ("change a channel", "PATCH", cluster.channels("HERE", "shop"), channel(suspended=True), APPLY),
    ("delete a channel", "DELETE", cluster.channels("HERE", "shop"), None),
    ("make a pod", "POST", "/api/v1/namespaces/HERE/pods", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "d"}]}}),
    ("change a namespace", "PATCH", "/api/v1/namespaces/HERE", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "HERE"}}, APPLY),
    ("change a policy", "DELETE", "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/sluice-pin-guard", None),
    ("write another's Lease", "PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sluice",
     {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "sluice"}}, APPLY),
    ("give itself rights", "POST", f"{RBAC}/clusterrolebindings", {"metadata": {"name": "x"}, "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}, "subjects": []}),
]


@cluster.rows([(f"the operator can not {what}", *row) for what, *row in BEYOND], _try_as_operator)
class Operator(WhoMay):
    def test_a_namespace_s_admin_lets_it_read_secrets_there_and_only_there(self):
        with open(os.path.join(cluster.ROOT, "deploy", "secrets-rolebinding.yaml")) as file:
            cluster.kubectl("apply", "-n", self.there, "-f", "-", stdin=file.read())
        for name in (self.here, self.there):
            self.admin.create(f"/api/v1/namespaces/{name}/secrets", {"metadata": {"name": "registry-read"}})
        acting = cluster.operator()
        cluster.eventually("it may read the Secret", lambda: acting.get(f"/api/v1/namespaces/{self.there}/secrets/registry-read"))
        with self.assert_refused("cannot list"):
            acting.get(f"/api/v1/namespaces/{self.there}/secrets")
        with self.assert_refused("cannot get"):
            acting.get(f"/api/v1/namespaces/{self.here}/secrets/registry-read")
        acting.close()

    def test_it_can_do_what_its_work_needs(self):
        acting = cluster.operator()
        name = self.here
        cluster.write_pins(acting, name, {"Deployment.web.web": cluster.PROBE_IMAGE})
        acting.get(f"/api/v1/namespaces/{name}/configmaps/sluice-pins")
        for path in ("/api/v1/configmaps?fieldSelector=metadata.name%3Dsluice-pins", "/api/v1/pods?labelSelector=sluice.dev/no-release",
                     "/api/v1/namespaces?labelSelector=sluice.dev/guard%3Doff", "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets",
                     "/apis/apps/v1/daemonsets", "/apis/batch/v1/cronjobs", "/api/v1/services",
                     "/apis/autoscaling/v2/horizontalpodautoscalers", f"{cluster.GROUP}/releasechannels", f"{cluster.GROUP}/promotions",
                     *(f"/apis/admissionregistration.k8s.io/v1/{plural}?fieldSelector=metadata.name%3D{one}" for plural, one in (
                         ("mutatingadmissionpolicies", "sluice-pin-guard"), ("mutatingadmissionpolicybindings", "sluice-pin-guard"),
                         ("validatingadmissionpolicies", "sluice-who-may"), ("validatingadmissionpolicybindings", "sluice-who-may"))),
                     "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases?fieldSelector=metadata.name%3Dsluice"):
            with self.subTest(path):
                acting.get(path)
        made = self.admin.create(f"/apis/apps/v1/namespaces/{name}/deployments", {**WORKLOAD, "metadata": {"name": "web"}})
        acting.apply(f"/apis/apps/v1/namespaces/{name}/deployments/web", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": made["metadata"]["uid"]},
            "spec": {"template": {"spec": {"containers": [{"name": "c", "image": cluster.PROBE_IMAGE}]}}}}, "sluice", True)
        acting.apply(f"/api/v1/namespaces/{name}/services/web", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                                                                 "spec": {"ports": [{"port": 80}]}}, "sluice", True)
        acting.delete(f"/api/v1/namespaces/{name}/services/web")
        acting.create(cluster.promotions(name), {**cluster.PROBE_PROMOTION, "metadata": {"name": "old"}})
        acting.delete(cluster.promotions(name, "old"))
        scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {
            "maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}
        acting.apply(f"/apis/autoscaling/v2/namespaces/{name}/horizontalpodautoscalers/web", scaler, "sluice", True)
        acting.delete(f"/apis/autoscaling/v2/namespaces/{name}/horizontalpodautoscalers/web")
        leases = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases"
        if not any(one["metadata"]["name"] == "sluice" for one in self.admin.get(leases)["items"]):
            acting.create(leases, {"metadata": {"name": "sluice"}})
            self.addCleanup(self.admin.delete, leases + "/sluice")
        acting.merge(leases + "/sluice", {"metadata": {"labels": {"test": "yes"}}})
        acting.create(f"/apis/events.k8s.io/v1/namespaces/{name}/events", {
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"generateName": "shop-"}, "action": "Promote", "type": "Normal",
            "reason": "Pinned", "eventTime": "2026-11-24T10:00:00.000000Z", "reportingController": "sluice.dev/sluice",
            "reportingInstance": "sluice-0", "regarding": {"kind": "ReleaseChannel", "namespace": name, "name": "shop"}})
        acting.close()

    def test_it_changes_no_workload_s_pins_by_creating_a_deleted_one(self):
        acting = cluster.operator()
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "gone", "uid": "00000000-0000-0000-0000-000000000001"},
                "spec": {"template": {"spec": {"containers": [{"name": "c", "image": cluster.PROBE_IMAGE}]}}}}
        with self.assertRaises(cluster.ApiError) as refusal:
            acting.apply(f"/apis/apps/v1/namespaces/{self.here}/deployments/gone", body, "sluice", True)
        self.assertEqual(refusal.exception.code, 409, refusal.exception.message)
        acting.close()


class Account(WhoMay):
    def test_the_operator_s_own_token_is_what_the_policies_mean(self):
        token = cluster.kubectl("create", "token", "sluice", "-n", "sluice-system").stdout.strip()
        who = subprocess.run(["kubectl", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", "--token", token,
                              "--kubeconfig", self._bare_kubeconfig()], text=True, capture_output=True, timeout=60)
        self.assertEqual(who.stdout, cluster.OPERATOR, who.stderr)

    def _bare_kubeconfig(self):
        """The kubeconfig without its user, so that only the token counts."""
        import json
        import tempfile
        import yaml
        with open(os.environ["KUBECONFIG"]) as file:
            config = yaml.safe_load(file)
        config["users"] = [{"name": config["users"][0]["name"], "user": {}}]
        bare = tempfile.NamedTemporaryFile("w", suffix=".kubeconfig")
        self.addCleanup(bare.close)
        bare.write(json.dumps(config))
        bare.flush()
        return bare.name


if __name__ == "__main__":
    cluster.main()
