"""What the benchmarks have in the cluster.

Standing channels, N of them: each with a Deployment, an autoscaler, a Service and a finished Promotion, all as Sluice
leaves them, so that a start finds nothing to do; an edit of one calls for one write. Moving channels: each with a CronJob, which is rolled
out as soon as it is pinned, so that a promotion's writes do not depend on when another controller looks. No controller of the cluster runs.
"""

import concurrent.futures
import copy
import hashlib
import itertools
import json
import re
import time

import cluster
import operating

WRITERS = 4
IN_A_NAMESPACE = 10
SINCE = "2026-01-01T00:00:00Z"
edits = itertools.count()  # no two that follow each other are the same


def namespace_of(i):
    return f"standing-{i // IN_A_NAMESPACE}"


def name_of(i):
    return f"shop-{i % IN_A_NAMESPACE}"


def release_id(digest):
    """Of the one artifact web, as controller/domain/release.h says."""
    return "r-" + hashlib.sha256(f"web {operating.WEB}@{digest}\n".encode()).hexdigest()[:10]


def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def standing_channel(i):
    name = name_of(i)
    return operating.channel(
        name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}],
        autoscaling=[{"workload": name, "minReplicas": 2, "maxReplicas": 6}],
        routing={"service": {"name": name, "workload": name, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}})


def _condition(type_, reason, message):
    return {"type": type_, "status": "True", "reason": reason, "message": message, "observedGeneration": 1, "lastTransitionTime": SINCE}


def channel_status(i, digest):
    """As it is when a release has been rolled out."""
    name, release = name_of(i), release_id(digest)
    artifacts = [{"name": "web", "image": operating.WEB, "digest": digest}]
    return {"observedGeneration": 1, "guard": "Enforced", "promotion": name + "-first",
            "current": {"image": digest[:19], "release": release, "artifacts": artifacts, "promotion": name + "-first", "since": SINCE},
            "verified": [{"release": release, "artifacts": artifacts, "since": SINCE, "stays": [{"since": SINCE}]}],
            "workloads": [{"kind": "Deployment", "name": name, "desired": 2, "ready": 2, "image": f"web={operating.WEB}@{digest}"}],
            "conditions": [_condition("Ready", "Running", release + " runs"),
                           _condition("Pinned", "Pinned", "every workload carries " + release),
                           _condition("Verified", "RolledOut", release + " was rolled out completely")]}


def promotion_status(i, digest):
    name, release = name_of(i), release_id(digest)
    message = f"{release} runs in {namespace_of(i)}/{name}"
    step = {"startedAt": SINCE, "finishedAt": SINCE}
    return {"observedGeneration": 1, "phase": "Succeeded", "startedAt": SINCE, "finishedAt": SINCE,
            "release": {"id": release, "artifacts": [{"name": "web", "image": operating.WEB, "digest": digest}]},
            "steps": [{"name": "Resolve", "message": release, **step}, {"name": "Upstream", "message": "entry channel", **step},
                      {"name": "RollOut", "message": message, **step}],
            "conditions": [_condition("Ready", "Succeeded", message), _condition("Succeeded", "Succeeded", message)]}


def made(kind, api_version, name, owner, applied, spec):
    """What a channel makes, as the operator applies it."""
    return {"apiVersion": api_version, "kind": kind, "spec": spec, "metadata": {
        "name": name, "annotations": {"sluice.dev/applied": fingerprint(applied)},
        "labels": {"app.kubernetes.io/managed-by": "sluice", "sluice.dev/channel": name},
        "ownerReferences": [{"apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "name": name, "uid": owner,
                             "controller": True, "blockOwnerDeletion": True}]}}


def deployment(i, digest):
    """A workload with what workloads have: about 3 KB as the apiserver gives it."""
    body = operating.workload("Deployment", name_of(i), channel=name_of(i), image=f"{operating.WEB}@{digest}")
    container = body["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": f"SETTING_{k}", "value": f"value {k} of {name_of(i)}"} for k in range(6)]
    container["resources"] = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    return body


class Maker:
    """Makes standing channels: as a user what users make, as the operator what it makes."""

    def __init__(self, digest):
        self.digest, self.user, self.operator = digest, cluster.api(), cluster.operator()

    def one(self, i):
        name, namespace, digest = name_of(i), namespace_of(i), self.digest
        channel = self.user.create(cluster.channels(namespace), standing_channel(i))
        self.user.apply(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}", deployment(i, digest))
        self.user.merge(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status", {"status": {
            "observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}})
        self.user.create(cluster.promotions(namespace), operating.by_digest(name + "-first", digest, to=name))
        summary = f"Deployment/{name} min 2 max 6"
        self._apply(f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{name}", made(
            "HorizontalPodAutoscaler", "autoscaling/v2", name, channel["metadata"]["uid"], summary + "  ",
            {"minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}}))
        self._apply(f"/api/v1/namespaces/{namespace}/services/{name}", made(
            "Service", "v1", name, channel["metadata"]["uid"], f"selector app={name} ports http:80/8080/TCP",
            {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]}))
        self._status(cluster.channels(namespace, name), "ReleaseChannel", name, channel_status(i, digest))
        self._status(cluster.promotions(namespace, name + "-first"), "Promotion", name + "-first", promotion_status(i, digest))

    def _apply(self, path, body):
        self.operator.apply(path, body, manager="sluice", force=True)

    def _status(self, path, kind, name, status):
        self._apply(path + "/status", {"apiVersion": "sluice.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "status": status})

    def namespace(self, first):
        """The namespace of the ten channels from first on, and its pins."""
        name = namespace_of(first)
        self.user.create("/api/v1/namespaces", {"metadata": {"name": name}})
        cluster.write_pins(self.operator, name, {f"Deployment.{name_of(i)}.web": f"{operating.WEB}@{self.digest}"
                                                 for i in range(first, first + IN_A_NAMESPACE)})

    def close(self):
        self.user.close()
        self.operator.close()


def _make(first, last, digest):
    maker = Maker(digest)
    for start in range(first, last, IN_A_NAMESPACE):
        maker.namespace(start)
        for i in range(start, start + IN_A_NAMESPACE):
            maker.one(i)
    maker.close()


def fill(first, last, digest):
    """Standing channels first..last, both multiples of ten."""
    tens = (last - first) // IN_A_NAMESPACE
    bounds = [first + IN_A_NAMESPACE * (tens * k // WRITERS) for k in range(WRITERS + 1)]
    with concurrent.futures.ProcessPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(_make, a, b, digest) for a, b in zip(bounds, bounds[1:])]:
            done.result()


def paced(rate, count):
    """0..count, rate a second."""
    began = time.monotonic()
    for i in range(count):
        delay = began + i / rate - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        yield i


def edit(api, channels, rate, count):
    """Changes to the specs of standing channels, of which nothing follows but that the operator has seen them."""
    for k in paced(rate, count):
        i = k * 7919 % channels
        api.merge(cluster.channels(namespace_of(i), name_of(i)), {"spec": {"promotion": {"deadline": f"{next(edits) % 9000 + 60}s"}}})


def touch(api, channels, rate, count):
    """Changes to the statuses of Deployments, of which nothing follows at all."""
    for k in paced(rate, count):
        i = k * 7919 % channels
        api.merge(f"/apis/apps/v1/namespaces/{namespace_of(i)}/deployments/{name_of(i)}/status",
                  {"status": {"collisionCount": next(edits) + 1}})  # it may only grow


# ---- what moves ----

def moving(k):
    return f"moving-{k}"


def _cron_job(name):
    return operating.workload("CronJob", name, channel=name, suspend=True)


def reset_moving(api, count):
    """count channels as new, and no promotion; each in a namespace of its own, since the pins of a namespace are one object."""
    for k in range(count):
        namespace, name = moving(k), f"job-{k}"
        try:
            api.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        except cluster.ApiError as error:
            if error.code != 409:
                raise
        for path in (cluster.promotions(namespace), cluster.channels(namespace), f"/apis/batch/v1/namespaces/{namespace}/cronjobs"):
            api.delete(path)
        api.create(cluster.channels(namespace), operating.channel(name, workloads=[{"kind": "CronJob", "name": name, "containers": {"web": "web"}}]))
        api.create(f"/apis/batch/v1/namespaces/{namespace}/cronjobs", _cron_job(name))


def promote(api, prefix, digest, numbers, rate):
    """One promotion to each of these moving channels; returns when all have succeeded."""
    numbers = list(numbers)
    for k in paced(rate, len(numbers)):
        i = numbers[k]
        api.create(cluster.promotions(moving(i)), operating.by_digest(prefix, digest, to=f"job-{i}"))
    for i in numbers:
        path = cluster.promotions(moving(i), prefix)
        cluster.eventually(f"{path} has succeeded", lambda: api.get(path).get("status", {}).get("phase") == "Succeeded", patience_s=120)


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
KEPT = ("name", "namespace", "labels", "annotations")


def _plain(item):
    """spec, status and what metadata says that lasts; moments are all the same."""
    item = copy.deepcopy(item)
    item["metadata"] = {key: item["metadata"][key] for key in KEPT if key in item["metadata"]}
    for condition in item.get("status", {}).get("conditions", []):
        condition.pop("observedGeneration", None)
    return json.loads(MOMENT.sub("T", json.dumps(item)))


def generations(api, count):
    """How often the CronJobs of so many moving channels have changed, all together."""
    jobs = [api.get(f"/apis/batch/v1/namespaces/{moving(k)}/cronjobs/job-{k}") for k in range(count)]
    return sum(job["metadata"]["generation"] for job in jobs)


def state(api, count):
    """Everything that promotions to so many moving channels leave behind, to be compared between candidates."""
    kept = []
    for k in range(count):
        namespace = moving(k)
        for path in (cluster.channels(namespace), cluster.promotions(namespace), f"/apis/batch/v1/namespaces/{namespace}/cronjobs"):
            kept += [_plain(item) for item in sorted(api.get(path)["items"], key=lambda item: item["metadata"]["name"])]
        kept.append(_plain(api.get(f"/api/v1/namespaces/{namespace}/configmaps/sluice-pins")))
    return kept


def status_body(channel, generation):
    """The channel's status as the operator would apply it, had it seen another generation: a real change of the same size."""
    return {"apiVersion": channel["apiVersion"], "kind": channel["kind"], "status": {**channel["status"], "observedGeneration": generation},
            "metadata": {key: channel["metadata"][key] for key in ("name", "namespace", "uid")}}
