"""One candidate, measured from its start to its end, with so many channels in the cluster."""

import contextlib
import math
import signal
import tempfile
import time

import audit
import candidate
import cluster
import cpu_profile
import objects
import own_cluster
import process

MOVING_CHANNELS = 60
RATE = 50  # changes a second when busy
CALM_RATE = 10
WRITES_A_PROMOTION = 9  # seven of objects, two Events


class Plan:
    """How much of everything a round does; nothing of what is 0."""

    def __init__(self, busy, touches, calm=0, promotions=0, idle_s=0):
        self.calm, self.busy, self.promotions, self.idle_s, self.touches = calm, busy, promotions, idle_s, touches


def started(running, figures, leads=True, server_cpu_s=None):
    """Exec until ready; then until it leads, unless it is not to, and has nothing to do. server_cpu_s: of the apiserver, before."""
    figures["sync_s"] = running.wait(running.is_ready, "ready")
    figures["sync_cpu_s"] = process.cpu_s(running.pid)
    if server_cpu_s is not None:
        figures["sync_server_cpu_s"] = own_cluster.apiserver_cpu_s() - server_cpu_s
    if running.candidate.leads and leads:
        running.wait(running.is_leading, "leading", pause_s=0.1)
    process.wait_until_quiet(running.pid)
    figures["start_cpu_s"] = process.cpu_s(running.pid)
    figures["resident_mib"], figures["peak_mib"] = process.memory_mib(running.pid)
    if running.candidate.side == "peer":  # for whoever doubts its memory limit: what it holds before it collects the next time
        figures["next_gc_mib"] = running.metric("go_memstats_next_gc_bytes") / 2 ** 20


def edits(running, api, channels, plan, figures):
    """Edits of channels, each with one write: calm for latency alone, busy for CPU and latency."""
    log = audit.Audit()
    for name, rate, count in (("calm", CALM_RATE, plan.calm), ("busy", RATE, plan.busy)):
        if not count:
            continue
        own_cluster.collect_garbage(api)
        collected, before = own_cluster.collections_so_far(api), process.cpu_s(running.pid)
        objects.edit(api, channels, rate, count)
        events = log.read_until(count)
        figures[name + "_cpu_ms"] = (process.cpu_s(running.pid) - before) / count * 1000
        figures[name + "_ms"] = audit.latencies_ms(events, "releasechannels")
        figures[name + "_collections"] = own_cluster.collections_so_far(api) - collected
        counts = audit.writes(events)
        if counts != {"patch releasechannels/status": count}:
            figures["unequal"].append(f"{count} edits: {counts}")


def promotions(running, api, digests, plan, figures):
    """Every moving channel gets the first release, uncounted; then the second, counted."""
    log = audit.Audit()
    objects.promote(api, "warm", digests[1], [MOVING_CHANNELS], RATE)
    objects.promote(api, "first", digests[0], range(MOVING_CHANNELS), RATE)
    log.wait_for_silence()
    changes = -objects.generations(api, plan.promotions)
    own_cluster.collect_garbage(api)
    log, before = audit.Audit(), process.cpu_s(running.pid)
    objects.promote(api, "second", digests[1], range(plan.promotions), RATE)
    events = log.read_until(WRITES_A_PROMOTION * plan.promotions)
    figures["promotion_cpu_ms"] = (process.cpu_s(running.pid) - before) / plan.promotions * 1000
    figures["promotion_ms"] = audit.latencies_ms(events, "promotions")
    changes += objects.generations(api, plan.promotions)
    writes = audit.writes(events)
    figures["events"] = writes.pop("create events", 0)
    figures["promotion_writes"], figures["repeats"] = audit.effects(writes, changes)
    figures["state"] = objects.state(api, plan.promotions)


def idle(running, plan, figures):
    waked, before = process.wake_ups(running.pid), process.on_core_s(running.pid)
    time.sleep(plan.idle_s)
    figures["wake_ups"] = (process.wake_ups(running.pid) - waked) * 60 / plan.idle_s
    figures["idle_cpu_s_h"] = (process.on_core_s(running.pid) - before) * 3600 / plan.idle_s


def relist(one, kubeconfig, repin):
    """It is stopped while the apiserver is killed, whose history begins after what the candidate would go on from: everything
    is listed once more. It has synced and does not lead, so that no Lease is lost meanwhile."""
    api, figures = cluster.api(), {}
    candidate.hold_lease(api)
    running = one.start(kubeconfig)
    try:
        started(running, figures, leads=False)
        steady = figures["resident_mib"]
        process.forget_peak(running.pid)
        running.process.send_signal(signal.SIGSTOP)
        candidate.hold_lease(api)  # a write that it does not see: without one, of a kind of which nothing changes it could go on
        log = audit.Audit()
        with cluster.apiserver_killed(has_controllers=False):
            pass
        repin()
        running.process.send_signal(signal.SIGCONT)
        kinds = log.wait_for_lists({"releasechannels", "promotions", "horizontalpodautoscalers", "services"})
        process.wait_until_quiet(running.pid)
        after, peak = process.memory_mib(running.pid)
        return {"relist_peak": peak / steady, "relist_mib": after, "relisted": sorted(kinds)}
    finally:
        running.stop()
        api.close()


def measure(one, kubeconfig, api, channels, digests, plan):
    """The figures of one round as a dictionary."""
    figures = {"unequal": []}
    if one.leads:
        candidate.release_lease(api)
        if plan.promotions and not one.syncs_only:
            objects.reset_moving(api, MOVING_CHANNELS + 1)
    time.sleep(1)
    own_cluster.collect_garbage(api)
    log = audit.Audit()
    server_cpu_s = own_cluster.apiserver_cpu_s()
    running = one.start(kubeconfig)
    try:
        started(running, figures, server_cpu_s=server_cpu_s)
        if one.leads and not one.syncs_only:
            log.wait_for_silence()
            edits(running, api, channels, plan, figures)
            if plan.idle_s:
                idle(running, plan, figures)
            if plan.promotions:
                promotions(running, api, digests, plan, figures)
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


def profiles(one, kubeconfig, api, channels, plan, sync_s):
    """Where CPU time goes: the apiserver's while this candidate syncs, which takes it so long, and while channels are edited; the candidate's own then."""
    found = {"sync": {}, "busy": {}, "own": {}}
    candidate.release_lease(api)
    own_cluster.collect_garbage(api)
    with contextlib.ExitStack() as stack:
        with cpu_profile.of_apiserver(math.ceil(sync_s), found["sync"]):
            running = one.start(kubeconfig)
            stack.callback(running.stop)
            started(running, {})
        own_cluster.collect_garbage(api)
        server_cpu_s = own_cluster.apiserver_cpu_s()
        with cpu_profile.of_apiserver(math.ceil(plan.busy / RATE), found["busy"]), cpu_profile.of_process(running.pid, found["own"]):
            began = time.monotonic()
            objects.edit(api, channels, RATE, plan.busy)
            seconds = time.monotonic() - began
        found["busy_core"] = (own_cluster.apiserver_cpu_s() - server_cpu_s) / seconds
    return found


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


def echoes(curl, api, channels, rate, count):
    """From each answer to whoever edited a channel until the write of an echo arrives, in ms: it decides nothing, so no operator has less to do."""
    own_cluster.collect_garbage(api)
    path, log = cluster.GROUP + "/releasechannels?", audit.Audit()
    with curl.echoing(path, api.get(path + "limit=1")["metadata"]["resourceVersion"]):
        time.sleep(1)
        objects.edit(api, channels, rate, count)
        events = log.read_until(count)
    counts = audit.writes(events)
    if counts != {"patch releasechannels/status": count}:
        raise AssertionError(f"the echo of {count} edits: {counts}")
    return audit.latencies_ms(events, "releasechannels")


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

