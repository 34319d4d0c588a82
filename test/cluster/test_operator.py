"""The operator on a real cluster: pods, digests, pins. What runs is asked of the pods, not of the operator."""

import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import REGISTRY, WEB, Case, Images, by_digest, channel, promotion, workload  # noqa: E402

EVIL = f"{REGISTRY}/test/web:evil"


class Channels(Case):
    def test_every_kind_of_workload_waits_and_is_pinned(self):
        kinds = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
        for kind in kinds:
            self.make(workload(kind, kind.lower(), replicas=1))
        self.make(channel(workloads=[{"kind": kind, "name": kind.lower(), "containers": {"web": "web"}} for kind in kinds]))
        cluster.eventually("the stateful pod waits behind the gate", lambda: any(
            pod["metadata"]["name"] == "statefulset-0" and pod["spec"].get("schedulingGates") for pod in self.pods()))
        self.assertEqual(self.running_digests(), set())
        digest = Images.web("1.0.0")
        self.bring("first", digest)
        for kind in kinds:
            self.assertEqual(self.image(kind, kind.lower()), f"{WEB}@{digest}")
        self.assertEqual(self.running_digests(), {digest})
        self.assertFalse(any(pod["spec"].get("schedulingGates") for pod in self.pods()))

    def test_an_init_container_is_pinned_too(self):
        body = workload("Deployment", replicas=1)
        body["spec"]["template"]["spec"]["initContainers"] = [{"name": "migrate", "args": ["--version"]}]
        self.make(body)
        self.make(channel(workloads=[{"kind": "Deployment", "name": "web", "containers": {"web": "web", "migrate": "web"}}]))
        self.make(by_digest("first", Images.web("1.0.0")))
        cluster.eventually("both carry the pin", lambda: self.init_image() == self.image() == f"{WEB}@{Images.web('1.0.0')}")

    def init_image(self):
        spec = self.api.get(self.path("Deployment", "web"))["spec"]["template"]["spec"]
        return spec["initContainers"][0].get("image")

    def test_an_index_is_pinned_as_such(self):
        digest = Images.web("index", index=True)
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.make(promotion("by-tag", artifacts=[{"name": "web", "tag": "index"}]))
        status = self.wait_phase("by-tag", "Succeeded")
        self.assertEqual(status["release"]["artifacts"][0]["digest"], digest)
        self.assertEqual(self.image(), f"{WEB}@{digest}")

    def test_nobody_changes_a_digest_while_the_operator_runs_and_while_it_is_down(self):
        digest = Images.web("1.0.0")
        self.make(workload("Deployment"))
        self.make(channel())
        self.bring("first", digest)
        seen = Watcher(self)
        self.try_to_break_in()
        self.operator.stop()
        try:
            self.try_to_break_in()
            self.assertEqual(self.image(), f"{WEB}@{digest}")
        finally:
            self.operator.start()
        seen.finish()
        self.assertEqual(seen.digests, {digest})
        self.assertEqual(seen.images, {f"{WEB}@{digest}"})

    def try_to_break_in(self):
        cluster.kubectl("-n", self.namespace, "set", "image", "deployment/web", f"web={EVIL}")
        self.api.apply(self.path("Deployment", "web"), workload("Deployment", image=EVIL), "gitops", force=True)
        cluster.kubectl("-n", self.namespace, "label", "deployment/web", "sluice.dev/channel-")
        cluster.kubectl("-n", self.namespace, "set", "image", "deployment/web", f"web={EVIL}")

    def test_a_restart_of_the_apiserver_in_a_rollout_brings_no_wrong_digest(self):
        one, two = Images.web("1.0.0"), Images.web("2.0.0")
        self.make(workload("Deployment", replicas=3))
        self.make(channel())
        self.bring("first", one)
        seen = Watcher(self)
        self.make(by_digest("second", two))
        with cluster.apiserver_killed() as start:
            start()
        self.wait_phase("second", "Succeeded")
        seen.finish()
        self.assertLessEqual(seen.digests, {one, two})
        cluster.eventually("only the new one runs", lambda: self.running_digests() == {two})

    def test_pins_that_move_quickly_never_bring_another_image(self):
        """the guard's view of the pins lags by milliseconds: what it admits then is the old pin, and it is applied again"""
        pair = [Images.web("1.0.0"), Images.web("2.0.0")]
        self.make(workload("Deployment", replicas=0))
        self.make(channel())
        seen = Watcher(self)
        for i in range(12):
            self.bring(f"move-{i}", pair[i % 2])
            self.assertEqual(self.image(), f"{WEB}@{pair[i % 2]}")
        seen.finish()
        self.assertLessEqual(seen.images, {f"{WEB}@{one}" for one in pair} | {"sluice.dev/no-release:none"})

    def test_two_channels_of_a_namespace_share_its_pins(self):
        digest = Images.web("1.0.0")
        for name in ("a", "b"):
            self.make(workload("Deployment", name, channel=name, replicas=1))
            self.make(channel(name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}]))
        for name in ("a", "b"):
            self.make(by_digest(f"to-{name}", digest, to=name))
        for name in ("a", "b"):
            self.wait_phase(f"to-{name}", "Succeeded")
        pins = self.api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins")["data"]
        self.assertEqual(pins, {"Deployment.a.web": f"{WEB}@{digest}", "Deployment.b.web": f"{WEB}@{digest}"})

    def test_a_deleted_channel_gives_its_pins_up_and_its_workload_runs_on(self):
        digest = Images.web("1.0.0")
        self.make(workload("Deployment", replicas=1))
        self.make(channel(routing={"service": {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}))
        self.bring("first", digest)
        self.api.delete(cluster.channels(self.namespace, "shop"))
        cluster.eventually("the pins go", lambda: not self.api.get(
            f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins").get("data"))
        cluster.eventually("the Service goes", lambda: not self.api.get(
            f"/api/v1/namespaces/{self.namespace}/services")["items"])
        self.assertEqual(self.running_digests(), {digest})

    def test_a_foreign_service_of_that_name_is_left_alone(self):
        self.make(workload("Deployment", replicas=1))
        self.api.create(f"/api/v1/namespaces/{self.namespace}/services", {"metadata": {"name": "web"}, "spec": {
            "selector": {"app": "other"}, "ports": [{"port": 9}]}})
        self.make(channel(routing={"service": {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80}]}}))
        stalled = self.wait_condition("Stalled", "ApplyRefused")
        self.assertIn("web", stalled["message"])
        service = self.api.get(f"/api/v1/namespaces/{self.namespace}/services/web")
        self.assertEqual((service["spec"]["selector"], service["spec"]["ports"][0]["port"]), ({"app": "other"}, 9))

    def test_when_there_is_nothing_to_do_nothing_is_written(self):
        self.make(workload("Deployment", replicas=1))
        self.make(channel(intake={"interval": "10s", "tags": {"artifact": "web", "semver": ">=1.0.0 <2"}}, promotion={"mode": "Automatic"}))
        Images.web("1.0.0")
        self.wait_condition("Ready", "Running")
        self.quiet(15)

    def test_the_emergency_way_out_frees_a_namespace(self):
        digest = Images.web("1.0.0")
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.bring("first", digest)
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"suspended": True}})
        cluster.kubectl("label", "namespace", self.namespace, "sluice.dev/guard=off")
        cluster.eventually("the status says so", lambda: self.status()["guard"] == "FieldOwnership")
        other = f"{WEB}@{Images.web('2.0.0')}"

        def set_image():
            cluster.kubectl("-n", self.namespace, "set", "image", "deployment/web", f"web={other}")
            return self.image() == other
        cluster.eventually("another image can be set", set_image)
        time.sleep(2)
        self.assertEqual(self.image(), other)
        cluster.kubectl("label", "namespace", self.namespace, "sluice.dev/guard-")
        self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"suspended": False}})
        cluster.eventually("the pin is back", lambda: self.image() == f"{WEB}@{digest}")


class Watcher:
    """Looks at all pods and the Deployment of a case's namespace, again and again, until it is told to finish or the test is over."""

    def __init__(self, case):
        self.digests, self.images = set(), set()
        self._case, self._over = case, threading.Event()
        self._api = cluster.api()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        case.addCleanup(self.finish)

    def _look(self):
        base = f"/namespaces/{self._case.namespace}"
        while not self._over.is_set():
            try:
                for pod in self._api.get(f"/api/v1{base}/pods")["items"]:
                    for one in pod.get("status", {}).get("containerStatuses", []):
                        self.digests.update([one["imageID"].rsplit("@", 1)[1]] if one.get("imageID") else [])
                web = self._api.get(f"/apis/apps/v1{base}/deployments/web")
                self.images.add(web["spec"]["template"]["spec"]["containers"][0]["image"])
            except (cluster.ApiError, OSError, cluster.http.client.HTTPException):
                pass
            time.sleep(0.05)

    def finish(self):
        self._over.set()
        self._thread.join()
        self._api.close()


if __name__ == "__main__":
    cluster.main()
