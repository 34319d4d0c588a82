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
OFTEN = 10
MORE = 2  # writes than one for each time that somebody has done something
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}


class Others(Disturbed):
    @contextlib.contextmanager
    def foreign(self, do):
        """Somebody who does this ten times a second, for some seconds. Yields a list, an entry for each time that it was done."""
        ending, done = threading.Event(), []

        def work():
            api = cluster.api()
            while not ending.wait(PAUSE_S):
                with contextlib.suppress(cluster.ApiError):
                    done.append(do(api))
            api.close()
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield done
            time.sleep(FOREIGN_S)
        finally:
            ending.set()
            thread.join()

    def undisturbed(self):
        """How many writes a promotion takes that nothing happens to: the more of two."""
        counts = []
        for name, digest in (("forth", self.two), ("back", self.one)):
            self.settles()
            before = len(self.landed())
            self.bring(name, digest)
            self.settles()
            counts.append(len(self.landed()) - before)
        return max(counts)

    def bounded(self, before, most, done):
        """So many writes at most since then, while somebody did that again and again."""
        self.settles()
        self.assertGreater(len(done), OFTEN)
        writes = len(self.landed()) - before
        print(f"    done {len(done)} times, {writes} writes, {most} at most", flush=True)
        self.assertLessEqual(writes, most, self.operator.log())

    def is_made_good(self, do):
        """What somebody does again and again is made good by one write each time."""
        before = len(self.landed())
        with self.foreign(do) as done:
            pass
        self.bounded(before, len(done) + MORE, done)

    @fault("a foreign writer")
    def test_an_image_that_somebody_sets_again_and_again(self):
        """an image is set again and again while another release rolls out"""
        self.begin()
        path = self.path("Deployment", "web")
        body = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": f"{WEB}@{self.one}"}]}}}}
        writes = self.undisturbed()
        before = len(self.landed())
        with self.foreign(lambda api: api.call("PATCH", path, body, "application/strategic-merge-patch+json")) as done:
            self.make(by_digest("second", self.two))
            self.wait_phase("second", "Succeeded")
        self.bounded(before, writes + MORE, done)
        self.converges()

    def autoscaled(self):
        """The path of the autoscaler that the channel has from now on."""
        self.api.merge(cluster.channels(self.namespace, "shop"),
                       {"spec": {"autoscaling": [{"workload": "web", "minReplicas": 1, "maxReplicas": 3, "metrics": [METRIC]}]}})
        path = f"/apis/autoscaling/v2/namespaces/{self.namespace}/horizontalpodautoscalers/web"
        cluster.eventually("there is an autoscaler", lambda: self.api.get(path))
        return path

    @fault("a foreign writer")
    def test_an_autoscaler_that_somebody_edits_or_deletes_again_and_again(self):
        self.begin()
        path = self.autoscaled()
        for do in (lambda api: api.merge(path, {"spec": {"maxReplicas": 9}}), lambda api: api.delete(path)):
            with self.one_run():
                self.is_made_good(do)
                self.assertEqual(self.api.get(path)["spec"]["maxReplicas"], 3)
        self.ends_well("first", self.one)
        self.is_at_rest()

    @fault("a foreign writer")
    def test_a_service_that_somebody_edits_or_deletes_again_and_again(self):
        self.begin()
        self.api.merge(cluster.channels(self.namespace, "shop"),
                       {"spec": {"routing": {"service": {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80}]}}}})
        path = f"/api/v1/namespaces/{self.namespace}/services/web"
        selector = cluster.eventually("there is a Service", lambda: self.api.get(path))["spec"]["selector"]
        for do in (lambda api: api.merge(path, {"spec": {"selector": {"app": "another"}}}), lambda api: api.delete(path)):
            with self.one_run():
                self.is_made_good(do)
                self.assertEqual(self.api.get(path)["spec"]["selector"], selector)
        self.ends_well("first", self.one)
        self.is_at_rest()

    @fault("a foreign writer")
    def test_labels_that_somebody_takes_away_again_and_again(self):
        self.begin()
        path = self.path("Deployment", "web")
        writes = self.undisturbed()
        before = len(self.landed())
        with self.foreign(lambda api: api.merge(path, {"metadata": {"labels": {"sluice.dev/channel": None}}})) as done:
            self.make(by_digest("second", self.two))
        self.bounded(before, writes + len(done) + MORE, done)
        self.converges()

    def made_again(self, path, body, hold, cause=None):
        """The object is deleted and made again under its name while a write about it is on its way, which the cause brings about."""
        rule = self.proxy.rule(hold, {"kind": "hold", "at": "request"})
        (cause or (lambda: self.make(by_digest("second", self.two))))()
        held = rule.wait_held()
        old = self.api.get(path)["metadata"]["uid"]
        self.api.delete(path)
        cluster.eventually("it is gone", lambda: self.is_gone(path))
        new = self.api.create(os.path.dirname(path), body)["metadata"]["uid"]
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

    @fault("made again under its name")
    def test_an_autoscaler_is_made_again_while_it_is_deleted(self):
        """the channel wants no autoscaler any more, and somebody has made another one under its name: that one stays"""
        self.begin()
        path = self.autoscaled()
        body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": self.api.get(path)["spec"]}
        self.made_again(path, body, self.here(resource="horizontalpodautoscalers", method="DELETE", nth=1),
                        lambda: self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"autoscaling": None}}))
        self.bring("second", self.two)
        self.converges()
        self.assertFalse(self.is_gone(path))

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
