"""Scenarios: promotions, lines of channels, ways back."""

from sweep_scenario import fail, hold_at, line, promotion_that, scenario, start
from sweep_trial import pinned


# ---- promotions ----

@scenario
def first_install(t):
    """the first release of a channel"""
    start(t)


@scenario
def second_release(t):
    """a release follows another one"""
    start(t)
    t.bring("second", t.digest("B"))
    t.ready()


@scenario
def workload_comes_later(t):
    """a promotion waits for a workload that is not there yet"""
    t.channel()
    t.promote("first", t.digest("A"))
    t.waits("first", "Workload")
    t.workload()
    t.phase("first", "Succeeded")
    t.ready()


@scenario
def what_runs_already(t):
    """a promotion of the release that runs"""
    start(t)
    t.bring("again", t.digest("A"))
    t.ready()


@scenario
def one_artifact_of_two(t):
    """several artifacts and workloads; then one artifact alone gets a new digest"""
    t.workload(containers=("web", "api"))
    t.workload(name="api", containers=("api",))
    t.channel(artifacts=("web", "api"), workloads=[pinned("Deployment", web="web", api="api"), pinned("Deployment", "api", api="api")])
    t.promote("first", artifacts=[{"name": "web", "digest": t.digest("A")}, {"name": "api", "digest": t.digest("A-api", "api")}])
    t.phase("first", "Succeeded")
    t.bring("second", t.digest("B"))
    t.ready()


@scenario
def by_tag(t):
    """a promotion by a tag, which is resolved once"""
    digest = t.digest("A", tag="v1")
    t.workload()
    t.channel()
    t.promote("first", artifacts=[{"name": "web", "tag": "v1"}])
    t.phase("first", "Succeeded")
    t.runs(digest)


@scenario
def intake(t):
    """a build comes in from the registry by its tag"""
    digest = t.digest("A", "taken", "1.0.0")
    t.workload(containers=("taken",))
    t.channel(artifacts=("taken",), workloads=[pinned("Deployment", taken="taken")], promotion={"mode": "Automatic"},
              intake={"interval": "10s", "tags": {"artifact": "taken", "semver": ">=1.0.0"}})
    t.runs(digest)


@scenario
def two_at_once(t):
    """two promotions run one after the other"""
    t.workload()
    t.channel(suspended=True)
    for name, seed in (("a", "A"), ("b", "B")):
        t.promote(name, t.digest(seed))
        t.waits(name, "Suspension")
    t.edit("ReleaseChannel", "shop", suspended=False)
    t.phase("a", "Succeeded")
    t.phase("b", "Succeeded")
    t.runs(t.digest("B"))


@scenario
def queued(t):
    """a promotion waits for the one that runs"""
    start(t)
    digest = hold_at(t, "second", "B")
    t.promote("third", t.digest("C"))
    t.waits("third", "Queue")
    t.release(digest)
    t.phase("third", "Succeeded")
    t.runs(t.digest("C"))


# ---- lines of channels ----

@scenario
def by_hand_along_two_channels(t):
    """a promotion takes what the channel upstream runs"""
    line(t, "Manual")
    t.promote("onward", to="stable", **{"from": {"namespace": t.namespace, "channel": "develop"}})
    t.phase("onward", "Succeeded")
    t.runs(t.digest("A"), "stable")


@scenario
def along_two_channels(t):
    """two releases, one after the other, go on by themselves"""
    line(t)
    t.runs(t.digest("A"), "stable")
    t.bring("second", t.digest("B"), "develop")
    t.runs(t.digest("B"), "stable")


@scenario
def match_upstream(t):
    """a channel follows the one upstream, back as well"""
    line(t, promotion={"select": "MatchUpstream"})
    t.runs(t.digest("A"), "stable")
    t.bring("second", t.digest("B"), "develop")
    t.runs(t.digest("B"), "stable")
    t.promote("back", to="develop", rollback={"to": "Previous"})
    t.phase("back", "Succeeded")
    t.runs(t.digest("A"), "stable")


@scenario
def superseded(t):
    """an automatic promotion that waits for approval is superseded by a newer one"""
    line(t, gates={"approvals": {"required": 1}})
    t.until("A waits for approval", lambda: promotion_that(t, "Waiting"))
    t.bring("second", t.digest("B"), "develop")
    t.until("A is superseded", lambda: promotion_that(t, "Superseded"))
    t.say(t.until("B waits for approval", lambda: promotion_that(t, "Waiting")), "Approve")
    t.runs(t.digest("B"), "stable")


@scenario
def hold_and_resume(t):
    """a rollback puts automation on hold; the candidate, promoted by hand, lifts it"""
    line(t)
    t.runs(t.digest("A"), "stable")
    t.bring("second", t.digest("B"), "develop")
    t.runs(t.digest("B"), "stable")
    t.promote("back", to="stable", rollback={"to": "Previous"})
    t.phase("back", "Succeeded")
    t.until("it is on hold", lambda: t.status("stable").get("hold"))
    t.bring("again", t.digest("B"), "stable")
    t.until("it is on hold no more", lambda: not t.status("stable").get("hold"))
    t.runs(t.digest("B"), "stable")


# ---- ways back ----

@scenario
def rollback_to_previous(t):
    """back to what ran before"""
    start(t)
    t.bring("second", t.digest("B"))
    t.promote("back", rollback={"to": "Previous"})
    t.phase("back", "Succeeded")
    t.runs(t.digest("A"))


@scenario
def rollback_to_a_named_release(t):
    """back over two releases"""
    start(t)
    release = t.status()["current"]["release"]
    t.bring("second", t.digest("B"))
    t.bring("third", t.digest("C"))
    t.promote("back", rollback={"to": release})
    t.phase("back", "Succeeded")
    t.runs(t.digest("A"))


@scenario
def abort_while_waiting(t):
    """a promotion that waits is aborted"""
    start(t)
    t.edit("ReleaseChannel", "shop", suspended=True)
    t.promote("second", t.digest("B"))
    t.waits("second", "Suspension")
    t.edit("Promotion", "second", abort=True)
    t.phase("second", "Aborted")
    t.edit("ReleaseChannel", "shop", suspended=False)
    t.ready()


@scenario
def abort_while_running(t):
    """a rollout is aborted and goes back"""
    start(t)
    hold_at(t, "second", "B")
    t.edit("Promotion", "second", abort=True)
    t.phase("second", "Aborted")
    t.runs(t.digest("A"))


@scenario
def promotion_deleted(t):
    """the promotion of a rollout that is under way is deleted: it goes back"""
    start(t)
    hold_at(t, "second", "B")
    t.delete("Promotion", "second")
    t.gone("Promotion", "second")
    t.until("nothing else is desired", lambda: not t.status().get("desired"))
    t.runs(t.digest("A"))


@scenario
def failed_and_rolled_back(t):
    """a rollout past its deadline goes back"""
    start(t)
    fail(t, "second", "B")
    t.runs(t.digest("A"))


@scenario
def failed_and_held(t):
    """a rollout past its deadline stays, when so asked; a rollback leads out"""
    start(t)
    fail(t, "second", "B", onFailure="Hold")
    t.edit("ReleaseChannel", "shop", rollout={"progressDeadline": "10m"})
    t.promote("back", rollback={"to": "Previous"})
    t.phase("back", "Succeeded")
    t.runs(t.digest("A"))


@scenario
def first_rollout_fails(t):
    """nothing ran before: it stays as it is, and a later release leads out"""
    t.workload()
    t.channel()
    fail(t, "first", "A")
    t.edit("ReleaseChannel", "shop", rollout={"progressDeadline": "10m"})
    t.bring("second", t.digest("B"))
    t.runs(t.digest("B"))
