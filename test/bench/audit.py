"""The apiserver's audit log: who wrote what, when it came, and when it was answered."""

import datetime
import json
import os
import time

import cluster

WRITES = ("create", "update", "patch", "delete")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Audit:
    """Reads on from where it was created."""

    def __init__(self):
        # The cluster's folder is the one that holds users/, and in it the kubeconfig.
        self.path = os.path.join(os.path.dirname(os.path.dirname(os.environ["KUBECONFIG"])), "audit.log")
        self.at = os.path.getsize(self.path)

    def read(self):
        """The events since the last time, as dictionaries: answered requests, and watches also when they begin."""
        events = []
        with open(self.path) as file:
            file.seek(self.at)
            while True:
                line = file.readline()
                if not line.endswith("\n"):
                    break
                self.at = file.tell()
                event = json.loads(line)
                if event["stage"] == "ResponseComplete" or event["verb"] == "watch":
                    events.append(event)
        return events

    def read_until(self, count, patience_s=30):
        """The events since the last time, when the operator has written so often, or when it is not to be waited for any longer; and
        two seconds more, for what it should not have written."""
        events, end = [], time.monotonic() + patience_s
        while sum(writes(events).values()) < count and time.monotonic() < end:
            time.sleep(0.2)
            events += self.read()
        time.sleep(2)
        return events + self.read()

    def wait_for_silence(self, seconds=3, patience_s=120):
        """Until the operator has written nothing for so long: on a busy machine a process may rest because it waits for answers."""
        end = time.monotonic() + patience_s
        time.sleep(seconds)
        while writes(self.read()):
            if time.monotonic() > end:
                raise AssertionError(f"still writing after {patience_s} s")
            time.sleep(seconds)

    def wait_for_lists(self, kinds, patience_s=120):
        """Until the operator has read all these kinds as a whole; returns those that it has."""
        events, end = [], time.monotonic() + patience_s
        while not kinds <= listed(events):
            if time.monotonic() > end:
                raise AssertionError(f"{sorted(kinds - listed(events))} were not listed again in {patience_s} s")
            time.sleep(0.2)
            events += self.read()
        return listed(events)


def is_by_operator(event):
    """Sent by the operator itself, not by somebody who acts as it."""
    return event["user"]["username"] == cluster.OPERATOR and "impersonatedUser" not in event


def writes(events):
    """How often the operator wrote what, Leases aside: {"patch promotions/status": 100}. What was refused counts by its code."""
    counts = {}
    for event in events:
        target = event.get("objectRef", {})
        code = event.get("responseStatus", {}).get("code", 0)
        if not is_by_operator(event) or event["verb"] not in WRITES or target.get("resource") in ("leases", None):
            continue
        if target["resource"] == "events" and target.get("apiGroup") != "events.k8s.io":
            continue
        name = target["resource"] + ("/" + target["subresource"] if "subresource" in target else "")
        name = event["verb"] + " " + name + ("" if code < 300 else f" {code}")
        counts[name] = counts.get(name, 0) + 1
    return counts


def effects(counts, changed):
    """counts with the workloads that have changed in the place of how often they were applied; and how many applies changed nothing. The pin
    guard learns of new pins through an informer: a workload that is applied a moment after its pin may be admitted as it was, and has to be applied again."""
    name = "patch cronjobs"
    return {**counts, name: changed}, counts.get(name, 0) - changed


def listed(events):
    """The kinds that the operator has read as a whole."""
    return {event["objectRef"]["resource"] for event in events if is_by_operator(event) and event.get("responseStatus", {}).get("code") == 200 and
            (event["verb"] == "list" or "sendInitialEvents=true" in event["requestURI"])}


def latencies_ms(events, resource):
    """From each answer to somebody who wrote such an object to the arrival of the operator's next PATCH of its status; 0 where
    that was there first: a watch may be quicker than the answer."""
    found, waiting = [], {}
    ordered = []
    for event in events:
        target = event.get("objectRef", {})
        if target.get("resource") != resource or event["verb"] not in ("patch", "create"):
            continue
        key = target.get("namespace"), target.get("name")
        if is_by_operator(event):
            if target.get("subresource") == "status":
                ordered.append((moment(event["requestReceivedTimestamp"]), None, key))
        elif "subresource" not in target:
            ordered.append((moment(event["requestReceivedTimestamp"]), moment(event["stageTimestamp"]), key))
    for received, answered, key in sorted(ordered, key=lambda one: one[0]):
        if answered is not None:
            waiting[key] = answered
        elif key in waiting:
            found.append(max(0, received - waiting.pop(key)) * 1000)
    return sorted(found)
