"""What the apiserver itself says to a ReleaseChannel or a Promotion: every limit, at it and beyond it, and every rule."""

import copy
import os
import sys
import unittest

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402

HEX64 = "604b6c3e6c8d1c1a8f3f0e0d5e3a2b1c604b6c3e6c8d1c1a8f3f0e0d5e3a2b1c"
DIGEST = "sha256:" + HEX64

CHANNEL = {
    "apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "metadata": {"name": "shop"},
    "spec": {
        "artifacts": [{"name": "web", "image": "registry.example.com/shop/web"}],
        "workloads": [{"kind": "Deployment", "name": "web", "containers": {"web": "web"}}],
    },
}
PROMOTION = {
    "apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": "one"},
    "spec": {"channel": "shop", "release": "r-0a1b2c3d4e"},
}


def put(path, value):
    """A change: sets the value at a path such as spec.artifacts.0.image."""
    def change(body):
        *way, last = path.split(".")
        for step in way:
            body = body[int(step)] if isinstance(body, list) else body.setdefault(step, {})
        body[int(last) if isinstance(body, list) else last] = value
    return change


def signatures(count=1, name="release-keys", key="k{}.pub", **more):
    keys = [{"configMapRef": {"name": name, "key": key.format(i)}} for i in range(count)]
    return put("spec.gates.signatures", {"keys": keys, **more})


def both(*changes):
    def change(body):
        for one in changes:
            one(body)
    return change


def image(text):
    return put("spec.artifacts.0.image", text)


def interval(text):
    return put("spec.intake", {"interval": text, "tags": {"artifact": "web", "tag": "main"}})


def tags(**fields):
    return put("spec.intake", {"tags": {"artifact": "web", **fields}})


def artifacts(count):
    return put("spec.artifacts", [{"name": "web", "image": "registry.example.com/web"}]
               + [{"name": f"a{i}", "image": "registry.example.com/a"} for i in range(1, count)])


def workloads(count):
    return put("spec.workloads", [{"kind": "Deployment", "name": f"w{i}", "containers": {"web": "web"}}
                                  for i in range(count)])


def containers(count):
    return put("spec.workloads.0.containers", {f"c{i}": "web" for i in range(count)})


def upstream(count, **more):
    return put("spec.upstream", {"channels": [{"namespace": f"ns{i}", "name": "shop"} for i in range(count)], **more})


def soak(text):
    return both(upstream(1), put("spec.gates.soak", text))


def window(**fields):
    """A window, with fields changed, or left out when None."""
    one = {"name": "year-end", "kind": "Deny", "start": "2026-12-18T00:00", "duration": "408h", "timeZone": "Europe/Berlin", **fields}
    return put("spec.gates.windows", [{key: value for key, value in one.items() if value is not None}])


def windows(count):
    return put("spec.gates.windows", [{"name": f"{i:02d}" + "w" * 61, "kind": "Allow", "rrule": "FREQ=YEARLY;BYMONTH=" + ",".join(["12"] * 78),
                                       "start": "2026-12-18T00:00:00", "duration": "408h", "timeZone": "a/" * 31 + "bb"}
                                      for i in range(count)])


def measured(**fields):
    return put("spec.verification", {"metrics": [{"name": "ok", "prometheus": {"query": "up"}, "success": {"min": 1}, **fields}]})


def asked(**fields):
    return measured(prometheus={"query": "up", **fields})


def approvals(**fields):
    return put("spec.gates.approvals", fields)


def scaler(**fields):
    return put("spec.autoscaling", [{"workload": "web", "maxReplicas": 4, **fields}])


def service(ports=None, **fields):
    ports = [{"name": "http", "port": 80}] if ports is None else ports
    return put("spec.routing", {"service": {"name": "web", "workload": "web", "ports": ports, **fields}})


def port(**fields):
    return service([{"name": "http", "port": 80, **fields}])


def kind(name):
    return put("spec.workloads.0.kind", name)


def every_limit(body):
    """The largest channel there can be, in one."""
    both(artifacts(16), workloads(32), windows(16))(body)
    spec = body["spec"]
    for i, one in enumerate(spec["artifacts"]):
        one["image"] = "registry.example.com/" + "a" * 200
        one["pullSecretRef"] = {"name": "s" * 253}
        if i:
            one["name"] = f"{i:02d}" + "a" * 61
    for i, one in enumerate(spec["workloads"]):
        one["name"] = f"{i:02d}" + "w" * 175
        one["containers"] = {f"{j:02d}" + "c" * 61: spec["artifacts"][j]["name"] for j in range(16)}
    spec["upstream"] = {"channels": [{"namespace": f"{i:02d}" + "n" * 61, "name": "c" * 63} for i in range(16)]}
    spec["autoscaling"] = [{"workload": one["name"], "minReplicas": 1, "maxReplicas": 10000,
                            "metrics": [{"type": "Resource"}] * 16} for one in spec["workloads"]]
    spec["routing"] = {"service": {"name": "s" * 63, "workload": spec["workloads"][0]["name"],
                                   "ports": [{"name": f"p{i}", "port": 80 + i} for i in range(16)]}}


HOST_WANTED = "must be a repository with its registry's host"
DURATION_WANTED = "is not a duration of hours, minutes and seconds such as 1h30m, 5m or 30s"

# (sentence, change of the channel, parts of the refusal; none: it is accepted)
CHANNEL_ROWS = [
    ("the smallest channel is accepted", lambda body: None),
    ("the largest channel is accepted", every_limit),
    ("an unknown field is refused by name", put("spec.doors", {}), 'unknown field "spec.doors"'),
    ("a channel without artifacts is refused", put("spec.artifacts", []), "spec.artifacts", "at least 1"),
    ("16 artifacts are accepted", artifacts(16)),
    ("17 artifacts are refused", artifacts(17), "spec.artifacts", "Too many: 17", "at most 16"),
    ("two artifacts of one name are refused", both(artifacts(2), put("spec.artifacts.1.name", "web")),
     "spec.artifacts[1]", "Duplicate"),
    ("an artifact's name of 63 is accepted", both(artifacts(2), put("spec.artifacts.1.name", "a" * 63))),
    ("an artifact's name of 64 is refused", both(artifacts(2), put("spec.artifacts.1.name", "a" * 64)),
     "spec.artifacts[1].name", "63"),
    ("an artifact's empty name is refused", both(artifacts(2), put("spec.artifacts.1.name", "")),
     "spec.artifacts[1].name"),
    ("an artifact's name in capitals is refused", both(artifacts(2), put("spec.artifacts.1.name", "Web")),
     "spec.artifacts[1].name"),
    ("an artifact's name that ends in a dash is refused", both(artifacts(2), put("spec.artifacts.1.name", "web-")),
     "spec.artifacts[1].name"),
    ("an artifact without an image is refused", put("spec.artifacts", [{"name": "web"}]), "image: Required"),
    ("an image on localhost is accepted", image("localhost:5000/web")),
    ("an image on an address is accepted", image("127.0.0.1:5000/a/b__c.d-e/f")),
    ("an image on an IPv6 address is accepted", image("[::1]:5000/web")),
    ("an image on a short host with a port is accepted", image("registry:5000/web")),
    ("an image of 255 is accepted", image("r.example.com/" + "a" * 241)),
    ("an image of 256 is refused", image("r.example.com/" + "a" * 242), "spec.artifacts[0].image", "255"),
    ("an image with a tag is refused, and the repository is named", image("registry.example.com/shop/web:v1"),
     "spec.artifacts[0].image", "carries a tag; name the repository only: registry.example.com/shop/web"),
    ("an image with a port and a tag is refused", image("localhost:5000/web:v1"),
     "carries a tag; name the repository only: localhost:5000/web"),
    ("an image with a digest is refused, and the repository is named", image("registry.example.com/web@" + DIGEST),
     "carries a digest; name the repository only: registry.example.com/web"),
    ("an image with a tag and a digest is refused", image("registry.example.com/web:v1@" + DIGEST), "carries a digest"),
    ("an image with a scheme is refused", image("https://registry.example.com/web"), HOST_WANTED),
    ("an image without a host is refused", image("shop/web"), HOST_WANTED, "docker.io/library/nginx"),
    ("a bare name is refused", image("nginx"), HOST_WANTED),
    ("a host without a repository is refused", image("registry.example.com"), HOST_WANTED),
    ("a repository in capitals is refused", image("registry.example.com/Shop"), HOST_WANTED),
    ("an image that ends in a slash is refused", image("registry.example.com/shop/"), HOST_WANTED),
    ("an image with a space is refused", image("registry.example.com/shop web"), HOST_WANTED),
    ("an image with a line break is refused", image("registry.example.com/web\n"), HOST_WANTED),
    ("an image with dots that lead away is refused", image("registry.example.com/../web"), HOST_WANTED),
    ("a pull secret's name of 254 is refused", put("spec.artifacts.0.pullSecretRef", {"name": "s" * 254}), "253"),
    ("a pull secret with a namespace is refused",
     put("spec.artifacts.0.pullSecretRef", {"name": "s", "namespace": "x"}), "unknown field"),
    ("a pull secret's name with a slash is refused", put("spec.artifacts.0.pullSecretRef", {"name": "a/b"}),
     "pullSecretRef.name"),

    ("16 upstream channels are accepted", upstream(16)),
    ("17 upstream channels are refused", upstream(17), "spec.upstream.channels", "at most 16"),
    ("an upstream without channels is refused", upstream(0), "spec.upstream.channels", "at least 1"),
    ("the same upstream twice is refused", both(upstream(2), put("spec.upstream.channels.1.namespace", "ns0")),
     "spec.upstream.channels[1]", "Duplicate"),
    ("an upstream without a namespace is refused", put("spec.upstream", {"channels": [{"name": "shop"}]}),
     "namespace: Required"),
    ("upstream with match All is accepted", upstream(2, match="All")),
    ("upstream with match Some is refused", upstream(2, match="Some"), "spec.upstream.match", '"Any", "All"'),
    ("an upstream namespace of 64 is refused", both(upstream(1), put("spec.upstream.channels.0.namespace", "n" * 64)),
     "spec.upstream.channels[0].namespace", "63"),
    ("an upstream and an intake together are refused", both(upstream(1), tags(tag="main")),
     "spec.intake", "exclude each other"),

    ("an intake by range is accepted", tags(semver=">=1.4.0-0 <2 || ^3")),
    ("an intake by expression is accepted", tags(newest="^main-([0-9]+)-[0-9a-f]{7}$")),
    ("an intake by one tag is accepted", tags(tag="main")),
    ("an intake without a choice is refused", tags(), "exactly one of semver, newest and tag"),
    ("an intake with two choices is refused", tags(semver="1", tag="main"), "exactly one of semver, newest and tag"),
    ("an intake with three choices is refused", tags(semver="1", newest="a", tag="main"),
     "exactly one of semver, newest and tag"),
    ("an intake of an unknown artifact is refused", tags(tag="main", artifact="db"),
     "spec.intake.tags.artifact", "spec.artifacts has no artifact 'db'"),
    ("a range of 256 is accepted", tags(semver=">=1.0.0" + " " * 249)),
    ("a range of 257 is refused", tags(semver=">=1.0.0" + " " * 250), "spec.intake.tags.semver", "256"),
    ("an empty range is refused", tags(semver=""), "spec.intake.tags.semver", "at least 1"),
    ("an expression of 257 is refused", tags(newest="a" * 257), "spec.intake.tags.newest", "256"),
    ("a tag of 128 is accepted", tags(tag="t" * 128)),
    ("a tag of 129 is refused", tags(tag="t" * 129), "spec.intake.tags.tag", "128"),
    ("a tag with a slash is refused", tags(tag="a/b"), "spec.intake.tags.tag"),
    ("an interval of 10s is accepted", interval("10s")),
    ("an interval of 9s is refused", interval("9s"), "spec.intake.interval", "'9s' is too short", "10s"),
    ("an interval of 0h0m9s is refused", interval("0h0m9s"), "too short"),
    ("an interval of 1h30m5s is accepted", interval("1h30m5s")),
    ("an interval of more than a year is refused", interval("99999h"), "spec.intake.interval", "at most 8760h"),
    ("an interval in days is refused", interval("1d"), "spec.intake.interval", "'1d' " + DURATION_WANTED),
    ("an interval without a unit is refused", interval("60"), DURATION_WANTED),
    ("an interval in the wrong order is refused", interval("5m1h"), DURATION_WANTED),
    ("a negative interval is refused", interval("-5m"), DURATION_WANTED),
    ("an interval in nonsense is refused", interval("soon"), DURATION_WANTED),
    ("an empty interval is refused", interval(""), "spec.intake.interval"),
    ("an interval of 17 characters is refused", interval("99999h99999m9999s"), "spec.intake.interval", "16"),
    ("a number as an interval is refused", interval(60), "spec.intake.interval", "string"),

    ("mode Automatic with an intake is accepted", both(tags(tag="main"), put("spec.promotion.mode", "Automatic"))),
    ("mode Automatic with an upstream is accepted", both(upstream(1), put("spec.promotion.mode", "Automatic"))),
    ("mode Automatic with nothing to take is refused", put("spec.promotion.mode", "Automatic"),
     "spec.promotion.mode", "needs something to take releases from"),
    ("an unknown mode is refused", put("spec.promotion.mode", "Auto"), "spec.promotion.mode", '"Automatic", "Manual"'),
    ("MatchUpstream with an upstream is accepted", both(upstream(1), put("spec.promotion.select", "MatchUpstream"))),
    ("MatchUpstream without an upstream is refused", put("spec.promotion.select", "MatchUpstream"),
     "spec.promotion.select", "give the channel an upstream"),
    ("a deadline of 30m is accepted", put("spec.promotion.deadline", "30m")),
    ("a deadline of nothing is refused", put("spec.promotion.deadline", "0s"), "spec.promotion.deadline", "at least 1s"),
    ("a deadline of a year is accepted", put("spec.promotion.deadline", "8760h")),
    ("a deadline of more than a year is refused", put("spec.promotion.deadline", "8760h1s"), "spec.promotion.deadline", "at most 8760h"),
    ("a deadline in weeks is refused", put("spec.promotion.deadline", "2w"), DURATION_WANTED),

    ("how many promotions to keep is accepted", put("spec.promotion.keep", {"count": 500, "age": "8760h"})),
    ("to keep none is accepted", put("spec.promotion.keep", {"count": 0, "age": "1s"})),
    ("to keep fewer than none is refused", put("spec.promotion.keep", {"count": -1}), "spec.promotion.keep.count", "greater than or equal to 0"),
    ("to keep 501 is refused", put("spec.promotion.keep", {"count": 501}), "spec.promotion.keep.count", "less than or equal to 500"),
    ("to keep for days is refused", put("spec.promotion.keep", {"age": "7d"}), "spec.promotion.keep.age", "'7d' " + DURATION_WANTED),

    ("a soak with an upstream is accepted", soak("30m")),
    ("a soak of a second is accepted", soak("1s")),
    ("a soak of a year is accepted", soak("8760h")),
    ("a soak of more than a year is refused", soak("8761h"), "spec.gates.soak", "at least 1s and at most 8760h"),
    ("a soak of nothing is refused", soak("0s"), "spec.gates.soak", "at least 1s and at most 8760h"),
    ("a soak in nonsense is refused", soak("a while"), "spec.gates.soak", "'a while' " + DURATION_WANTED),
    ("a soak without an upstream is refused", put("spec.gates.soak", "30m"), "spec.gates.soak", "give the channel an upstream"),
    ("a window that is there once is accepted", window()),
    ("a window with a rule is accepted", window(rrule="FREQ=MONTHLY;BYDAY=MO,-1FR;BYSETPOS=-1;UNTIL=20301231T225959Z")),
    ("a window with seconds is accepted", window(start="2026-12-18T00:00:30", duration="1s")),
    ("no windows are accepted", put("spec.gates.windows", [])),
    ("16 windows are accepted", windows(16)),
    ("17 windows are refused", windows(17), "spec.gates.windows", "Too many: 17", "at most 16"),
    ("two windows of one name are refused", both(windows(2), put("spec.gates.windows.1.name", "00" + "w" * 61)),
     "spec.gates.windows[1]", "Duplicate"),
    ("a window without a name is refused", window(name=None), "spec.gates.windows[0].name", "Required"),
    ("a window's name in capitals is refused", window(name="YearEnd"), "spec.gates.windows[0].name"),
    ("a window of no kind is refused", window(kind=None), "spec.gates.windows[0].kind", "Required"),
    ("a window of another kind is refused", window(kind="Freeze"), "spec.gates.windows[0].kind", '"Allow", "Deny"'),
    ("a window without a start is refused", window(start=None), "spec.gates.windows[0].start", "Required"),
    ("a window with a zone in its start is refused", window(start="2026-12-18T00:00Z"), "spec.gates.windows[0].start",
     "'2026-12-18T00:00Z' is not a local time such as 2026-01-05T09:00"),
    ("a window that starts in a month 13 is refused", window(start="2026-13-18T00:00"), "is not a local time such as"),
    ("a window that starts on a date is refused", window(start="2026-12-18"), "spec.gates.windows[0].start"),
    ("a window without an end is refused", window(duration=None), "spec.gates.windows[0].duration", "Required"),
    ("a window of nothing is refused", window(duration="0s"), "spec.gates.windows[0].duration", "at least 1s"),
    ("a window of more than a year is refused", window(duration="8761h"), "at most 8760h"),
    ("a window in days is refused", window(duration="17d"), "'17d' " + DURATION_WANTED),
    ("a window without a zone is refused", window(timeZone=None), "spec.gates.windows[0].timeZone", "Required"),
    ("a window in a zone that is a path is refused", window(timeZone="../Europe/Berlin"), "spec.gates.windows[0].timeZone",
     "'../Europe/Berlin' is not the name of a zone such as Europe/Berlin"),
    ("a window in an offset is refused", window(timeZone="UTC+01:00"), "is not the name of a zone such as Europe/Berlin"),
    ("a rule by the hour is refused", window(rrule="FREQ=HOURLY"), "spec.gates.windows[0].rrule",
     "'FREQ=HOURLY' is not a rule of RFC 5545 with FREQ DAILY, WEEKLY, MONTHLY or YEARLY"),
    ("a rule without a frequency is refused", window(rrule="BYDAY=MO;INTERVAL=2"), "is not a rule of RFC 5545"),
    ("a rule in words is refused", window(rrule="every Monday at nine"), "is not a rule of RFC 5545"),
    ("a rule with its keyword is refused", window(rrule="RRULE:FREQ=DAILY"), "is not a rule of RFC 5545"),
    ("a rule of more than 256 is refused", window(rrule="FREQ=DAILY;BYHOUR=" + "1," * 120 + "1"), "spec.gates.windows[0].rrule", "256"),
    ("signatures with one key are accepted", signatures()),
    ("signatures in a channel downstream are accepted", both(upstream(1), signatures())),
    ("8 keys are accepted", signatures(8)),
    ("9 keys are refused", signatures(9), "spec.gates.signatures.keys", "at most 8"),
    ("signatures without keys are refused", signatures(0), "spec.gates.signatures.keys", "at least 1"),
    ("signatures of nothing are refused", put("spec.gates.signatures", {}), "spec.gates.signatures.keys: Required value"),
    ("a threshold of all keys is accepted", signatures(8, threshold=8)),
    ("a threshold above the keys is refused", signatures(2, threshold=3), "spec.gates.signatures.threshold",
     "there are fewer keys than that"),
    ("a threshold of none is refused", signatures(threshold=0), "spec.gates.signatures.threshold", "greater than or equal to 1"),
    ("a threshold in words is refused", signatures(threshold="all"), "spec.gates.signatures.threshold"),
    ("the repository compared is accepted", signatures(matchRepository=True)),
    ("one key twice is refused", signatures(2, key="ci.pub"), "spec.gates.signatures.keys", "named twice"),
    ("one ConfigMap twice with two keys is accepted", signatures(2)),
    ("a key without a ConfigMap is refused", put("spec.gates.signatures", {"keys": [{}]}), "configMapRef: Required value"),
    ("a key without an entry is refused", put("spec.gates.signatures", {"keys": [{"configMapRef": {"name": "a"}}]}), "key: Required value"),
    ("a ConfigMap's name of 253 characters is accepted", signatures(name="a" * 253)),
    ("a ConfigMap's name of 254 characters is refused", signatures(name="a" * 254), "configMapRef.name", "more than 253"),
    ("a ConfigMap of another namespace is refused", signatures(name="other/keys"), "configMapRef.name", "should match"),
    ("an entry with a slash is refused", signatures(key="a/b"), "configMapRef.key", "should match"),
    ("a key given as it is is refused", put("spec.gates.signatures", {"keys": [{"pem": "-----BEGIN"}]}), 'unknown field'),
    ("approvals by one are accepted", approvals(required=1)),
    ("approvals by ten are accepted", approvals(required=10, excludeRequester=True)),
    ("approvals by eleven are refused", approvals(required=11), "spec.gates.approvals.required", "less than or equal to 10"),
    ("approvals by nobody are refused", approvals(required=0), "spec.gates.approvals.required", "greater than or equal to 1"),
    ("approvals without a number are refused", approvals(excludeRequester=True), "spec.gates.approvals.required: Required"),
    ("no gates at all are accepted", put("spec.gates", {})),
    ("an unknown gate is refused", put("spec.gates.wait", "30m"), 'unknown field "spec.gates.wait"'),

    ("a channel without workloads is refused", workloads(0), "spec.workloads", "at least 1"),
    ("32 workloads are accepted", workloads(32)),
    ("33 workloads are refused", workloads(33), "spec.workloads", "at most 32"),
    ("the same workload twice is refused", both(workloads(2), put("spec.workloads.1.name", "w0")),
     "spec.workloads[1]", "Duplicate"),
    ("two kinds of one name are accepted",
     both(workloads(2), put("spec.workloads.1.name", "w0"), put("spec.workloads.1.kind", "CronJob"))),
    ("an unknown kind of workload is refused", kind("ReplicaSet"), "spec.workloads[0].kind", '"Deployment", "StatefulSet"'),
    ("a workload's name of 177 is accepted", put("spec.workloads.0.name", "w" * 177)),
    ("a workload's name of 178 is refused", put("spec.workloads.0.name", "w" * 178), "spec.workloads[0].name", "177"),
    ("a workload without containers is refused", containers(0), "spec.workloads[0].containers", "at least 1"),
    ("16 containers are accepted", containers(16)),
    ("17 containers are refused", containers(17), "spec.workloads[0].containers", "at most 16"),
    ("a container of an unknown artifact is refused", put("spec.workloads.0.containers.web", "db"),
     "spec.workloads", "a container is given an artifact that spec.artifacts does not have"),
    ("a container's name of 63 is accepted", put("spec.workloads.0.containers", {"c" * 63: "web"})),
    ("a container's name of 64 is refused", put("spec.workloads.0.containers", {"c" * 64: "web"}),
     "spec.workloads[0].containers", "the keys are names of containers"),
    ("a container's name with a dot is refused", put("spec.workloads.0.containers", {"a.b": "web"}),
     "the keys are names of containers"),

    ("a rollout that rolls is accepted", put("spec.rollout", {"strategy": "Rolling", "onFailure": "Hold"})),
    ("a strategy that is not there yet is refused", put("spec.rollout.strategy", "Canary"), "spec.rollout.strategy", '"Rolling"'),
    ("an unknown answer to failure is refused", put("spec.rollout.onFailure", "Retry"), '"Rollback", "Hold"'),
    ("a progress deadline of more than a year is refused", put("spec.rollout.progressDeadline", "99999h"), "at most 8760h"),
    ("a progress deadline in nonsense is refused", put("spec.rollout.progressDeadline", "10 m"), DURATION_WANTED),

    ("a metric is accepted", measured()),
    ("a metric with everything is accepted", measured(
        prometheus={"query": "q" * 4096, "url": "https://prometheus.example.com/prefix", "credentialsRef": {"name": "read"}}, initialDelay="0s",
        interval="1s", count=1000, success={"min": 0.5, "max": 1}, failure={"max": 0.25}, failureLimit=1000, inconclusiveLimit=1000,
        consecutiveErrorLimit=0)),
    ("8 metrics are accepted", put("spec.verification", {"metrics": [
        {"name": f"m{i}", "prometheus": {"query": "up"}, "success": {"min": 1}} for i in range(8)]})),
    ("9 metrics are refused", put("spec.verification", {"metrics": [
        {"name": f"m{i}", "prometheus": {"query": "up"}, "success": {"min": 1}} for i in range(9)]}), "spec.verification.metrics", "Too many: 9"),
    ("a verification of nothing is refused", put("spec.verification", {"metrics": []}), "spec.verification.metrics", "at least 1"),
    ("a metric without success is refused", put("spec.verification", {"metrics": [{"name": "a", "prometheus": {"query": "up"}}]}), "success: Required"),
    ("a success without bounds is refused", measured(success={}), "success", "needs min, max, or both"),
    ("bounds the wrong way round are refused", measured(success={"min": 2, "max": 1}), "min must not be greater than max"),
    ("a bound that is a word is refused", measured(success={"min": "high"}), "success.min"),
    ("a metric without a query is refused", measured(prometheus={}), "prometheus.query: Required"),
    ("a query of 4097 is refused", asked(query="q" * 4097), "prometheus.query", "4096"),
    ("a count of none is refused", measured(count=0), "count", "greater than or equal to 1"),
    ("a url without a scheme is refused", asked(url="prometheus:9090"), "'prometheus:9090' is not the address of a server"),
    ("a url of another scheme is refused", asked(url="file:///etc/passwd"), "is not the address of a server"),
    ("a url with a user is refused", asked(url="https://joe@prometheus.example.com"), "is not the address of a server"),
    ("a url with a query is refused", asked(url="https://prometheus.example.com/?a=b"), "is not the address of a server"),
    ("a measuring interval of nothing is refused", measured(interval="0s"), "interval", "at least 1s"),

    ("an autoscaler is accepted", scaler()),
    ("an autoscaler's metrics and behavior pass as they are",
     scaler(metrics=[{"type": "Resource", "resource": {"name": "cpu", "anything": {"at": ["all"]}}}], behavior={"scaleUp": {}})),
    ("17 metrics are refused", scaler(metrics=[{}] * 17), "spec.autoscaling[0].metrics", "at most 16"),
    ("a metric that is no object is refused", scaler(metrics=["cpu"]), "spec.autoscaling[0].metrics[0]", "object"),
    ("an autoscaler with more than most is refused", scaler(minReplicas=5), "minReplicas may not be more than maxReplicas"),
    ("an autoscaler with as much as most is accepted", scaler(minReplicas=4)),
    ("an autoscaler down to nothing is refused", scaler(minReplicas=0), "spec.autoscaling[0].minReplicas"),
    ("an autoscaler up to 10001 is refused", scaler(maxReplicas=10001), "spec.autoscaling[0].maxReplicas"),
    ("an autoscaler of an unknown workload is refused", scaler(workload="db"), "spec.autoscaling", "exactly one Deployment"),
    ("an autoscaler of a DaemonSet is refused", both(scaler(), kind("DaemonSet")), "exactly one Deployment or StatefulSet"),
    ("an autoscaler of a CronJob is refused", both(scaler(), kind("CronJob")), "exactly one Deployment or StatefulSet"),
    ("an autoscaler of a StatefulSet is accepted", both(scaler(), kind("StatefulSet"))),
    ("an autoscaler whose name two workloads have is refused",
     both(scaler(workload="w0"), workloads(2), put("spec.workloads.1.name", "w0"),
          put("spec.workloads.1.kind", "StatefulSet")), "exactly one Deployment or StatefulSet"),
    ("two autoscalers of one workload are refused",
     put("spec.autoscaling", [{"workload": "web", "maxReplicas": 2}] * 2), "Duplicate"),

    ("a service is accepted", service()),
    ("a service of a DaemonSet is accepted", both(service(), kind("DaemonSet"))),
    ("a service of a CronJob is refused", both(service(), kind("CronJob")), "spec.routing.service.workload", "is not the name"),
    ("a service of an unknown workload is refused", service(workload="db"), "routing.service.workload 'db' is not the name"),
    ("a routing without a service is refused", put("spec.routing", {}), "spec.routing.service: Required"),
    ("a service that starts with a digit is refused", service(name="1web"), "spec.routing.service.name"),
    ("a service's name of 63 is accepted", service(name="s" * 63)),
    ("a service's name of 64 is refused", service(name="s" * 64), "spec.routing.service.name", "63"),
    ("a service without ports is refused", service([]), "spec.routing.service.ports", "at least 1"),
    ("17 ports are refused", service([{"name": f"p{i}", "port": 80 + i} for i in range(17)]), "at most 16"),
    ("port 65535 is accepted", port(port=65535)),
    ("port 65536 is refused", port(port=65536), "spec.routing.service.ports[0].port"),
    ("port 0 is refused", port(port=0), "spec.routing.service.ports[0].port"),
    ("the same port twice is refused", service([{"name": "a", "port": 80}, {"name": "b", "port": 80}]),
     "spec.routing.service.ports", "the same number and protocol"),
    ("the same port by two protocols is accepted",
     service([{"name": "a", "port": 80}, {"name": "b", "port": 80, "protocol": "UDP"}])),
    ("an unknown protocol is refused", port(protocol="QUIC"), "protocol", '"TCP", "UDP", "SCTP"'),
    ("a target port by number is accepted", port(targetPort=8080)),
    ("a target port by name is accepted", port(targetPort="http")),
    ("target port 0 is refused", port(targetPort=0), "targetPort", "a number from 1 to 65535"),
    ("target port 65536 is refused", port(targetPort=65536), "targetPort", "a number from 1 to 65535"),
    ("a target port's name of 15 is accepted", port(targetPort="p" * 15)),
    ("a target port's name of 16 is refused", port(targetPort="p" * 16), "targetPort", "15"),
    ("a target port in capitals is refused", port(targetPort="HTTP"), "targetPort", "lower case"),

    ("a suspended channel is accepted", put("spec.suspended", True)),
    ("suspended as a word is refused", put("spec.suspended", "yes"), "spec.suspended", "boolean"),
    ("a channel's name of 63 is accepted", put("metadata.name", "c" * 63)),
    ("a channel's name of 64 is refused", put("metadata.name", "c" * 64), "metadata.name may have at most 63"),
    ("a spec that is a list is refused", put("spec", []), "spec"),
    ("a spec that is null is refused", put("spec", None), "spec"),
    ("a channel without a spec is refused", lambda body: body.pop("spec"), "spec: Required"),
]


def asks(**fields):
    return put("spec", {"channel": "shop", **fields})


def said(*entries):
    """By the admin who makes the promotion, since nobody speaks for another; test_who_may.py has the others."""
    return put("spec.approvals", [{"decision": "Approve", **one} for one in entries])


def by_artifact(**fields):
    return asks(artifacts=[{"name": "web", **fields}])


RIGHT = "right would be sha256: and 64 hexadecimal digits in lower case"
SOURCES = "exactly one of from, release, artifacts and rollback says what is promoted"

# (sentence, change of the promotion, parts of the refusal; none: it is accepted)
STOP = {
    "apiVersion": "sluice.dev/v1alpha1", "kind": "ChannelStop", "metadata": {"name": "one"}, "spec": {"reason": "the database moves"},
}


def expression(**fields):
    return put("spec.selector.matchExpressions", [{"key": "team", **fields}])


def stop_limit(body):
    """The largest stop there can be."""
    body["spec"] = {"reason": "r" * 512, "selector": {
        "matchLabels": {f"{i:02d}" + "k" * 61: "v" * 63 for i in range(16)},
        "matchExpressions": [{"key": "p" * 253 + "/" + "k" * 63, "operator": "In", "values": ["v" * 63] * 64}] * 16}}


# The same of a ChannelStop.
STOP_ROWS = [
    ("the smallest stop is accepted", lambda body: None),
    ("the largest stop is accepted", stop_limit),
    ("a stop of no selector is accepted", put("spec.selector", {})),
    ("a stop without a reason is refused", put("spec", {}), "spec.reason: Required"),
    ("a stop with an empty reason is refused", put("spec.reason", ""), "spec.reason"),
    ("a reason of 513 is refused", put("spec.reason", "r" * 513), "spec.reason", "512"),
    ("17 labels are refused", put("spec.selector", {"matchLabels": {f"k{i}": "v" for i in range(17)}}),
     "spec.selector.matchLabels", "Too many: 17"),
    ("a label that is a number is refused", put("spec.selector", {"matchLabels": {"k": 1}}), "spec.selector.matchLabels.k", "string"),
    ("a selector of another kind is refused", put("spec.selector", {"namespaces": ["shop"]}), 'unknown field "spec.selector.namespaces"'),
    ("an expression In is accepted", expression(operator="In", values=["shop"])),
    ("an expression Exists is accepted", expression(operator="Exists")),
    ("an expression of another operator is refused", expression(operator="Like"), "spec.selector.matchExpressions[0].operator",
     '"In", "NotIn", "Exists", "DoesNotExist"'),
    ("an expression In of nothing is refused", expression(operator="In"), "In and NotIn need values, Exists and DoesNotExist take none"),
    ("an expression Exists with values is refused", expression(operator="Exists", values=["shop"]),
     "In and NotIn need values, Exists and DoesNotExist take none"),
    ("an expression without a label is refused", put("spec.selector.matchExpressions", [{"operator": "Exists"}]), "key: Required"),
]

PROMOTION_ROWS = [
    ("a promotion of a release is accepted", lambda body: None),
    ("a promotion from a channel is accepted", asks(**{"from": {"namespace": "shop-beta", "channel": "shop"}})),
    ("a promotion by digest is accepted", by_artifact(digest=DIGEST)),
    ("a promotion by tag is accepted", by_artifact(tag="v1.4.2")),
    ("a promotion by digest with its tag is accepted", by_artifact(digest=DIGEST, tag="v1.4.2")),
    ("a rollback to what was before is accepted", asks(rollback={"to": "Previous"})),
    ("a rollback to a release is accepted", asks(rollback={"to": "r-0a1b2c3d4e"})),
    ("a promotion of nothing is refused", asks(), SOURCES, "given: none"),
    ("two sources are refused by name", asks(release="r-0a1b2c3d4e", rollback={"to": "Previous"}),
     SOURCES, "given: release rollback"),
    ("three sources are refused", asks(release="r-0a1b2c3d4e", rollback={"to": "Previous"},
                                       artifacts=[{"name": "web", "tag": "v1"}]), "given: release artifacts rollback"),
    ("all four sources are refused", asks(release="r-0a1b2c3d4e", rollback={"to": "Previous"},
                                          artifacts=[{"name": "web", "tag": "v1"}],
                                          **{"from": {"namespace": "a", "channel": "b"}}),
     "given: from release artifacts rollback"),
    ("a promotion without a channel is refused", put("spec", {"release": "r-0a1b2c3d4e"}), "spec.channel: Required"),
    ("a channel's name of 63 may be promoted to", put("spec.channel", "c" * 63)),
    ("a channel's name of 64 may not be promoted to", put("spec.channel", "c" * 64), "spec.channel", "63"),
    ("an empty channel is refused", put("spec.channel", ""), "spec.channel"),
    ("a channel with a slash is refused", put("spec.channel", "shop-beta/shop"), "spec.channel"),
    ("an unknown field in a promotion is refused", put("spec.force", True), 'unknown field "spec.force"'),
    ("a release of nine digits is refused", put("spec.release", "r-0a1b2c3d4"), "spec.release", "is not a release id"),
    ("a release of eleven digits is refused", put("spec.release", "r-0a1b2c3d4e5"), "is not a release id"),
    ("a release in capitals is refused", put("spec.release", "r-0A1B2C3D4E"), "'r-0A1B2C3D4E' is not a release id"),
    ("a tag as a release is refused", put("spec.release", "v1.4.2"), "'v1.4.2' is not a release id"),
    ("a rollback to nonsense is refused", asks(rollback={"to": "yesterday"}), "'yesterday' is neither Previous nor"),
    ("a rollback to nowhere is refused", asks(rollback={}), "spec.rollback.to: Required"),
    ("a digest one too short is refused", by_artifact(digest=DIGEST[:-1]), "spec.artifacts[0].digest", "too few digits", RIGHT),
    ("a digest one too long is refused", by_artifact(digest=DIGEST + "0"), "too many digits", RIGHT),
    ("a digest in capitals is refused", by_artifact(digest="sha256:" + HEX64.upper()), "other characters than 0-9 and a-f", RIGHT),
    ("a digest of sha512 is refused", by_artifact(digest="sha512:" + HEX64 * 2), "the algorithm sha512 is not supported", RIGHT),
    ("a digest of md5 is refused", by_artifact(digest="md5:" + HEX64[:32]), "the algorithm md5 is not supported", RIGHT),
    ("a digest without its algorithm is refused", by_artifact(digest=HEX64), "a digest starts with its algorithm", RIGHT),
    ("a digest with a line break is refused", by_artifact(digest=DIGEST + "\n"), RIGHT),
    ("an empty digest is refused", by_artifact(digest=""), RIGHT),
    ("a digest of 257 is refused", by_artifact(digest="sha256:" + "0" * 250), "spec.artifacts[0].digest", "256"),
    ("an artifact with neither digest nor tag is refused", by_artifact(), "artifact 'web' has neither a digest nor a tag"),
    ("a tag of 128 may be promoted", by_artifact(tag="t" * 128)),
    ("a tag of 129 may not be promoted", by_artifact(tag="t" * 129), "spec.artifacts[0].tag", "128"),
    ("a tag that starts with a dot is refused", by_artifact(tag=".v1"), "spec.artifacts[0].tag"),
    ("a repository in a promotion is refused", by_artifact(tag="v1", image="evil.example.com/web"), "unknown field"),
    ("16 artifacts may be promoted", asks(artifacts=[{"name": f"a{i}", "tag": "v1"} for i in range(16)])),
    ("17 artifacts may not be promoted", asks(artifacts=[{"name": f"a{i}", "tag": "v1"} for i in range(17)]),
     "spec.artifacts", "Too many: 17", "at most 16"),
    ("no artifacts at all are refused", asks(artifacts=[]), "spec.artifacts", "at least 1"),
    ("one artifact twice is refused", asks(artifacts=[{"name": "web", "tag": "v1"}, {"name": "web", "tag": "v2"}]),
     "spec.artifacts[1]", "Duplicate"),
    ("from without a channel is refused", asks(**{"from": {"namespace": "a"}}), "spec.from.channel: Required"),
    ("from without a namespace is refused", asks(**{"from": {"channel": "a"}}), "spec.from.namespace: Required"),
    ("a time to live is accepted", put("spec.ttlAfterFinished", "24h")),
    ("a time to live of nothing is refused", put("spec.ttlAfterFinished", "0s"), "spec.ttlAfterFinished", "at least 1s"),
    ("a time to live in days is refused", put("spec.ttlAfterFinished", "1d"), "spec.ttlAfterFinished", "'1d' " + DURATION_WANTED),
    ("an approval is accepted", said({"reason": "r" * 512})),
    ("an override is accepted", said({"override": True})),
    ("a rejection is accepted", said({"decision": "Reject"})),
    ("an approval and a rejection are accepted", said({}, {"decision": "Reject"})),
    ("a rejection that overrides is refused", said({"decision": "Reject", "override": True}),
     "spec.approvals[0].override", "only an Approve can be an override"),
    ("the same approval twice is refused", said({}, {"reason": "really"}), "spec.approvals", "nobody says the same twice"),
    ("an unknown decision is refused", said({"decision": "Maybe"}), "spec.approvals[0].decision", '"Approve", "Reject"'),
    ("an approval that decides nothing is refused", put("spec.approvals", [{}]), "spec.approvals[0].decision: Required"),
    ("a reason of 513 is refused", said({"reason": "r" * 513}), "spec.approvals[0].reason", "512"),
    ("an empty reason is refused", said({"reason": ""}), "spec.approvals[0].reason"),
    ("a reason of two lines is refused", said({"reason": "fine\n"}), "spec.approvals[0].reason", "one line"),
    ("a reason that colours a terminal is refused", said({"reason": "\x1b[31mfine"}), "spec.approvals[0].reason", "control characters"),
    ("an approval by somebody without a name is refused", said({"user": ""}), "spec.approvals[0].user"),
    ("an approval by a long name is refused", said({"user": "u" * 254}), "spec.approvals[0].user", "253"),
    ("21 approvals are refused", put("spec.approvals", [{"user": f"u{i}", "decision": "Approve"} for i in range(21)]), "at most 20"),
    ("approvals that are a word are refused", put("spec.approvals", "all"), "spec.approvals", "array"),
    ("approvals that are words are refused", put("spec.approvals", ["bob"]), "spec.approvals[0]", "object"),
    ("an unknown field in an approval is refused", said({"at": "2026-11-24T10:00:00Z"}), 'unknown field "spec.approvals[0].at"'),
    ("a promotion that is aborted from the start is accepted", put("spec.abort", True)),
    ("an abort that is a word is refused", put("spec.abort", "now"), "spec.abort", "boolean"),
    ("a promotion's spec that is a word is refused", put("spec", "shop"), "spec"),
]

# (sentence, change, the fields that the refusal names)
CHANGE_ROWS = [
    ("another channel", put("spec.channel", "other"), "channel"),
    ("another release", put("spec.release", "r-0000000000"), "release"),
    ("another requester", put("spec.requestedBy", "bob"), "requestedBy"),
    ("no requester", lambda body: body["spec"].pop("requestedBy"), "requestedBy"),
    ("a time to live", put("spec.ttlAfterFinished", "1h"), "ttlAfterFinished"),
    ("another source", lambda body: (body["spec"].pop("release"), put("spec.rollback", {"to": "Previous"})(body)), "release rollback"),
]


class Refusals(unittest.TestCase):
    """Shared: the object, changed, is accepted, or refused with all the parts of the message."""

    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()
        cls._namespace = cluster.namespace("schema")
        cls.namespace = cls._namespace.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._namespace.__exit__(None, None, None)
        cls.api.close()

    def try_to_create(self, path, base, change, wanted):
        body = copy.deepcopy(base)
        change(body)
        try:
            self.api.call("POST", path + "?dryRun=All&fieldValidation=Strict", body)
        except cluster.ApiError as refusal:
            self.assertIn(refusal.code, (400, 422), refusal.message)
            if not wanted:
                self.fail(f"refused: {refusal.message}")
            for part in wanted:
                self.assertIn(part, refusal.message)
            self.assertLess(len(refusal.message), 4096, "a message stays readable")
        else:
            if wanted:
                self.fail("the apiserver accepted it")


def _try_channel(case, change, *wanted):
    case.try_to_create(cluster.channels(case.namespace), CHANNEL, change, wanted)


def _try_promotion(case, change, *wanted):
    case.try_to_create(cluster.promotions(case.namespace), PROMOTION, change, wanted)


@cluster.rows(CHANNEL_ROWS, _try_channel)
class Channel(Refusals):
    def test_defaults_are_filled_in(self):
        body = copy.deepcopy(CHANNEL)
        tags(tag="main")(body)
        put("spec.autoscaling", [{"workload": "web", "maxReplicas": 2}])(body)
        service()(body)
        spec = self.api.create(cluster.channels(self.namespace), body, dry_run=True)["spec"]
        self.assertEqual(spec["promotion"], {"mode": "Manual", "select": "Newest", "keep": {"count": 20, "age": "24h"}})
        self.assertEqual(spec["rollout"], {"strategy": "Rolling", "progressDeadline": "10m", "onFailure": "Rollback"})
        self.assertEqual(spec["intake"]["interval"], "1m")
        self.assertEqual(spec["autoscaling"][0]["minReplicas"], 1)
        self.assertEqual(spec["routing"]["service"]["ports"][0]["protocol"], "TCP")
        self.assertIs(spec["suspended"], False)

    def test_an_upstream_matches_any_by_default(self):
        body = copy.deepcopy(CHANNEL)
        upstream(1)(body)
        self.assertEqual(self.api.create(cluster.channels(self.namespace), body, dry_run=True)["spec"]["upstream"]["match"], "Any")

    def test_a_channel_that_is_its_own_upstream_is_refused(self):
        body = copy.deepcopy(CHANNEL)
        put("spec.upstream", {"channels": [{"namespace": self.namespace, "name": "shop"}]})(body)
        with self.assertRaises(cluster.ApiError) as refusal:
            self.api.create(cluster.channels(self.namespace), body)
        self.assertIn(f"names {self.namespace}/shop, which is this channel itself", refusal.exception.message)

    def test_an_upstream_of_the_same_name_elsewhere_is_no_cycle(self):
        body = copy.deepcopy(CHANNEL)
        put("spec.upstream", {"channels": [{"namespace": "elsewhere", "name": "shop"}]})(body)
        self.api.create(cluster.channels(self.namespace), body, dry_run=True)

    def test_a_channel_edited_into_nonsense_stays_as_it_was(self):
        path = cluster.channels(self.namespace)
        before = self.api.create(path, {**CHANNEL, "metadata": {"name": "edited"}})
        broken = copy.deepcopy(before)
        broken["spec"] = {"artifacts": "none", "workloads": 7}
        with self.assertRaises(cluster.ApiError):
            self.api.replace(path + "/edited", broken)
        self.assertEqual(self.api.get(path + "/edited"), before)


def _try_stop(case, change, *wanted):
    case.try_to_create("/apis/sluice.dev/v1alpha1/channelstops", STOP, change, wanted)


@cluster.rows(STOP_ROWS, _try_stop)
class Stop(Refusals):
    def test_a_stop_belongs_to_no_namespace(self):
        path = f"/apis/sluice.dev/v1alpha1/namespaces/{self.namespace}/channelstops"
        with self.assertRaises(cluster.ApiError) as refused:
            self.api.create(path, STOP)
        self.assertEqual(refused.exception.code, 404)


@cluster.rows(PROMOTION_ROWS, _try_promotion)
class Promotion(Refusals):
    def test_promotions_are_found_by_their_channel(self):
        for name, channel in (("of-one", "one"), ("of-two", "two")):
            body = copy.deepcopy(PROMOTION)
            body["metadata"]["name"], body["spec"]["channel"] = name, channel
            self.api.create(cluster.promotions(self.namespace), body)
        found = self.api.get(cluster.promotions(self.namespace) + "?fieldSelector=spec.channel%3Dtwo")
        self.assertEqual([one["metadata"]["name"] for one in found["items"]], ["of-two"])


def _try_to_change(case, change, names):
    path = cluster.promotions(case.namespace, "fixed")
    body = case.api.get(path)
    change(body)
    with case.assertRaises(cluster.ApiError) as refusal:
        case.api.replace(path, body)
    case.assertEqual(refusal.exception.code, 422)
    case.assertIn("the spec of a Promotion never changes, except that approvals may be added and abort may be set; make a new "
                  f"Promotion instead of changing {names}", refusal.exception.message)


@cluster.rows([(f"a promotion can not be given {sentence}", *row) for sentence, *row in CHANGE_ROWS], _try_to_change)
class PromotionChanges(Refusals):
    def setUp(self):
        body = {**copy.deepcopy(PROMOTION), "metadata": {"name": "fixed"}}
        self.api.create(cluster.promotions(self.namespace), body)

    def tearDown(self):
        self.api.delete(cluster.promotions(self.namespace, "fixed"))

    def test_an_abort_is_never_taken_back(self):
        path = cluster.promotions(self.namespace, "fixed")
        aborted = self.api.merge(path, {"spec": {"abort": True}})
        self.assertEqual((aborted["spec"]["abort"], aborted["spec"]["abortedBy"]), (True, self.api.whoami()))
        for change, words in (({"abort": False}, "an abort is never taken back"), ({"abort": None}, "an abort is never taken back"),
                              ({"abortedBy": "bob"}, "abortedBy is written with the abort"), ({"abortedBy": None}, "never changes")):
            with self.subTest(change), self.assertRaises(cluster.ApiError) as refusal:
                self.api.merge(path, {"spec": change})
            self.assertIn(words, refusal.exception.message)
        self.assertEqual(self.api.get(path), aborted)

    def test_nobody_has_aborted_what_is_not_aborted(self):
        with self.assertRaises(cluster.ApiError) as refusal:
            self.api.merge(cluster.promotions(self.namespace, "fixed"), {"spec": {"abortedBy": "bob"}})
        self.assertIn("abortedBy is written with the abort", refusal.exception.message)

    def test_its_labels_may_change(self):
        path = cluster.promotions(self.namespace, "fixed")
        self.api.merge(path, {"metadata": {"labels": {"ticket": "42"}}})
        self.assertEqual(self.api.get(path)["metadata"]["labels"], {"ticket": "42"})

    def test_the_same_manifest_may_be_applied_again(self):
        path = cluster.promotions(self.namespace, "fixed")
        before = self.api.get(path)["metadata"]["resourceVersion"]
        for _ in range(2):
            self.api.apply(path, {**PROMOTION, "metadata": {"name": "fixed"}}, manager="kubectl", force=True)
        self.assertEqual(self.api.get(path)["metadata"]["generation"], 1)
        self.assertGreaterEqual(int(self.api.get(path)["metadata"]["resourceVersion"]), int(before))


RELEASE = {"release": "r-0a1b2c3d4e", "image": "v1.4.2", "promotion": "shop-r-0a1b2c3d4e", "since": "2026-11-24T10:00:00Z",
           "artifacts": [{"name": "web", "image": "registry.example.com/web", "digest": DIGEST, "tag": "v1.4.2"}]}
CONDITION = {"type": "Ready", "status": "True", "reason": "Running", "message": "runs r-0a1b2c3d4e", "observedGeneration": 1,
             "lastTransitionTime": "2026-11-24T10:00:00Z"}
CHANNEL_STATUS = {
    "observedGeneration": 1, "upstream": "shop-staging/shop", "promotion": "one",
    "current": {**RELEASE, "signaturePolicy": HEX64}, "desired": {**RELEASE, "promotionUID": "3c6f2a1e-0b77-4d5f-9a51-7d0c2f5e8b64", "signaturePolicy": HEX64},
    "guard": "Enforced",
    "verified": [{"release": "r-0a1b2c3d4e", "artifacts": RELEASE["artifacts"], "since": RELEASE["since"], "revoked": True,
                  "reason": "its rollout failed", "stays": [{"since": RELEASE["since"], "until": RELEASE["since"]}]}],
    "available": [{"release": "r-0a1b2c3d4e", "from": [{"namespace": "shop-staging", "name": "shop"}]}],
    "history": [{"release": "r-0a1b2c3d4e", "artifacts": RELEASE["artifacts"], "promotion": "one", "since": RELEASE["since"],
                 "until": RELEASE["since"], "result": "Aborted", "signaturePolicy": HEX64}] * 20,
    "hold": {"by": "alice", "at": RELEASE["since"], "reason": "by hand"},
    "lifted": {"request": "7", "by": "bob", "at": RELEASE["since"], "reason": "held by alice: by hand"},
    "intake": {"tag": "v1.4.2", "release": "r-0a1b2c3d4e", "moved": "tag v1.4.1 of web named one digest, now another",
               "superseded": "v1.4.1, v1.4.0"},
    "window": {"open": True, "name": "office-hours", "nextChange": RELEASE["since"], "message": "office-hours until 17:00"},
    "verification": {"result": "Failed", "release": "r-0a1b2c3d4e", "promotion": "one", "request": "again", "startedAt": RELEASE["since"],
                     "finishedAt": RELEASE["since"], "message": "metric ok failed", "metrics": [
                         {"name": "ok", "passed": 1, "failed": 2, "inconclusive": 3, "errors": 4, "errorsInARow": 1, "measurements": [
                             {"at": RELEASE["since"], "verdict": "Failed", "value": "0.5", "message": "why"}]}]},
    "workloads": [{"kind": "Deployment", "name": "web", "desired": 2, "ready": 1, "image": "web=registry.example.com/web@" + DIGEST}],
    "takeovers": {"count": 2, "since": RELEASE["since"], "manager": "argocd"},
    "conditions": [CONDITION],
}
PROMOTION_STATUS = {
    "observedGeneration": 1, "phase": "Waiting",
    "release": {"id": "r-0a1b2c3d4e", "artifacts": RELEASE["artifacts"]},
    "previous": {"id": "r-0000000000", "artifacts": RELEASE["artifacts"]},
    "waitingFor": [{"gate": "Upstream", "until": RELEASE["since"], "message": "not verified yet"}],
    "steps": [{"name": "Resolve", "startedAt": RELEASE["since"], "finishedAt": RELEASE["since"], "message": "done"}],
    "approvals": [{"user": "bob", "decision": "Approve", "override": True, "at": RELEASE["since"]}],
    "closedSince": RELEASE["since"], "closedSeconds": 3600,
    "startedAt": RELEASE["since"], "finishedAt": RELEASE["since"], "conditions": [CONDITION],
}


def _fields(schema, path=""):
    """Every path that a schema declares, lists written as their items."""
    schema = schema.get("items", schema)
    found = set()
    for name, one in schema.get("properties", {}).items():
        found |= {f"{path}.{name}"} | _fields(one, f"{path}.{name}")
    return found


def _keys(value, path=""):
    """Every path that a value has, lists written as their items."""
    if isinstance(value, list):
        return set().union(*(_keys(one, path) for one in value))
    if not isinstance(value, dict):
        return set()
    return set().union(*({f"{path}.{name}"} | _keys(one, f"{path}.{name}") for name, one in value.items()))


class Looks(Refusals):
    """What people see of a status that the operator wrote."""

    def write(self, path, kind, body, status):
        self.api.create(path, body)
        name = body["metadata"]["name"]
        acting = cluster.operator()
        answer = acting.apply(f"{path}/{name}/status", {"apiVersion": "sluice.dev/v1alpha1", "kind": kind,
                                                        "metadata": {"name": name}, "status": status}, "sluice", True)
        acting.close()
        return answer

    def test_a_channel_shows_its_columns_and_keeps_its_whole_status(self):
        body = {**CHANNEL, "metadata": {"name": "seen"}}
        answer = self.write(cluster.channels(self.namespace), "ReleaseChannel", body, CHANNEL_STATUS)
        self.assertEqual(answer["status"], CHANNEL_STATUS)
        head, row = cluster.kubectl("get", "rch", "seen", "-n", self.namespace).stdout.splitlines()
        self.assertEqual(head.split(), ["NAME", "RELEASE", "IMAGE", "READY", "PROMOTION", "AGE"])
        self.assertEqual(row.split()[:5], ["seen", "r-0a1b2c3d4e", "v1.4.2", "True", "one"])
        wide = cluster.kubectl("get", "rch", "seen", "-n", self.namespace, "-o", "wide").stdout
        for part in ("UPSTREAM", "WINDOW", "GUARD", "MESSAGE", "shop-staging/shop", "office-hours until 17:00", "Enforced", "runs r-0a1b2c3d4e"):
            self.assertIn(part, wide)

    def test_a_promotion_shows_its_columns_and_keeps_its_whole_status(self):
        body = {**PROMOTION, "metadata": {"name": "seen"}}
        answer = self.write(cluster.promotions(self.namespace), "Promotion", body, PROMOTION_STATUS)
        self.assertEqual(answer["status"], PROMOTION_STATUS)
        head, row = cluster.kubectl("get", "promo", "seen", "-n", self.namespace).stdout.splitlines()
        self.assertEqual(head.split(), ["NAME", "CHANNEL", "RELEASE", "PHASE", "WAITING", "FOR", "AGE"])
        self.assertEqual(row.split()[:5], ["seen", "shop", "r-0a1b2c3d4e", "Waiting", "Upstream"])
        wide = cluster.kubectl("get", "promo", "seen", "-n", self.namespace, "-o", "wide").stdout
        for part in ("MESSAGE", "REQUESTED BY", self.api.whoami()):
            self.assertIn(part, wide)

    def test_the_statuses_above_leave_out_no_field_of_the_schema(self):
        for file, status in (("releasechannels", CHANNEL_STATUS), ("promotions", PROMOTION_STATUS)):
            with open(os.path.join(cluster.ROOT, "crds", file + ".yaml")) as text:
                schema = yaml.safe_load(text)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            self.assertEqual(_fields(schema["properties"]["status"]), _keys(status))

    def test_the_category_names_both_kinds(self):
        for path, body in ((cluster.channels(self.namespace), CHANNEL), (cluster.promotions(self.namespace), PROMOTION)):
            self.api.create(path, {**body, "metadata": {"name": "listed"}})
        text = cluster.kubectl("get", "sluice", "-n", self.namespace, "-o", "name").stdout
        self.assertIn("releasechannel.sluice.dev/listed", text)
        self.assertIn("promotion.sluice.dev/listed", text)

    def test_kubectl_wait_understands_a_channel(self):
        body = {**CHANNEL, "metadata": {"name": "waited"}}
        self.write(cluster.channels(self.namespace), "ReleaseChannel", body, CHANNEL_STATUS)
        cluster.kubectl("wait", "rch/waited", "-n", self.namespace, "--for=condition=Ready", "--timeout=10s")

    def test_the_samples_are_accepted(self):
        for file, plural, least in (("channels.yaml", "releasechannels", 5), ("promotions.yaml", "promotions", 5)):
            with open(os.path.join(cluster.ROOT, "crds", "samples", file)) as text:
                samples = list(yaml.safe_load_all(text))
            self.assertGreaterEqual(len(samples), least)
            for body in samples:
                body["metadata"]["namespace"] = self.namespace
                path = f"{cluster.GROUP}/namespaces/{self.namespace}/{plural}?dryRun=All&fieldValidation=Strict"
                self.api.call("POST", path, body)


del Refusals  # only its children are tests

if __name__ == "__main__":
    cluster.main()
