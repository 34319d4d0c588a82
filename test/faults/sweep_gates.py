"""Scenarios: gates, and the end of things."""

import time

import sweep_servers
from sweep_scenario import LATER_S, hold_at, line, promotion_that, scenario, start

FREEZE_S = 10  # enough for the promotion to wait for it, however busy the machine
SIGNER = []  # one key pair for all runs, made when it is first needed
DEADLINE_S = 15  # the gates before the workload's are passed by then, on a busy machine and after two crashes


# ---- gates ----

@scenario
def deadline(t):
    """a promotion waits for a workload longer than it may"""
    t.channel(promotion={"deadline": f"{DEADLINE_S}s"})
    t.promote("first", t.digest("A"))
    t.phase("first", "Failed")


@scenario
def soak(t):
    """a release soaks upstream, then goes on by itself"""
    line(t, gates={"soak": f"{LATER_S}s"})
    t.runs(t.digest("A"), "stable")


@scenario
def window(t):
    """a freeze ends"""
    end = time.time() + FREEZE_S
    start_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(end - 3600))
    t.workload()
    t.channel(gates={"windows": [{"name": "freeze", "kind": "Deny", "start": start_text, "duration": "1h", "timeZone": "Etc/UTC"}]})
    t.promote("first", t.digest("A"))
    t.phase("first", "Succeeded")
    t.ready()


@scenario
def stop(t):
    """a ChannelStop is made and lifted"""
    start(t)
    t.patch("ReleaseChannel", "shop", {"metadata": {"labels": {"line": t.namespace}}})
    t.begin_stop()
    t.until("it is stopped", lambda: any(one["type"] == "Stopped" for one in t.status()["conditions"]))
    t.promote("second", t.digest("B"))
    t.waits("second", "Stop")
    t.end_stop()
    t.phase("second", "Succeeded")
    t.ready()


@scenario
def approvals(t):
    """two people approve"""
    t.workload()
    t.channel(gates={"approvals": {"required": 2}})
    t.promote("first", t.digest("A"))
    t.waits("first", "Approval")
    for user in ("alice", "bob"):
        t.say("first", "Approve", user)
    t.phase("first", "Succeeded")
    t.ready()


@scenario
def reject(t):
    """somebody rejects"""
    t.workload()
    t.channel(gates={"approvals": {"required": 1}})
    t.promote("first", t.digest("A"))
    t.waits("first", "Approval")
    t.say("first", "Reject", reason="not today")
    t.phase("first", "Failed")


@scenario
def override(t):
    """somebody overrides the soak"""
    line(t, "Manual", gates={"soak": "1h"})
    t.promote("onward", to="stable", **{"from": {"namespace": t.namespace, "channel": "develop"}})
    t.waits("onward", "Soak")
    t.say("onward", "Approve", override=True, reason="an emergency")
    t.phase("onward", "Succeeded")
    t.runs(t.digest("A"), "stable")


@scenario
def signature(t):
    """the image is signed with the key that the channel asks for"""
    if not SIGNER:
        SIGNER.append(sweep_servers.Signer())
    digest = t.digest("signed")
    t.registry.attach(digest, SIGNER[0])
    t.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "release-keys"}, "data": {"ci.pub": SIGNER[0].public}})
    t.make({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "sluice-keys-reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "sluice-keys-reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "sluice", "namespace": "sluice-system"}]})
    t.workload()
    t.channel(gates={"signatures": {"keys": [{"configMapRef": {"name": "release-keys", "key": "ci.pub"}}]}})
    t.promote("first", digest)
    t.phase("first", "Succeeded")
    t.runs(digest)


def verified_by(t):
    return {"metrics": [{"name": "ok", "prometheus": {"query": f'ok{{line="{t.namespace}"}}'}, "interval": "1s", "count": 2, "success": {"min": 1}}]}


@scenario
def verification_passed(t):
    """two measurements pass"""
    t.prometheus.values[f'ok{{line="{t.namespace}"}}'] = 1
    start(t, verification=verified_by(t))


@scenario
def verification_failed(t):
    """a measurement fails, and the release goes back"""
    t.prometheus.values[f'ok{{line="{t.namespace}"}}'] = 1
    start(t)
    t.prometheus.values[f'ok{{line="{t.namespace}"}}'] = 0
    t.edit("ReleaseChannel", "shop", verification=verified_by(t))
    t.promote("second", t.digest("B"))
    t.phase("second", "Failed")
    t.runs(t.digest("A"))


# ---- the end of things ----

@scenario
def collection(t):
    """an automatic promotion that never ran is collected"""
    line(t, gates={"approvals": {"required": 1}}, promotion={"keep": {"count": 0, "age": "1s"}})
    name = t.until("A waits for approval", lambda: promotion_that(t, "Waiting"))
    t.bring("second", t.digest("B"), "develop")
    t.gone("Promotion", name)
    t.until("B waits for approval", lambda: promotion_that(t, "Waiting"))


@scenario
def time_to_live(t):
    """a promotion that asked for it is deleted after its end"""
    start(t)
    t.edit("ReleaseChannel", "shop", suspended=True)
    t.promote("second", artifacts=[{"name": "web", "digest": t.digest("B")}], ttlAfterFinished="1s")
    t.waits("second", "Suspension")
    t.edit("Promotion", "second", abort=True)
    t.gone("Promotion", "second")


@scenario
def leader_change(t):
    """another replica takes the lead in mid-rollout"""
    start(t)
    digest = hold_at(t, "second", "B")
    t.hand_over()
    t.release(digest)
    t.phase("second", "Succeeded")
    t.ready()
