"""Pods that become Ready without a node: what a kubelet would say of them is written into their status as soon as they come.

They name a scheduler that does not exist, so no real kubelet gets them, and no second is spent on containers. Whether a
pod becomes Ready depends on the digests that it carries alone: some never do, some wait until they are let go.
"""

import queue
import threading

import cluster

SCHEDULER = "nobody"
AGAIN_S = 0.1


def digests(pod):
    """What the pod's containers run, by their names; nothing while a scheduling gate keeps it from starting."""
    if pod["spec"].get("schedulingGates"):
        return {}
    return {one["name"]: one["image"].rpartition("@")[2] for one in pod["spec"]["containers"]}


def is_ready(pod):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod.get("status", {}).get("conditions", []))


def _status(pod):
    ready = [{"type": one, "status": "True", "lastTransitionTime": pod["metadata"]["creationTimestamp"]}
             for one in ("Initialized", "ContainersReady", "Ready")]
    return {"status": {"phase": "Running", "conditions": ready, "containerStatuses": [
        {"name": one["name"], "image": one["image"], "imageID": one["image"], "ready": True, "restartCount": 0}
        for one in pod["spec"]["containers"]]}}


class Pods:
    """One thread that writes for all namespaces that the journal follows."""

    def __init__(self, journal):
        self._journal, self._waiting = journal, queue.SimpleQueue()
        self._held = set()  # (namespace, digest)
        journal.on_pod = self._waiting.put
        threading.Thread(target=self._run, daemon=True).start()

    def hold(self, namespace, digest):
        """From now on, no pod of it becomes Ready."""
        self._held.add((namespace, digest))

    def release(self, namespace, digest):
        self._held.discard((namespace, digest))
        for (kind, _), pod in self._journal.objects(namespace).items():
            if kind == "Pod":
                self._waiting.put(pod)

    def _run(self):
        api = cluster.api()
        while True:
            pod = self._waiting.get()
            namespace, carried = pod["metadata"]["namespace"], digests(pod)
            if not carried or is_ready(pod) or any((namespace, one) in self._held for one in carried.values()):
                continue
            try:
                api.merge(f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/status", _status(pod))
            except cluster.ApiError as error:
                if error.code != 404:
                    threading.Timer(AGAIN_S, self._waiting.put, [pod]).start()
