"""What people see of a channel and of a promotion: their whole status, their columns and names; and that the samples are accepted."""

import os
import sys

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from schema_refusals import CHANNEL, DIGEST, HEX64, PROMOTION, Refusals  # noqa: E402

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


if __name__ == "__main__":
    cluster.main()
