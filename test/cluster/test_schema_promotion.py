"""What the apiserver itself says to a Promotion: every limit, at it and beyond it, every rule, and which of its changes are allowed."""

import copy
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from schema_refusals import DIGEST, DURATION_WANTED, HEX64, PROMOTION, Refusals, put  # noqa: E402


def asks(**fields):
    return put("spec", {"channel": "shop", **fields})


def said(*entries):
    """By the admin who makes the promotion, since nobody speaks for another; test_who_may_approve.py has the others."""
    return put("spec.approvals", [{"decision": "Approve", **one} for one in entries])


def by_artifact(**fields):
    return asks(artifacts=[{"name": "web", **fields}])


RIGHT = "right would be sha256: and 64 hexadecimal digits in lower case"
SOURCES = "exactly one of from, release, artifacts and rollback says what is promoted"

# (sentence, change of the promotion, parts of the refusal; none: it is accepted)
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


def _try_promotion(case, change, *wanted):
    case.try_to_create(cluster.promotions(case.namespace), PROMOTION, change, wanted)


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


if __name__ == "__main__":
    cluster.main()
