"""One candidate, measured from its start to its end, with so many channels in the cluster."""

import signal
import tempfile
import time

import audit
import candidate
import cluster
import objects
import process

MOVING_CHANNELS = 60
RATE = 50  # changes a second when busy
CALM_RATE = 5
WRITES_A_PROMOTION = 9  # seven of objects, two Events


class Plan:
    """How much of everything a round does."""

    def __init__(self, calm, busy, promotions, idle_s, touches):
        self.calm, self.busy, self.promotions, self.idle_s, self.touches = calm, busy, promotions, idle_s, touches


def started(running, figures):
    """Exec until ready; then until it leads and has nothing to do."""
    figures["sync_s"] = running.wait(running.is_ready, "ready")
    figures["sync_cpu_s"] = process.cpu_s(running.pid)
    if running.candidate.leads:
        running.wait(running.is_leading, "leading", pause_s=0.1)
    process.wait_until_quiet(running.pid)
    figures["start_cpu_s"] = process.cpu_s(running.pid)
    figures["resident_mib"], figures["peak_mib"] = process.memory_mib(running.pid)


def edits(running, api, channels, plan, figures):
    """Edits of channels, each with one write: calm for latency alone, busy for CPU and latency."""
    log = audit.Audit()
    objects.edit(api, channels, CALM_RATE, plan.calm)
    events = log.read_until(plan.calm)
    figures["calm_ms"] = audit.latencies_ms(events, "releasechannels")
    calm = audit.writes(events)
    before = process.cpu_s(running.pid)
    objects.edit(api, channels, RATE, plan.busy)
    events = log.read_until(plan.busy)
    figures["busy_cpu_ms"] = (process.cpu_s(running.pid) - before) / plan.busy * 1000
    figures["busy_ms"] = audit.latencies_ms(events, "releasechannels")
    for counts, wanted in ((calm, plan.calm), (audit.writes(events), plan.busy)):
        if counts != {"patch releasechannels/status": wanted}:
            figures["unequal"].append(f"{wanted} edits: {counts}")


def promotions(running, api, digests, plan, figures):
    """Every moving channel gets the first release, uncounted; then the second, counted."""
    objects.promote(api, "warm", digests[1], [MOVING_CHANNELS], RATE)
    objects.promote(api, "first", digests[0], range(MOVING_CHANNELS), RATE)
    process.wait_until_quiet(running.pid, limit=0.05)
    log, before = audit.Audit(), process.cpu_s(running.pid)
    objects.promote(api, "second", digests[1], range(plan.promotions), RATE)
    events = log.read_until(WRITES_A_PROMOTION * plan.promotions)
    figures["promotion_cpu_ms"] = (process.cpu_s(running.pid) - before) / plan.promotions * 1000
    figures["promotion_ms"] = audit.latencies_ms(events, "promotions")
    figures["promotion_writes"] = audit.writes(events)
    figures["state"] = objects.state(api, plan.promotions)


def idle(running, plan, figures):
    waked, before = process.wake_ups(running.pid), process.cpu_s(running.pid)
    time.sleep(plan.idle_s)
    figures["wake_ups"] = (process.wake_ups(running.pid) - waked) * 60 / plan.idle_s
    figures["idle_cpu_s_h"] = (process.cpu_s(running.pid) - before) * 3600 / plan.idle_s


def relist(running, repin, channels, figures):
    """It is stopped while the apiserver is killed, objects change, and the apiserver is killed again: its history begins after
    what the candidate would go on from, so that everything is listed once more."""
    steady = process.memory_mib(running.pid)[0]
    process.forget_peak(running.pid)
    running.process.send_signal(signal.SIGSTOP)
    api = cluster.api()
    with cluster.apiserver_killed():
        pass
    objects.touch(api, channels, 1000, 20)
    with cluster.apiserver_killed():
        pass
    log = audit.Audit()
    repin()
    running.process.send_signal(signal.SIGCONT)
    time.sleep(20)
    running.wait(running.is_ready, "ready again", pause_s=0.5)
    process.wait_until_quiet(running.pid)
    listed = [event for event in log.read() if audit.is_by_operator(event) and "deployments" in event["requestURI"] and
              event["responseStatus"]["code"] == 200 and ("sendInitialEvents=true" in event["requestURI"] or event["verb"] == "list")]
    after, peak = process.memory_mib(running.pid)
    figures["relist_peak"] = peak / steady
    figures["relist_mib"] = after
    # a watch is in the log only when it ends: no trace of it is no proof that nothing was listed
    figures["relist_seen"] = bool(listed)
    api.close()


def measure(one, kubeconfig, api, channels, digests, plan, repin=None):
    """The figures of one round as a dictionary."""
    figures = {"unequal": []}
    if one.leads:
        candidate.release_lease(api)
        objects.reset_moving(api, MOVING_CHANNELS + 1)
    time.sleep(1)
    running = one.start(kubeconfig)
    try:
        started(running, figures)
        if one.leads:
            edits(running, api, channels, plan, figures)
            if plan.idle_s:
                idle(running, plan, figures)
            promotions(running, api, digests, plan, figures)
        if repin:
            relist(running, repin, channels, figures)
    finally:
        running.stop()
    return figures


def count_allocations(one, kubeconfig, api, channels, plan, preload):
    """Requests for memory for each change of a Deployment's status that means nothing to the channel."""
    with tempfile.NamedTemporaryFile(prefix="bench-mallocs-") as counter:
        counter.write(bytes(8))
        counter.flush()
        environment = {"LD_PRELOAD": preload, "MALLOCS_FILE": counter.name} if one.side == "sluice" else {}
        candidate.release_lease(api)
        running = one.start(kubeconfig, environment=environment)
        try:
            started(running, {})
            begun = candidate.allocations(running, counter.name)
            time.sleep(10)
            before = candidate.allocations(running, counter.name)
            objects.touch(api, channels, RATE, plan.touches)
            process.wait_until_quiet(running.pid)
            # what ten seconds take without any event is not theirs
            seconds = plan.touches / RATE + 2
            return (candidate.allocations(running, counter.name) - before - (before - begun) * seconds / 10) / plan.touches
        finally:
            running.stop()


def take_over(one, kubeconfig, api):
    """Seconds from the SIGKILL of the leader until the replica beside it, which is warm, leads."""
    candidate.release_lease(api)
    leader = one.start(kubeconfig, port=18080, identity="one")
    try:
        leader.wait(leader.is_leading, "leading", pause_s=0.1)
        other = one.start(kubeconfig, port=18180, identity="two")
        try:
            other.wait(other.is_ready, "ready")
            process.wait_until_quiet(other.pid)
            leader.kill()
            killed = time.monotonic()
            other.wait(other.is_leading, "leading", pause_s=0.05)
            return time.monotonic() - killed
        finally:
            other.stop()
    finally:
        leader.stop()


def patches(curl, api, channels, count):
    """CPU of curl for as many writes as an edit calls for, each of them a real change, in ms each."""
    changed, as_before = [], []
    for k in range(min(count, channels)):
        i = k * 7919 % channels
        path = cluster.channels(objects.namespace_of(i), objects.name_of(i))
        channel = api.get(path)
        as_before.append((path + "/status", objects.status_body(channel, channel["status"]["observedGeneration"])))
        changed.append((path + "/status", objects.status_body(channel, k + 1000000)))
    cpu = curl.patches(changed)[1] + curl.patches(as_before)[1]
    # what it takes to start curl and to connect is not theirs
    return (cpu - 2 * curl.patches(as_before[:1])[1]) / (2 * len(changed)) * 1000

