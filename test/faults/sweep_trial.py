"""One run of a scenario, in a namespace of its own, with a crash of the operator at each of the given points.

A point is a place in the sequence of the run's writes, or of its Events: before the n-th is forwarded, between its commit and its
reply, or after its reply. The second point of a pair counts from the first crash on. Or it is the n-th event that a watch tells, from
which on the operator sees the object late, or is gone for a while, or is started again and sees the past (FROZEN_S).
"""

import queue
import threading
import time
import uuid

import cluster
import operating
import sweep_oracle
import sweep_pods
import sweep_servers
from sweep_record import POINTS, TOLD, VIEWS

REST_S = 1     # without a write, with an operator that is ready: it is over
PATIENCE_S = 60
FROZEN_S = 1   # long enough for what follows from what is seen, and less than any deadline of a scenario
MATCHES = {"write": {"write": True}, "event": {"resource": "events", "method": ["POST", "PATCH"]}}  # of SENT
EVER = 1 << 30  # times
STOPS = "/apis/sluice.dev/v1alpha1/channelstops"
PLURALS = {"ReleaseChannel": f"{cluster.GROUP}/{{}}/releasechannels", "Promotion": f"{cluster.GROUP}/{{}}/promotions",
           "ConfigMap": "/api/v1/{}/configmaps", "Service": "/api/v1/{}/services",
           "HorizontalPodAutoscaler": "/apis/autoscaling/v2/{}/horizontalpodautoscalers",
           "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/{}/rolebindings",
           **{kind: f"/apis/{group}/{{}}/{plural}" for kind, (group, plural) in operating.PATHS.items()}}


class Trial:
    """The stage on which a scenario plays: what it may do, and what it may wait for. All of it goes to the apiserver itself."""

    def __init__(self, stage, scenario, points=()):
        """stage: a lane of it."""
        self._stage, self._scenario, self._points = stage, scenario, list(points)
        self.namespace = stage.prefix + uuid.uuid4().hex[:12]
        self.api, self.registry, self.prometheus = stage.api, stage.registry, stage.prometheus
        self.reached = []  # of each point that the run has come to, the record of the request or event
        self._counting = []  # rules that do nothing but count the writes that have begun
        self._is_over, self._is_disturbing, self._trouble = threading.Event(), False, None

    # ---- the run ----

    def run(self):
        """Plays the scenario to its end and waits until nothing is written any more. Returns the picture of it."""
        self._stage.journal.follow(self.namespace)
        self._stage.make_namespace(self.namespace)
        self._stage.operators.revive()
        disturber = threading.Thread(target=self._disturb, args=(*self._arm(),))
        disturber.start()
        try:
            self._scenario.play(self)
            self._settle()
        finally:
            self._is_over.set()
            disturber.join()
            self._counting[-1].release()
        if self._trouble:
            raise self._trouble
        return sweep_oracle.Picture(self.namespace, self._stage.journal.changes(self.namespace), self.objects())

    def writes(self):
        """What the operator has sent to write here, in this order."""
        return self._stage.writes.of(self.namespace)

    def sent(self):
        """How many of each of SENT, and of TOLD."""
        events, told = self._stage.writes.events(self.namespace)
        return {"write": len(self.writes()), "event": events, TOLD: told}

    def _arm(self):
        """The next point and its rule; None when there is none. The first rule that fits acts: so the one that counts is made anew, behind it."""
        here, point, rule = {"namespace": self.namespace}, None, None
        if self._counting:
            self._counting[-1].release()
        if self._points:
            point = self._points.pop(0)
            rule = self._stage.proxy.rule(*self._view(point) if point.at in VIEWS else self._hold(point))
        self._counting.append(self._stage.proxy.rule({**here, **MATCHES["write"]}, {"kind": "delay", "ms": 0}))
        return point, rule

    def _hold(self, point):
        what, at = POINTS[point.at]
        return {"namespace": self.namespace, **MATCHES[what], "nth": point.n}, {"kind": "hold", "at": at}

    def _view(self, point):
        """Into the past goes everything of the namespace from this event on, and what is listed; else it is this object's events alone."""
        is_past = point.at == "past"
        return {"namespace": self.namespace, "nth": point.n, "times": EVER if is_past else 1}, {"kind": "freeze", "lists": is_past}

    def _is_writing(self):
        """Has a write begun that has not ended yet?"""
        return sum(one.hits.qsize() for one in self._counting) != sum(self._stage.writes.ended(one.number) for one in self._counting)

    def _disturb(self, point, rule):
        try:
            while rule is not None:
                held = self._wait_held(rule)
                if held is None:
                    rule.release()
                    return
                self._is_disturbing = True
                self.reached.append(held)
                point, rule = self._see(point, rule) if point.at in VIEWS else self._crash_at(rule)
                self._is_disturbing = False
        except Exception as error:  # whoever waits for the run's end is told
            self._trouble = error
        finally:
            self._is_disturbing = False

    def _wait_held(self, rule):
        """The request or event that the rule keeps back; None when the run is over without it."""
        while not self._is_over.is_set():
            try:
                return rule.held.get(timeout=0.05)
            except queue.Empty:
                pass
        return None

    def _crash_at(self, rule):
        """The next point, and its rule."""
        following = None, None

        def prepare():
            nonlocal following
            following = self._arm()
            rule.drop()
        self._stage.operators.crash(prepare)
        return following

    def _see(self, point, rule):
        """What is kept back is told in the end. Nothing comes after such a point."""
        if point.at == "unseen":
            self._stage.operators.crash(lambda: time.sleep(FROZEN_S))
        elif point.at == "past":
            before = self._stage.writes.stale()
            self._stage.operators.crash(lambda: None)
            cluster.eventually("the operator has read the past", lambda: self._stage.writes.stale() > before and self._stage.operators.is_up(), pause_s=0.02)
        if point.at != "unseen":
            time.sleep(FROZEN_S)
        rule.release()
        return None, None

    def _settle(self):
        """Until an operator that is ready and leads has written nothing for a while, and nobody else has anything to do."""
        end = time.monotonic() + PATIENCE_S
        since, before, was_up = time.monotonic(), -1, False
        while not was_up or time.monotonic() - since < REST_S:
            if self._trouble:
                raise self._trouble
            if time.monotonic() > end:
                raise AssertionError(f"it does not come to rest within {PATIENCE_S} s:\n" + "\n".join(
                    f"{one['method']} {one['path']} {one['code']}" for one in self.writes()[-10:]))
            now = (len(self.writes()), self._stage.operators.crashes, self._others())
            if now != before or self._is_disturbing or self._is_writing() or not self._is_rolled_out():
                since, before, was_up = time.monotonic(), now, False
            if not was_up and self._stage.operators.is_up():
                since, was_up = time.monotonic(), True  # what it has to do after its start, it does now
            time.sleep(0.05)

    def _is_rolled_out(self):
        """Have the controllers of Deployments done what they were asked for?"""
        for (kind, _), body in self.objects().items():
            status, wanted = body.get("status", {}), body.get("spec", {}).get("replicas")
            counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
            if kind == "Deployment" and not sweep_oracle.is_gated(body) and (
                    status.get("observedGeneration") != body["metadata"]["generation"] or counts != [wanted] * 3):
                return False
        return True

    def _others(self):
        """How often anything has changed here, but for what goes on by its own clock."""
        return sum(one.kind not in ("Event", "HorizontalPodAutoscaler") for one in self._stage.journal.changes(self.namespace))

    def finish(self):
        """Deletes what keeps anybody busy, and waits for nothing. The namespace goes with the stage: that costs more than a trial."""
        for kind in ("ReleaseChannel", "Promotion", *operating.PATHS):
            self.api.delete(self.path(kind))
        self.end_stop()
        self._stage.journal.forget(self.namespace)

    # ---- what a scenario does ----

    def path(self, kind, name=""):
        return PLURALS[kind].format(f"namespaces/{self.namespace}") + (f"/{name}" if name else "")

    def make(self, body):
        return self.api.create(self.path(body["kind"]), body)

    def digest(self, seed, name="web", tag="unused"):
        return self.registry.build(seed, name, tag)

    def workload(self, kind="Deployment", name="web", channel="shop", containers=("web",), image=None, **spec):
        """A workload of one pod whose pods no scheduler takes."""
        body = operating.workload(kind, name, channel, replicas=1, **spec)
        template = body["spec"]["jobTemplate"]["spec"]["template"] if kind == "CronJob" else body["spec"]["template"]
        template["spec"]["schedulerName"] = sweep_pods.SCHEDULER
        template["spec"]["containers"] = [{"name": one, **({"image": image} if image else {})} for one in containers]
        return self.make(body)

    def channel(self, name="shop", artifacts=("web",), workloads=None, **spec):
        """A channel that the operator has looked at when this returns."""
        self.make(operating.channel(
            name, artifacts=[{"name": one, "image": sweep_servers.image(one)} for one in artifacts],
            workloads=workloads or [pinned("Deployment", name if name != "shop" else "web")], **spec))
        self.until(f"channel {name} was looked at", lambda: self.status(name).get("observedGeneration"))

    def promote(self, name, digest=None, to="shop", **spec):
        self.make(operating.by_digest(name, digest, to=to) if digest else operating.promotion(name, to=to, **spec))

    def bring(self, name, digest, to="shop"):
        self.promote(name, digest, to)
        self.phase(name, "Succeeded")

    def edit(self, kind, name, **spec):
        self.patch(kind, name, {"spec": spec})

    def patch(self, kind, name, body, api=None):
        """Returns when the journal has it: what is waited for then comes after it."""
        answer = (api or self.api).call("PATCH", self.path(kind, name), body, "application/%s-patch+json" % (
            "strategic-merge" if kind in operating.PATHS else "merge"))
        version = int(answer["metadata"]["resourceVersion"])
        self.until(f"{kind} {name} is told of", lambda: int(self.object(kind, name)["metadata"]["resourceVersion"]) >= version)

    def delete(self, kind, name):
        self.api.delete(self.path(kind, name))

    def say(self, name, decision, user=None, **more):
        """An entry of spec.approvals, by the administrator, or by somebody with his rights."""
        api = cluster.api(user, ("system:masters",)) if user else self.api
        api.json_patch(self.path("Promotion", name), [{"op": "add", "path": "/spec/approvals/-", "value": {"decision": decision, **more}}])

    def hold(self, digest):
        self._stage.pods.hold(self.namespace, digest)

    def release(self, digest):
        self._stage.pods.release(self.namespace, digest)

    def begin_stop(self):
        self.api.create(STOPS, {"apiVersion": "sluice.dev/v1alpha1", "kind": "ChannelStop", "metadata": {"name": self.namespace},
                                "spec": {"reason": "the database moves", "selector": {"matchLabels": {"line": self.namespace}}}})

    def end_stop(self):
        try:
            self.api.delete(f"{STOPS}/{self.namespace}")
        except cluster.ApiError:
            pass  # there is none

    def hand_over(self):
        self._stage.operators.hand_over()

    # ---- what it waits for: states that stay until it goes on, so that a crash changes nothing of its course ----

    def until(self, sentence, question, patience_s=PATIENCE_S):
        def asked():
            if self._trouble:
                raise self._trouble
            return question()
        return self._stage.journal.wait(sentence, asked, patience_s)

    def objects(self):
        return self._stage.journal.objects(self.namespace)

    def object(self, kind, name):
        """As it was told last; nothing while it is not there."""
        return self._stage.journal.object(self.namespace, kind, name) or {}

    def status(self, name="shop", kind="ReleaseChannel"):
        return self.object(kind, name).get("status", {})

    def phase(self, name, phase):
        def reached():
            now = self.status(name, "Promotion").get("phase")
            if now != phase and now in sweep_oracle.FINISHED:
                raise AssertionError(f"promotion {name} is {now}, not {phase}: {self.status(name, 'Promotion').get('conditions')}")
            return now == phase
        self.until(f"promotion {name} is {phase}", reached)

    def waits(self, name, gate):
        self.until(f"promotion {name} waits for {gate}", lambda: [
            one["gate"] for one in self.status(name, "Promotion").get("waitingFor", [])] == [gate])

    def ready(self, name="shop"):
        """Runs its release, looked at since its last edit."""
        def is_ready():
            meta, status = self.object("ReleaseChannel", name).get("metadata", {}), self.status(name)
            found = {one["type"]: one["status"] for one in status.get("conditions", [])}
            return found.get("Ready") == "True" and status["observedGeneration"] == meta["generation"]
        self.until(f"channel {name} is ready", is_ready)

    def runs(self, digest, name="shop"):
        self.until(f"channel {name} runs {digest}", lambda: [
            one["digest"] for one in self.status(name).get("current", {}).get("artifacts", [])][:1] == [digest])
        self.ready(name)

    def pod_of(self, digest):
        """There is a pod of it."""
        self.until(f"a pod of {digest} is there", lambda: any(
            kind == "Pod" and digest in sweep_pods.digests(pod).values()
            for (kind, _), pod in self.objects().items()))

    def gone(self, kind, name):
        self.until(f"{kind} {name} is gone", lambda: not self.object(kind, name))

    def pins(self, count):
        self.until(f"{count} pins are stated", lambda: len(self.object("ConfigMap", "sluice-pins").get("data", {})) == count)


def pinned(kind, name="web", **containers):
    """An entry of spec.workloads."""
    return {"kind": kind, "name": name, "containers": containers or {"web": "web"}}
