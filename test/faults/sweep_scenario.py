"""What a scenario of the crash sweep is, and how most of them begin. The scenarios themselves are in sweep_promotions, sweep_channels and sweep_gates.

A scenario waits for nothing but states that stay until it goes on itself, so that a crash at any moment changes nothing of
its course. A is the first release, B and C are later ones; web is a Deployment of one pod where nothing else is said.
"""

SCENARIOS = {}
SERVICE = {"name": "web", "workload": "web", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
LATER_S = 3


class Scenario:
    def __init__(self, play):
        self.name, self.sentence, self.play = play.__name__.replace("_", "-"), play.__doc__, play


def scenario(play):
    made = Scenario(play)
    SCENARIOS[made.name] = made
    return play


def start(t, image=None, **spec):
    """A channel shop that runs release A, in the Deployment web."""
    t.workload(image=image)
    t.channel(**spec)
    t.bring("first", t.digest("A"))
    t.ready()


def line(t, mode="Automatic", **spec):
    """Channel stable behind channel develop, which runs release A."""
    for name in ("develop", "stable"):
        t.workload(name=name, channel=name)
    t.channel("develop")
    t.channel("stable", upstream={"channels": [{"namespace": t.namespace, "name": "develop"}]},
              promotion={"mode": mode, **spec.pop("promotion", {})}, **spec)
    t.bring("first", t.digest("A"), "develop")


def hold_at(t, name, seed):
    """A promotion whose rollout is under way and gets no further before its pods are let go. Returns the digest."""
    digest = t.digest(seed)
    t.hold(digest)
    t.promote(name, digest)
    t.pod_of(digest)
    t.waits(name, "Rollout")
    return digest


def fail(t, name, seed, **rollout):
    """A promotion whose pods never become Ready, until its rollout has failed: it gets as far as it can, and then its time is over."""
    hold_at(t, name, seed)
    t.until("its pod is what it waits for", lambda: any(  # or that the pod before it may go
        text in one.get("message", "") for one in t.status(name, "Promotion").get("waitingFor", [])
        for text in ("updated pods available", "old pods left")))
    t.edit("ReleaseChannel", "shop", rollout={"progressDeadline": f"{LATER_S}s", **rollout})
    t.phase(name, "Failed")


def promotion_that(t, phase, channel="stable"):
    """The name of the promotion into the channel with this phase."""
    return next((name for (kind, name), one in t.objects().items() if kind == "Promotion" and one["spec"]["channel"] == channel
                 and one.get("status", {}).get("phase") == phase), None)
