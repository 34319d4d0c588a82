"""Others at work in the same namespace: a foreign writer that does not rest, objects that are deleted and made again, a namespace that goes."""

import contextlib
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import WEB, Disturbed, by_digest, channel, cluster, fault, load_tests, workload  # noqa: E402, F401

FOREIGN_S, PAUSE_S = 5, 0.1
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}


class Others(Disturbed):
    @contextlib.contextmanager
    def foreign(self, do):
        """Somebody who does this ten times a second, for some seconds."""
        ending = threading.Event()

        def work():
            api = cluster.api()
            while not ending.wait(PAUSE_S):
                with contextlib.suppress(cluster.ApiError):
                    do(api)
            api.close()
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
            time.sleep(FOREIGN_S)
        finally:
            ending.set()
            thread.join()

    def bounded(self, before, most):
        self.assertLessEqual(len(self.landed()) - before, most, self.operator.log())

    @fault("a foreign writer")
    def test_an_image_that_somebody_sets_again_and_again(self):
        """an image is set again and again while another release rolls out"""
        self.begin()
        path = self.path("Deployment", "web")
        body = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": f"{WEB}@{self.one}"}]}}}}
        before = len(self.landed())
        with self.foreign(lambda api: api.call("PATCH", path, body, "application/strategic-merge-patch+json")):
            self.make(by_digest("second", self.two))
            self.wait_phase("second", "Succeeded")
        self.bounded(before, 20)
        self.converges()

    @fault("a foreign writer")
    def test_an_autoscaler_that_somebody_edits_or_deletes_again_and_again(self):
        self.begin()
        self.api.merge(cluster.channels(self.namespace, "shop"),
                       {"spec": {"autoscaling": [{"workload": "web", "minReplicas": 1, "maxReplicas": 3, "metrics": [METRIC]}]}})
        path = f"/apis/autoscaling/v2/namespaces/{self.namespace}/horizontalpodautoscalers"
        name = cluster.eventually("there is an autoscaler", lambda: self.api.get(path)["items"])[0]["metadata"]["name"]
        for number, do in enumerate((lambda api: api.merge(f"{path}/{name}", {"spec": {"maxReplicas": 9}}), lambda api: api.delete(f"{path}/{name}"))):
            with self.one_run():
                before = len(self.landed())
                with self.foreign(do):
                    pass
                self.bounded(before, 3 * FOREIGN_S / PAUSE_S)
                cluster.eventually("it is as it should be", lambda: self.api.get(f"{path}/{name}")["spec"]["maxReplicas"] == 3)
        self.ends_well("first", self.one)
        self.is_at_rest()

    @fault("a foreign writer")
    def test_labels_that_somebody_takes_away_again_and_again(self):
        self.begin()
        path = self.path("Deployment", "web")
        before = len(self.landed())
        with self.foreign(lambda api: api.merge(path, {"metadata": {"labels": {"sluice.dev/channel": None}}})):
            self.make(by_digest("second", self.two))
        self.bounded(before, 3 * FOREIGN_S / PAUSE_S)
        self.converges()

    def made_again(self, path, body, hold):
        """The object is deleted and made again under its name while a write about it is on its way."""
        rule = self.proxy.rule(hold, {"kind": "hold", "at": "request"})
        self.make(by_digest("second", self.two))
        held = rule.wait_held()
        old = self.api.get(path)["metadata"]["uid"]
        self.api.delete(path)
        cluster.eventually("it is gone", lambda: self.is_gone(path))
        new = self.make(body)["metadata"]["uid"]
        rule.release()
        self.assertNotEqual(old, new)
        record = cluster.eventually("the write has come to its end", lambda: self.proxy.records(id=held["id"]))[0]
        self.assertIn(record["code"], (404, 409, 422))  # 422: a built-in kind says so of another uid

    def is_gone(self, path):
        try:
            self.api.get(path)
        except cluster.ApiError as error:
            return error.code == 404
        return False

    @fault("made again under its name")
    def test_a_promotion_is_made_again_while_its_status_is_written(self):
        self.begin()
        self.made_again(cluster.promotions(self.namespace, "second"), by_digest("second", self.two),
                        self.here(resource="promotions", name="second", subresource="status", nth=1))
        self.converges()

    @fault("made again under its name")
    def test_a_channel_is_made_again_while_its_status_is_written(self):
        self.begin()
        self.made_again(cluster.channels(self.namespace, "shop"), channel(), self.here(resource="releasechannels", subresource="status", nth=1))
        self.converges()

    @fault("made again under its name")
    def test_a_workload_is_made_again_while_it_is_pinned(self):
        self.begin()
        body = self.api.get(self.path("Deployment", "web"))
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"sluice.dev/channel": "shop"}}, "spec": body["spec"]}
        self.made_again(self.path("Deployment", "web"), body, self.here(resource="deployments", write=True, nth=1))
        self.converges()

    @fault("a namespace that goes")
    def test_a_namespace_goes_in_the_middle_of_a_rollout(self):
        self.begin()
        for nth in range(1, 6):
            with self.one_run():
                made = self.api.create("/api/v1/namespaces", {"metadata": {"generateName": "gone-"}})
                namespace = made["metadata"]["name"]
                self.make(channel(), namespace)
                self.api.create(self.path("Deployment", namespace=namespace), workload("Deployment", replicas=0))
                rule = self.proxy.rule({"namespace": namespace, "write": True, "nth": nth}, {"kind": "hold", "at": "request"})
                self.make(by_digest("first", self.one), namespace)
                rule.wait_held()
                self.api.delete(f"/api/v1/namespaces/{namespace}")
                time.sleep(0.5)
                rule.release()
                cluster.eventually("it is gone", lambda: self.is_gone(f"/api/v1/namespaces/{namespace}"))
        self.bring("second", self.two)
        self.ends_well("second", self.two)
        self.is_at_rest()

    @fault("a finalizer that is stuck")
    def test_a_promotion_that_cannot_go_holds_nothing_up(self):
        self.begin()
        body = by_digest("second", self.two)
        body["metadata"]["finalizers"] = ["example.com/stuck"]
        rule = self.proxy.rule(self.here(write=True, resource="configmaps", nth=1), {"kind": "hold", "at": "request"})
        self.make(body)
        rule.wait_held()
        self.api.delete(cluster.promotions(self.namespace, "second"))
        rule.release()
        self.make(by_digest("third", self.two))
        self.ends_well("third", self.two)
        self.is_at_rest()
        self.api.merge(cluster.promotions(self.namespace, "second"), {"metadata": {"finalizers": None}})
        cluster.eventually("it is gone", lambda: self.is_gone(cluster.promotions(self.namespace, "second")))
        self.is_at_rest()


if __name__ == "__main__":
    cluster.main(own="faults")
