#!/usr/bin/python3
"""Every place of the three schemas × every class of value × create, update, update and revert, on a real apiserver with the operator at work.

    test/cluster/schema_walk.py [--only PART-OF-A-PATH]      as root (`make schema-walk`)

What is refused has to be refused in words that a person understands; what is accepted has to work, or to be named in a condition
of that object; the operator has to live, and to serve another channel all the while. A ChannelStop has no condition: it works when that other
channel says that it is stopped, or does not, as the selector has it. The counts go to build/schema-walk.json, and
each trial that went otherwise is listed there and printed. The objects that are changed are the samples of the decoders' tests,
which hold every field that there is.
"""

import argparse
import copy
import json
import os
import subprocess
import sys
import time

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
import operating  # noqa: E402

NAME = "walk"
SAMPLES = os.path.join(cluster.ROOT, "test", "unit", "wire", "data")
RESULT = os.path.join(cluster.ROOT, "build", "schema-walk.json")



def stops(_, name=""):
    return f"{cluster.GROUP}/channelstops" + (f"/{name}" if name else "")


KINDS = {"ReleaseChannel": ("releasechannels", "channels", cluster.channels), "Promotion": ("promotions", "promotions", cluster.promotions),
         "ChannelStop": ("channelstops", "stops", stops)}
LABELS = {"team": "shop", "tier": "web", "stage": "beta", "region": "us", "critical": "yes"}  # of the other channel: the sample names it
ABSENT = object()
UNICODE = "ünïcode-名前-🚢-\u202e"
MODES = ("create", "update", "revert")
SEEN_PATIENCE_S = 30


def path_of(kind, namespace, name=""):
    return KINDS[kind][2](namespace, name)


def places(schema, path=()):
    """Every place below spec, lists and maps by their first item: (path, its schema)."""
    if path:
        yield path, schema
    if schema.get("type") == "array":
        yield from places(schema["items"], path + (0,))
    for name, below in schema.get("properties", {}).items():
        yield from places(below, path + (name,))
    if isinstance(schema.get("additionalProperties"), dict):
        yield path + ("*",), schema["additionalProperties"]


def step(value, path):
    """The key or index that the path's first step means in value: a map's first key for "*", for 0 the first item of a list that has
    the rest of the path. None when it is not there."""
    if isinstance(value, list):
        return next((i for i, item in enumerate(value) if at(item, path[1:]) is not ABSENT), None)
    key = next(iter(value), None) if isinstance(value, dict) and path[0] == "*" else path[0]
    return key if isinstance(value, dict) and key in value and at(value[key], path[1:]) is not ABSENT else None


def at(value, path):
    """What stands at that place of a sample; ABSENT when it has none."""
    if not path:
        return value
    key = step(value, path)
    return ABSENT if key is None else at(value[key], path[1:])


def put(body, path, new):
    """Puts new there, or takes away what is there."""
    while len(path) > 1:
        body, path = body[step(body, path)], path[1:]
    key = step(body, path)
    if new is ABSENT:
        del body[key]
    else:
        body[key] = new


def other_types(value):
    wrong = {str: 7, bool: "yes", int: "many", float: "many", list: {"a": "b"}, dict: ["a"]}
    return wrong[type(value)]


def many(items, count):
    """count items, made from the first one, with names of their own."""
    made = []
    for i in range(count):
        item = copy.deepcopy(items[0])
        if isinstance(item, dict):
            for key in ("name", "workload", "port"):
                if key in item:
                    item[key] = f"{item[key]}-{i}" if isinstance(item[key], str) else i + 1
        made.append(item)
    return made


def bounds(schema, value):
    """(minimum, maximum, beyond) of a place: by its schema, and where that sets none, by the type's own."""
    if "enum" in schema:
        return schema["enum"][0], schema["enum"][-1], schema["enum"][-1] + "s"
    if isinstance(value, bool):
        return False, True, 2
    if isinstance(value, (int, float)):
        low, high = schema.get("minimum", -2**31), schema.get("maximum", 2**31 - 1)
        return low, high, high + 1
    if isinstance(value, str):
        longest = schema.get("maxLength", 4096)
        return "a" * schema.get("minLength", 0), "a" * longest, "a" * (longest + 1)
    if isinstance(value, list):
        most = schema.get("maxItems", 64)
        return many(value, schema.get("minItems", 0)), many(value, most), many(value, most + 1)
    least = {key: one for key, one in value.items() if key in schema.get("required", [])}
    return least, value, {**value, "somethingElse": 1}


def values(schema, value):
    """class of value → the value."""
    low, high, beyond = bounds(schema, value)
    empty = {str: "", list: [], dict: {}}.get(type(value), 0)
    return {"absent": ABSENT, "null": None, "empty": empty, "minimum": low, "maximum": high, "beyond": beyond,
            "unicode": UNICODE, "wrong type": other_types(value)}


def trials(only):
    """(kind, sample, path, class of value, new value) of all there is to try."""
    for kind, (plural, samples, _) in KINDS.items():
        with open(os.path.join(cluster.ROOT, "crds", plural + ".yaml")) as file:
            schema = yaml.safe_load(file)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        with open(os.path.join(SAMPLES, samples + ".yaml")) as file:
            samples = list(yaml.safe_load_all(file))
        for path, below in places(schema):
            path = ("spec", *path)
            if only and only not in ".".join(map(str, path)):
                continue
            sample = next((one for one in samples if at(one, path) not in (ABSENT, None)), None)
            if sample is None:
                raise SystemExit(f"no sample of {plural} has {path}")
            for name, new in values(below, at(sample, path)).items():
                yield kind, sample, path, name, new


def names(selector, labels):
    """Does a ChannelStop with this selector name a channel with these labels? As Kubernetes has it for all its selectors."""
    def holds(one):
        value, values = labels.get(one["key"]), one.get("values") or []
        return {"In": value in values, "NotIn": value not in values, "Exists": value is not None,
                "DoesNotExist": value is None}[one["operator"]]
    selector = selector or {}
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()) and all(
        holds(one) for one in selector.get("matchExpressions") or [])


class Walk:
    def __init__(self, namespace, served, operator):
        self.served, self.operator = served, operator
        self.api = cluster.api()
        self.me = self.api.whoami()
        self.namespace = namespace
        self.counts = {"trials": 0, "refused": 0, "accepted": 0, "working": 0, "named": 0}
        self.strange = []
        self.waiting = []  # accepted, and not yet looked at by the operator
        self._number = 0
        self._heard = 0  # events of stops

    def _base(self, kind, sample):
        self._number += 1
        body = {"apiVersion": "sluice.dev/v1alpha1", "kind": kind, "metadata": {"name": f"walk-{self._number}"}}
        spec = copy.deepcopy(sample["spec"])
        # Nobody speaks for another: the names are as the apiserver writes them.
        for named, key in [(spec, "requestedBy"), (spec, "abortedBy"), *((one, "user") for one in spec.get("approvals", []))]:
            named.update({key: self.me} if key in named else {})
        return {**body, "spec": spec}

    def _send(self, method, body):
        """Sends it. The operator writes statuses meanwhile: an update is tried again upon the newest version."""
        path = path_of(body["kind"], self.namespace, body["metadata"]["name"] if method == "PUT" else "")
        while True:
            if method == "PUT":
                body["metadata"]["resourceVersion"] = self.api.get(path)["metadata"]["resourceVersion"]
            try:
                return self.api.call(method, path + "?fieldValidation=Strict", body)
            except cluster.ApiError as refusal:
                if refusal.code != 409:
                    raise

    def _note(self, what, text):
        self.strange.append({"trial": what, "text": text})
        print(f"  {what}: {text}", flush=True)

    def _try(self, what, path, method, body):
        """Sends it. The object, or None when it was refused."""
        self.counts["trials"] += 1
        try:
            made = self._send(method, body)
        except cluster.ApiError as refusal:
            self.counts["refused"] += 1
            names = [str(key) for key in path if isinstance(key, str) and key != "*"]
            is_clear = refusal.code in (400, 403, 422) and len(refusal.message) < 4096 and any(
                part in refusal.message for part in (*(names[1:] or names), "never changes"))
            if not is_clear:
                self._note(what, f"refused in words that do not help: {refusal.code} {refusal.message[:300]}")
            return None
        self.counts["accepted"] += 1
        self.waiting.append((what, made))
        return made

    def run(self, kind, sample, path, name, new):
        for mode in MODES:
            what = f"{mode} {kind} {'.'.join(map(str, path))} {name}"
            base = self._base(kind, sample)
            changed = copy.deepcopy(base)
            put(changed, path, new)
            if mode == "create":
                self._try(what, path, "POST", changed)
                self._settle_stops(kind)
                continue
            base["spec"] = self._send("POST", base)["spec"]  # with what the apiserver put in
            edited = self._try(what, path, "PUT", changed)
            if mode == "revert" and edited is not None:
                self.waiting.pop()
                self._revert(what, base)
            self._settle_stops(kind)

    def _settle_stops(self, kind):
        """One after the other, so that what the other channel says is about this one."""
        if kind == "ChannelStop":
            self.settle()

    def _revert(self, what, base):
        try:
            self.waiting.append((what, self._send("PUT", base)))
        except cluster.ApiError as refusal:
            self._note(what, f"cannot be put back: {refusal.message[:300]}")

    def _seen(self, made):
        """What the operator says of it: "working", "named", or None as long as it has not looked."""
        if made["kind"] == "ChannelStop":
            return self._stop_seen(made)
        now = self.api.get(path_of(made["kind"], self.namespace, made["metadata"]["name"]))
        status = now.get("status", {})
        ready = next((one for one in status.get("conditions", []) if one["type"] == "Ready"), None)
        if ready is None or status.get("observedGeneration") != now["metadata"]["generation"]:
            return None
        if ready["status"] == "True":
            return "working"
        return "named" if ready["reason"] and ready["message"] else None

    def _stop_seen(self, made):
        """The operator has heard of it, and the other channel says what follows."""
        lines = self.operator.get("/metrics")[1].splitlines()
        heard = sum(float(line.rsplit(" ", 1)[1]) for line in lines
                    if line.startswith("sluice_watch_events_total{") and 'kind="ChannelStop"' in line and "DELETED" not in line)
        if heard <= self._heard:
            return None
        status = self.api.get(cluster.channels(self.served, "shop")).get("status", {})
        stopped = next((one["message"] for one in status.get("conditions", []) if one["type"] == "Stopped"), "")
        is_named = f"ChannelStop {made['metadata']['name']} " in stopped
        wanted = names(made["spec"].get("selector"), LABELS)
        if is_named != wanted or (stopped and not wanted):
            return None
        self._heard = heard
        return "working"

    def settle(self):
        """Waits until the operator has looked at all that was accepted, then takes everything away."""
        end = time.monotonic() + SEEN_PATIENCE_S
        for what, made in self.waiting:
            seen = self._seen(made)
            while seen is None and time.monotonic() < end:
                time.sleep(0.1)
                seen = self._seen(made)
            if seen is None:
                self._note(what, f"accepted, and no condition says what became of it in {SEEN_PATIENCE_S} s")
            else:
                self.counts[seen] += 1
        self.waiting.clear()
        for kind in KINDS:
            self.api.delete(path_of(kind, self.namespace))


def is_served(case):
    """A channel in another namespace, which the walk must not disturb: one more promotion, from one image to the other."""
    case["number"] += 1
    digest = operating.Images.web(f"{1 + case['number'] % 2}.0.0")
    api, name = case["api"], f"served-{case['number']}"
    api.create(cluster.promotions(case["namespace"]), operating.by_digest(name, digest))
    cluster.eventually("the other channel is served", lambda: api.get(
        cluster.promotions(case["namespace"], name)).get("status", {}).get("phase") == "Succeeded")


def inside(arguments):
    cluster.install()
    operator = operating.Operator(flags=("--log-level", "warn")).start()
    pid, began = operator.process.pid, time.monotonic()
    try:
        with cluster.namespace("served") as served, cluster.namespace("walk") as namespace:
            walk = Walk(namespace, served, operator)
            case = {"api": walk.api, "namespace": served, "number": 0}
            walk.api.create(f"/apis/apps/v1/namespaces/{served}/deployments", operating.workload("Deployment", replicas=1))
            body = operating.channel()
            body["metadata"]["labels"] = LABELS
            walk.api.create(cluster.channels(served), body)
            last = None
            for kind, sample, path, name, new in trials(arguments.only):
                if last not in (None, path):
                    walk.settle()
                    if path[1] != last[1]:
                        is_served(case)
                last = path
                walk.run(kind, sample, path, name, new)
            walk.settle()
            is_served(case)
    finally:
        operator.finish()
    if operator.process.pid != pid:
        raise SystemExit("the operator was started again")
    result = {**walk.counts, "served": case["number"], "strange": walk.strange, "seconds": round(time.monotonic() - began)}
    os.makedirs(os.path.dirname(RESULT), exist_ok=True)
    with open(RESULT, "w") as file:
        json.dump(result, file, indent=1)
    print(json.dumps({**result, "strange": len(walk.strange)}))
    return 1 if walk.strange else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only places whose path holds this text")
    arguments = parser.parse_args()
    if os.environ.get("SLUICE_NETNS"):
        return inside(arguments)
    subprocess.run([cluster.DEVCLUSTER, "up", NAME, "--no-metrics", "--no-dns"], check=True)
    try:
        return subprocess.run([cluster.DEVCLUSTER, "exec", NAME, "--", sys.executable, *sys.argv]).returncode
    finally:
        subprocess.run([cluster.DEVCLUSTER, "down", NAME], check=True)


if __name__ == "__main__":
    sys.exit(main())
