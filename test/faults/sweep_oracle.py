"""What came of a run, as one flat picture, and in which way two pictures differ.

Two undisturbed runs of a scenario show what differs from run to run by itself; that, and no image or digest, is masked.
Whatever else a crash changes is a failure, unless EXCUSES says why it may be.
"""

import collections
import re

import sweep_pods

FINISHED = ("Succeeded", "Failed", "Aborted", "Superseded")
OURS = "sluice"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
GATE = "sluice.dev/no-release"

# The same in each run but for these: a moment, a uid, a version, and the names that the apiserver and automation draw.
TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z?")
UID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
FOLLOWS = re.compile(r"\b(r-[0-9a-f]{10})-[0-9a-f]{8}\b")  # MatchUpstream names the moment that it follows
TEMPLATES = "deprecated.daemonset.template.generation"  # another count of the same
DRAWN = ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "time")
NEVER_MASKED = re.compile(r"sha256:|r-[0-9a-f]{10}|^(%s)$" % "|".join(FINISHED))

# (pattern of the path, pattern of what is there, why that may be). As narrow as can be.
EXCUSES = [
    (r"^HorizontalPodAutoscaler/[^/]+/status/", "", "its controller writes it by its own clock, and Sluice does not read it"),
    (r"^ReplicaSet/[^/]+/(metadata/generation|status/observedGeneration)$", "", "its Deployment's controller scales it in one step or in two"),
    (r"^(Deployment|ReplicaSet)/[^/]+/metadata/annotations/deployment.kubernetes.io/revision", "",
     "it counts the templates that the controller came to see, those behind the gate as well; the generation counts what was asked for"),
    (r"^Deployment/[^/]+/status/conditions/\d+/message$", r'^ReplicaSet "[^"]+" has successfully progressed\.$',
     "its controller leaves the name of the set before where a rollout was over before it looked once (SetDeploymentCondition)"),
    (r"^ReleaseChannel/[^/]+/status/takeovers/count$", "",
     "a taking is counted before it is written, so that crashes cannot make more of them than are allowed"),
    (r"^Promotion/[^/]+/status/closedSeconds$", "", "it counts seconds, and is absent for none"),
    (r"^Promotion/[^/]+/status/steps/\d+/message$", r"^stayed \d+s in [^ ]+, needs \d+s$", "it counts seconds as well"),
    (r"^Promotion/[^/]+/status/steps/\d+/message$", "^open when the rollout began$",
     "why it was open died with the process, where a registry or a Prometheus has to be asked for that again"),
    (r"^Promotion/[^/]+/status/(conditions|steps)/\d+/message$", "^not rolled out within spec.rollout.progressDeadline [^:]*$",
     "what was in the way of the pods stood in no status yet when it died: that the rollout failed is in the channel's history"),
]


def _text(value, namespace):
    for pattern, word in ((TIME, "TIME"), (UID, "UID"), (FOLLOWS, r"\1-SINCE")):
        value = pattern.sub(word, value)
    return value.replace(namespace, "NAMESPACE")


def _flat(value, namespace, path, into):
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in DRAWN:
                _flat(one, namespace, f"{path}/{_text(key, namespace)}", into)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            _flat(one, namespace, f"{path}/{i}", into)
    else:
        into[path] = _text(value, namespace) if isinstance(value, str) else value


def _template(body):
    spec = body.get("spec", {})
    return spec.get("jobTemplate", {}).get("spec", spec).get("template", {})


def is_gated(body):
    """Does it wait for a first release? Its pods run nothing."""
    pod = body.get("spec", {}) if body["kind"] == "Pod" else _template(body).get("spec", {})
    return any(one["name"] == GATE for one in pod.get("schedulingGates", []))


def _late(changes):
    """For each workload, how often its template changed behind the gate.

    The guard reads the pins from an informer, so an apply that comes within milliseconds of the first pin is admitted with the
    gate, and applied again. Until then no pod runs, but the workload has one generation more."""
    generations = collections.defaultdict(set)
    for one in changes:
        if one.kind in WORKLOADS and is_gated(one.object):
            generations[(one.kind, one.object["metadata"]["uid"])].add(one.object["metadata"]["generation"])
    return {uid: len(found) - 1 for (_, uid), found in generations.items()}


def _without_late(body, late):
    """The object with the generation that it would have if nothing had been admitted with the gate."""
    meta, status = body["metadata"], body.get("status", {})
    extra = late.get(meta["uid"], 0)
    if not extra:
        return body
    if "observedGeneration" in status:
        status = {**status, "observedGeneration": status["observedGeneration"] - extra}
    notes = dict(meta.get("annotations", {}))
    if TEMPLATES in notes:
        notes[TEMPLATES] = str(int(notes[TEMPLATES]) - extra)
    return {**body, "metadata": {**meta, "generation": meta["generation"] - extra, "annotations": notes}, "status": status}


def _owner(body):
    """The controller that it belongs to, its own name where it has none."""
    owners = [one for one in body["metadata"].get("ownerReferences", []) if one.get("controller")]
    return f"{owners[0]['kind']}.{owners[0]['name']}" if owners else body["metadata"]["name"]


def _object(body):
    """What of it is compared: of the fields' owners only us, for the others write when they like."""
    fields = [one for one in body["metadata"].get("managedFields", []) if one["manager"] == OURS]
    fields.sort(key=lambda one: (one["operation"], one.get("subresource", "")))
    return {**body, "metadata": {**body["metadata"], "managedFields": fields}}


def _is_not_told(kind, name, body):
    """The cluster's own, and what waits behind the gate: see _late()."""
    return (kind == "ConfigMap" and name == "kube-root-ca.crt") or (kind in ("ReplicaSet", "Pod") and is_gated(body))


def _workload_of(pod):
    """Kind and name of what a person made: a ReplicaSet's name is the Deployment's and a hash."""
    kind, _, name = _owner(pod).partition(".")
    return f"Deployment.{name.rpartition('-')[0]}" if kind == "ReplicaSet" else f"{kind}.{name}"


def _run_digests(changes):
    """For each container of each workload the digests that its pods ran, in the order of their pods' coming; repetitions are one."""
    ran = collections.defaultdict(list)
    for change in changes:
        if change.kind == "Pod" and change.type != "DELETED":
            for container, digest in sweep_pods.digests(change.object).items():
                seen = ran[f"{_workload_of(change.object)}.{container}"]
                if (change.name, digest) not in seen:
                    seen.append((change.name, digest))
    return {key: [digest for i, (_, digest) in enumerate(seen) if i == 0 or seen[i - 1][1] != digest] for key, seen in ran.items()}


def _events(changes):
    return {f"{one.object.get('regarding', {}).get('kind')}/{one.object.get('regarding', {}).get('name')} {one.object['reason']}"
            for one in changes if one.kind == "Event" and one.object.get("reportingController", "").startswith("sluice")}


class Picture:
    """The end state, what was made and deleted, what the pods ran, and what was told in Events."""

    def __init__(self, namespace, changes, objects):
        self.fields = {}
        self._changes = changes
        late = _late(changes)
        for (kind, name), body in objects.items():
            if kind in ("Pod", "Event") or _is_not_told(kind, name, body):
                continue
            _flat(_object(_without_late(body, late)), namespace, f"{kind}/{_text(name, namespace)}", self.fields)
        self._count_pods(objects)
        self._count_changes(changes, namespace)
        for key, ran in _run_digests(changes).items():
            self.fields[f"ran/{key}"] = " → ".join(ran)
        self.events = {_text(one, namespace) for one in _events(changes)}

    def _count_pods(self, objects):
        for (kind, _), pod in objects.items():
            if kind == "Pod":
                key = f"pods/{_owner(pod)}/{'ready' if sweep_pods.is_ready(pod) else 'not ready'}/{sorted(sweep_pods.digests(pod).items())}"
                self.fields[key] = self.fields.get(key, 0) + 1

    def _count_changes(self, changes, namespace):
        for one in changes:
            if one.kind != "Event" and one.type != "MODIFIED" and not _is_not_told(one.kind, one.name, one.object):
                name = _owner(one.object) if one.kind == "Pod" else one.name
                key = f"{one.type.lower()}/{one.kind}/{_text(name, namespace)}"
                self.fields[key] = self.fields.get(key, 0) + 1

    def broken_rules(self):
        """What may never be, whatever the undisturbed run did."""
        broken, ended = [], {}
        for one in self._changes:
            if one.kind != "Promotion":
                continue
            uid, phase = one.object["metadata"]["uid"], one.object.get("status", {}).get("phase")
            if ended.get(uid, phase) != phase:
                broken.append(f"Promotion {one.name} was {ended[uid]} and became {phase}")
            elif phase in FINISHED:
                ended[uid] = phase
        return broken


def learn(one, two):
    """The paths that differ between two undisturbed runs. AssertionError when that is something that may not."""
    mask, firm = set(), []
    for path in one.fields.keys() | two.fields.keys():
        pair = one.fields.get(path), two.fields.get(path)
        if pair[0] == pair[1] or _excuse(path, pair[1]):
            continue
        if path.startswith(("ran/", "added/", "deleted/")) or any(NEVER_MASKED.search(str(value)) for value in pair):
            firm.append(f"{path}: {pair[0]!r}, then {pair[1]!r}")
        mask.add(path)
    if firm:
        raise AssertionError("two undisturbed runs differ:\n" + "\n".join(sorted(firm)))
    return mask


def _excuse(path, value):
    return next((why for where, what, why in EXCUSES if re.search(where, path) and re.search(what, str(value))), None)


def compare(expected, mask, found):
    """Sentences, one for each difference that is not excused."""
    told = list(found.broken_rules())
    for path in sorted(expected.fields.keys() | found.fields.keys()):
        pair = expected.fields.get(path), found.fields.get(path)
        if pair[0] != pair[1] and path not in mask and not _excuse(path, pair[1]):
            told.append(f"{path}: {pair[0]!r} undisturbed, {pair[1]!r} here")
    # One that was still to be sent dies with the process: Events may be missing. None may tell what did not happen.
    told += [f"an Event that the undisturbed run has not: {one}" for one in sorted(found.events - expected.events)]
    return told
