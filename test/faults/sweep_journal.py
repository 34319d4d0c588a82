"""A journal of what happens in a cluster, by watches of the harness's own, beside the proxy: nothing that is done to the operator is done to it."""

import collections
import http.client
import json
import threading
import time

import cluster

# kind → where it is listed. In this order the journal's watches begin.
KINDS = {
    "ReleaseChannel": "/apis/sluice.dev/v1alpha1/releasechannels",
    "Promotion": "/apis/sluice.dev/v1alpha1/promotions",
    "Deployment": "/apis/apps/v1/deployments",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "CronJob": "/apis/batch/v1/cronjobs",
    "Pod": "/api/v1/pods",
    "ConfigMap": "/api/v1/configmaps",
    "Service": "/api/v1/services",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "Event": "/apis/events.k8s.io/v1/events",
}

Change = collections.namedtuple("Change", "type kind name object")


class _Watch(threading.Thread):
    def __init__(self, journal, kind):
        super().__init__(daemon=True)
        self._journal, self._kind, self._api, self._version = journal, kind, cluster.api(), ""

    def run(self):
        while True:
            try:
                self._follow()
            except (cluster.ApiError, OSError, http.client.HTTPException, ValueError):
                time.sleep(0.2)  # a server that is away, or is not ready yet: from the last version on
            self._api.close()

    def _follow(self):
        if not self._version:  # of what is there already nothing is kept: it is in no namespace that is followed
            self._version = self._api.get(f"{KINDS[self._kind]}?limit=1")["metadata"]["resourceVersion"]
            self._journal.begun(self._kind)
        stream = self._api.stream(f"{KINDS[self._kind]}?watch=true&allowWatchBookmarks=true&timeoutSeconds=3000"
                                  f"&resourceVersion={self._version}")
        for line in stream:
            event = json.loads(line)
            if event["type"] == "ERROR":
                self._journal.fail(f"the journal's watch of {self._kind} broke: {event['object'].get('message')}")
            meta = event["object"]["metadata"]
            self._version = meta["resourceVersion"]
            if event["type"] != "BOOKMARK":
                self._journal.take(self._kind, event["type"], event["object"])


class Journal:
    """What is there, and for each namespace every change in the order of its kind's watch. For several threads."""

    def __init__(self):
        self._changed = threading.Condition()
        self._objects = {}   # namespace → {(kind, name): object}; of those that are followed
        self._changes = {}   # namespace → [Change]; of those that are followed
        self._begun, self._trouble = set(), None
        self.on_pod = None   # told of each pod that came or changed; must not wait

    def start(self):
        for kind in KINDS:
            _Watch(self, kind).start()
        self.wait("the journal's watches have begun", lambda: len(self._begun) == len(KINDS))
        return self

    # ---- the watches tell ----

    def begun(self, kind):
        with self._changed:
            self._begun.add(kind)
            self._changed.notify_all()

    def fail(self, sentence):
        with self._changed:
            self._trouble = sentence
            self._changed.notify_all()
        raise ValueError(sentence)

    def take(self, kind, type_, body):
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        with self._changed:
            if namespace not in self._changes:
                return
            objects = self._objects[namespace]
            if type_ == "DELETED":
                objects.pop((kind, name), None)
            else:
                objects[(kind, name)] = body
            self._changes[namespace].append(Change(type_, kind, name, body))
            self._changed.notify_all()
        if kind == "Pod" and type_ != "DELETED" and self.on_pod is not None:
            self.on_pod(body)

    # ---- the harness asks ----

    def wait(self, sentence, question, patience_s=30):
        """Until the answer is true; asks again at each change, of whatever namespace, and returns the answer."""
        end = time.monotonic() + patience_s
        with self._changed:
            while True:
                if self._trouble:
                    raise AssertionError(self._trouble)
                answer = question()
                if answer:
                    return answer
                if time.monotonic() > end:
                    raise AssertionError(f"not in {patience_s} s: {sentence}")
                self._changed.wait(0.1)

    def follow(self, namespace):
        """Before it is made: what happens in other namespaces is not kept."""
        with self._changed:
            self._objects[namespace], self._changes[namespace] = {}, []

    def forget(self, namespace):
        with self._changed:
            del self._objects[namespace], self._changes[namespace]

    def object(self, namespace, kind, name):
        with self._changed:
            return self._objects[namespace].get((kind, name))

    def objects(self, namespace):
        with self._changed:
            return dict(self._objects[namespace])

    def changes(self, namespace):
        with self._changed:
            return list(self._changes[namespace])
