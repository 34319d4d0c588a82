"""Scenarios: edits of channels and workloads, what a channel keeps beside them, other writers, kinds of workloads."""

import cluster
import operating
import sweep_oracle
import sweep_servers
from sweep_scenario import SERVICE, hold_at, scenario, start
from sweep_trial import pinned

SCALING = {"workload": "web", "minReplicas": 1, "maxReplicas": 3}


# ---- edits ----

@scenario
def channel_deleted(t):
    """a channel is deleted in mid-rollout and gives its pins up"""
    start(t, routing={"service": SERVICE})
    digest = hold_at(t, "second", "B")
    t.delete("ReleaseChannel", "shop")
    t.pins(0)
    t.gone("Service", "web")
    t.release(digest)


@scenario
def channel_deleted_and_made_again(t):
    """a channel is deleted, made again, and takes its workload back"""
    start(t)
    t.delete("ReleaseChannel", "shop")
    t.pins(0)
    t.channel()
    t.bring("second", t.digest("B"))
    t.ready()


@scenario
def channel_edited(t):
    """a channel is edited in mid-rollout"""
    start(t)
    digest = hold_at(t, "second", "B")
    t.edit("ReleaseChannel", "shop", rollout={"onFailure": "Hold"}, routing={"service": SERVICE})
    t.until("the Service is there", lambda: t.object("Service", "web"))
    t.release(digest)
    t.phase("second", "Succeeded")
    t.ready()


@scenario
def workload_added(t):
    """a workload more in a channel that runs"""
    start(t)
    t.workload(name="more")
    t.edit("ReleaseChannel", "shop", workloads=[pinned("Deployment"), pinned("Deployment", "more")])
    t.pins(2)
    t.ready()


@scenario
def workload_removed(t):
    """a workload fewer in a channel that runs"""
    t.workload(name="more")
    start(t, workloads=[pinned("Deployment"), pinned("Deployment", "more")])
    t.edit("ReleaseChannel", "shop", workloads=[pinned("Deployment")])
    t.pins(1)
    t.ready()


@scenario
def workload_made_again(t):
    """a workload is deleted and comes again, without an image"""
    start(t)
    t.delete("Deployment", "web")
    t.until("it is missed", lambda: any(one["reason"] == "WorkloadMissing" for one in t.status()["conditions"]))
    t.until("its pods are gone", lambda: not any(kind in ("Pod", "ReplicaSet") for kind, _ in t.objects()))
    t.workload()
    t.ready()


@scenario
def suspended(t):
    """a channel is suspended, and comes back"""
    start(t)
    t.edit("ReleaseChannel", "shop", suspended=True)
    t.promote("second", t.digest("B"))
    t.waits("second", "Suspension")
    t.edit("ReleaseChannel", "shop", suspended=False)
    t.phase("second", "Succeeded")
    t.ready()


# ---- what a channel keeps beside its workloads ----

@scenario
def autoscaling(t):
    """an autoscaler is made, changed by an edit of the channel, and goes"""
    start(t, autoscaling=[SCALING])
    t.until("it is there", lambda: t.object("HorizontalPodAutoscaler", "web"))
    t.edit("ReleaseChannel", "shop", autoscaling=[{**SCALING, "maxReplicas": 5}])
    t.until("it is changed", lambda: t.object("HorizontalPodAutoscaler", "web")["spec"]["maxReplicas"] == 5)
    t.edit("ReleaseChannel", "shop", autoscaling=[])
    t.gone("HorizontalPodAutoscaler", "web")
    t.ready()


@scenario
def autoscaler_edited(t):
    """somebody edits the autoscaler itself"""
    start(t, autoscaling=[SCALING])
    t.until("it is there", lambda: t.object("HorizontalPodAutoscaler", "web"))
    t.edit("HorizontalPodAutoscaler", "web", maxReplicas=7)
    t.until("it is as before", lambda: t.object("HorizontalPodAutoscaler", "web")["spec"]["maxReplicas"] == 3)


@scenario
def service(t):
    """a Service is made, gets another port, and goes"""
    start(t, routing={"service": SERVICE})
    t.until("it is there", lambda: t.object("Service", "web"))
    t.edit("ReleaseChannel", "shop", routing={"service": {**SERVICE, "ports": [{"name": "http", "port": 81}]}})
    t.until("it has the other port", lambda: [one["port"] for one in t.object("Service", "web")["spec"]["ports"]] == [81])
    t.edit("ReleaseChannel", "shop", routing=None)
    t.gone("Service", "web")
    t.ready()


# ---- other writers ----

@scenario
def foreign_image(t):
    """somebody sets another image and takes the label away"""
    start(t)
    body = {"metadata": {"labels": {"sluice.dev/channel": None}},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": f"{sweep_servers.image('web')}:evil"}]}}}}
    t.patch("Deployment", "web", body)
    t.until("the label is back", lambda: "sluice.dev/channel" in t.object("Deployment", "web")["metadata"].get("labels", {}))
    t.ready()


@scenario
def foreign_image_without_guard(t):
    """the guard is off in the namespace: an image that somebody set is taken back; the Deployment is paused, so no pod comes of it"""
    t.api.merge(f"/api/v1/namespaces/{t.namespace}", {"metadata": {"labels": {"sluice.dev/guard": "off"}}})
    probe = operating.workload("Deployment", "probe", "shop")
    probe["spec"]["template"]["spec"]["containers"] = [{"name": "web", "image": sweep_servers.image("web")}]
    t.until("the guard knows that", lambda: not sweep_oracle.is_gated(t.api.create(t.path("Deployment"), probe, dry_run=True)))
    start(t, image=f"{sweep_servers.image('web')}@{t.digest('A')}")
    t.edit("Deployment", "web", paused=True)
    body = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": f"{sweep_servers.image('web')}:evil"}]}}}}
    t.patch("Deployment", "web", body)
    t.until("the image is back", lambda: t.object("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"].endswith(t.digest("A")))
    t.edit("Deployment", "web", paused=False)
    t.ready()


@scenario
def foreign_pins(t):
    """somebody who has the operator's rights changes the pins"""
    start(t)
    acting = cluster.operator()
    t.patch("ConfigMap", "sluice-pins", {"data": {"Deployment.web.web": f"{sweep_servers.image('web')}:evil"}}, acting)
    acting.close()
    t.until("they are stated again", lambda: t.object("ConfigMap", "sluice-pins")["data"]["Deployment.web.web"].endswith(t.digest("A")))


# ---- kinds of workloads ----

def of_kind(t, kind):
    t.workload(kind)
    t.channel(workloads=[pinned(kind)])
    t.bring("first", t.digest("A"))
    t.bring("second", t.digest("B"))
    t.ready()


@scenario
def statefulset(t):
    """a StatefulSet whose pod waits behind the gate, and a second release"""
    t.workload("StatefulSet")
    t.until("the pod waits", lambda: t.object("Pod", "web-0").get("spec", {}).get("schedulingGates"))
    t.channel(workloads=[pinned("StatefulSet")])
    t.bring("first", t.digest("A"))
    t.bring("second", t.digest("B"))
    t.ready()


@scenario
def daemonset(t):
    """a DaemonSet, two releases"""
    of_kind(t, "DaemonSet")


@scenario
def cronjob(t):
    """a CronJob, two releases"""
    of_kind(t, "CronJob")
