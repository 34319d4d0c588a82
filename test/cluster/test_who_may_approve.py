"""Who may approve, reject, override and abort a Promotion, and say so in whose name: the apiserver's answers to real users."""

import os
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from users import NO_AUTOMATIC, WhoMay, channel, promotion, rule  # noqa: E402


def say(decision="Approve", **more):
    """The patch that the README shows: one more entry, in the name of whoever sends it."""
    return [{"op": "add", "path": "/spec/approvals/-", "value": {"decision": decision, **more}}]


def change(op, path, *value):
    return [{"op": op, "path": path, **({"value": value[0]} if value else {})}]


# What the apiserver says: to who may not, and (by the schema, so that it says the same to everybody) about what cannot be.
NO_CREATE = 'cannot create resource "promotions"'
NO_PATCH = 'cannot patch resource "promotions"'
NO_PROMOTE = "may not abort a Promotion into the channel"
NO_APPROVE = "the verb approve on releasechannels.sluice.dev 'shop'"
NO_OVERRIDE = "the verb override on releasechannels.sluice.dev 'shop'"
KEPT = "an approval or rejection that was given is never changed or taken back"
FIXED = "the spec of a Promotion never changes"
TWICE = "nobody says the same twice"
NO_SUCH = "only an Approve can be an override"
ABORTED = "an abort is never taken back"
IMPOSSIBLE = (KEPT, FIXED, TWICE, NO_SUCH, ABORTED)

# What each of four users is told: nothing when it is allowed, the words of the refusal otherwise. The Promotion waits, its release is
# known, and the admin who made it has approved it.
USERS = ("promoter", "approver", "overrider", "viewer")
# (what is tried, its patches one after the other, the promoter's answer, the approver's, the overrider's, the viewer's)
SAYINGS = [
    ("create", None, None, NO_CREATE, NO_CREATE, NO_CREATE),
    ("approve", [say(reason="looks good")], NO_APPROVE, None, None, NO_PATCH),
    ("approve in one's own name", [say(user="SELF")], NO_APPROVE, None, None, NO_PATCH),
    ("approve in another's name", [say(user="somebody")], NO_APPROVE, "may not speak for 'somebody'", "may not speak for 'somebody'", NO_PATCH),
    ("approve twice", [say(), say(reason="once more")], NO_APPROVE, TWICE, TWICE, NO_PATCH),
    ("reject", [say("Reject", reason="not today")], NO_APPROVE, None, None, NO_PATCH),
    ("approve and reject later", [say(), say("Reject")], NO_APPROVE, None, None, NO_PATCH),
    ("override", [say(override=True)], NO_APPROVE, NO_OVERRIDE, None, NO_PATCH),
    ("reject with an override", [say("Reject", override=True)], NO_SUCH, NO_SUCH, NO_SUCH, NO_PATCH),
    ("remove an approval", [change("remove", "/spec/approvals/0")], KEPT, KEPT, KEPT, NO_PATCH),
    ("remove all approvals", [change("remove", "/spec/approvals")], KEPT, KEPT, KEPT, NO_PATCH),
    ("edit an approval", [change("add", "/spec/approvals/0/override", True)], KEPT, KEPT, KEPT, NO_PATCH),
    ("put oneself in the place of another", [change("replace", "/spec/approvals/0/user", "SELF")], KEPT, KEPT, KEPT, NO_PATCH),
    ("abort", [change("replace", "/spec/abort", True)], None, NO_PROMOTE, NO_PROMOTE, NO_PATCH),
    ("abort in another's name", [change("replace", "/spec/abort", True) + change("add", "/spec/abortedBy", "somebody")],
     None, NO_PROMOTE, NO_PROMOTE, NO_PATCH),
    ("take an abort back", [change("replace", "/spec/abort", True), change("replace", "/spec/abort", False)],
     ABORTED, NO_PROMOTE, NO_PROMOTE, NO_PATCH),
    ("change what is promoted", [change("replace", "/spec/release", "r-0000000000")], FIXED, FIXED, FIXED, NO_PATCH),
    ("change who asked for it", [change("replace", "/spec/requestedBy", "SELF")], FIXED, FIXED, FIXED, NO_PATCH),
    ("label it", [change("add", "/metadata/labels", {"ticket": "42"})], None, None, None, NO_PATCH),
    ("call it automatic", [change("add", "/metadata/labels", {"sluice.dev/automatic": "true"})],
     NO_AUTOMATIC, NO_AUTOMATIC, NO_AUTOMATIC, NO_PATCH),
]


def _as(user, value):
    """The value with the user's name where it says SELF."""
    if isinstance(value, dict):
        return {key: _as(user, one) for key, one in value.items()}
    return [_as(user, one) for one in value] if isinstance(value, list) else user.name if value == "SELF" else value


def _do(case, user, name, patches):
    """What is left of it when it is allowed: the object."""
    if patches is None:
        return user.create(cluster.promotions(case.here), promotion(f"by-{name}"))
    path, made = case.waiting(name), None
    for patch in patches:
        case.before = case.admin.get(path)
        made = user.json_patch(path, _as(user, patch))
    return made


def _try_to_say(case, number, patches, *answers):
    for who, answer in zip(USERS, answers):
        user, name = case.people[who], f"{number}-{who}"
        with case.subTest(who):
            if answer is not None:
                with case.assert_refused(answer, code=422 if answer in IMPOSSIBLE else 403):
                    _do(case, user, name, patches)
                if patches is not None:
                    case.assertEqual(case.admin.get(cluster.promotions(case.here, f"p-{name}")), case.before)
                continue
            spec = _do(case, user, name, patches)["spec"]
            entries = [patch for patch in patches or () if patch[0]["path"] == "/spec/approvals/-"]
            case.assertEqual([one["user"] for one in spec["approvals"][1:]], [user.name for _ in entries])
            case.assertEqual(spec.get("abortedBy"), user.name if spec["abort"] else None)


@cluster.rows([(f"who may {row[0]}", number, *row[1:]) for number, row in enumerate(SAYINGS)], _try_to_say)
class Approve(WhoMay):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acting = cluster.operator()
        cls.people = {who: cls.user(who, role=f"sluice-{who}") for who in USERS}

    @classmethod
    def tearDownClass(cls):
        cls.acting.close()
        super().tearDownClass()

    def waiting(self, name, status=None, **spec):
        """A Promotion that waits (or has that status), approved by the admin who made it. Its path."""
        path = cluster.promotions(self.here, f"p-{name}")
        self.admin.create(cluster.promotions(self.here), promotion(f"p-{name}", release="r-0a1b2c3d4e", **(spec or {"approvals": [
            {"decision": "Approve", "reason": "mine"}]})))
        self.acting.merge(path + "/status", {"status": status or {"phase": "Waiting", "release": {"id": "r-0a1b2c3d4e"}}})
        return path

    def test_an_approval_comes_with_the_promotion_in_its_maker_s_name(self):
        made = self.admin.get(self.waiting("own"))
        self.assertEqual(made["spec"]["approvals"], [{"user": self.admin.whoami(), "decision": "Approve", "reason": "mine"}])

    def test_who_may_only_promote_does_not_bring_an_approval_along(self):
        bob = self.user("bob", role="sluice-promoter")
        with self.assert_refused(NO_APPROVE):
            bob.create(cluster.promotions(self.here), promotion("by-bob", release="r-0a1b2c3d4e", approvals=[{"decision": "Approve"}]))

    def test_nobody_approves_what_is_not_known_yet(self):
        path = self.waiting("early", {"phase": "Resolving"})
        with self.assert_refused("there is nothing to approve yet", "p-early is not known"):
            self.people["approver"].json_patch(path, say())
        self.people["approver"].json_patch(path, say("Reject"))

    def test_nobody_approves_what_does_not_wait_any_more(self):
        for phase in ("RollingOut", "Verifying", "Succeeded", "Failed", "Aborted", "Superseded"):
            path = self.waiting(phase.lower(), {"phase": phase, "release": {"id": "r-0a1b2c3d4e"}})
            for decision in ("Approve", "Reject"):
                with self.subTest(phase, decision=decision), self.assert_refused(f"is {phase}: nothing waits for"):
                    self.people["approver"].json_patch(path, say(decision))

    def test_what_runs_can_be_aborted_and_what_is_finished_can_not(self):
        promoter = self.people["promoter"]
        for phase in ("Pending", "Resolving", "Waiting", "RollingOut", "Verifying"):
            promoter.merge(self.waiting(f"abort-{phase.lower()}", {"phase": phase}), {"spec": {"abort": True}})
        for phase in ("Succeeded", "Failed", "Aborted", "Superseded"):
            with self.subTest(phase), self.assert_refused(f"is {phase}: there is nothing to abort any more"):
                promoter.merge(self.waiting(f"abort-{phase.lower()}", {"phase": phase}), {"spec": {"abort": True}})

    def test_a_right_to_approve_for_one_channel_is_none_for_another(self):
        self.admin.create(cluster.channels(self.here), channel("other"))
        eve = self.user("eve", rule(["patch"], ["promotions"]), rule(["approve"], ["releasechannels"], names=["other"]))
        with self.assert_refused("may not approve or reject", NO_APPROVE):
            eve.json_patch(self.waiting("other"), say())

    def test_two_approve_at_the_same_moment_and_both_are_there(self):
        path = self.waiting("both")
        pair = [threading.Thread(target=self.people[who].json_patch, args=(path, say())) for who in ("approver", "overrider")]
        for one in pair:
            one.start()
        for one in pair:
            one.join()
        names = {one["user"] for one in self.admin.get(path)["spec"]["approvals"]}
        self.assertEqual(names, {self.admin.whoami(), self.people["approver"].name, self.people["overrider"].name})

    def test_a_manifest_that_is_applied_again_keeps_the_approvals(self):
        body = promotion("p-synced")
        path = cluster.promotions(self.here, "p-synced")
        self.admin.apply(path, body, "gitops", force=True)
        self.acting.merge(path + "/status", {"status": {"phase": "Waiting", "release": {"id": "r-0a1b2c3d4e"}}})
        self.people["approver"].json_patch(path, say())
        before = self.admin.get(path)
        after = self.admin.apply(path, body, "gitops", force=True)
        self.assertEqual(after["spec"], before["spec"])
        self.assertEqual(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"])

    def test_the_one_liners_of_the_readme_work(self):
        approver = self.people["approver"]
        self.waiting("by-kubectl")
        cluster.kubectl("-n", self.here, "patch", "promo", "p-by-kubectl", "--type=json", "-p",
                        '[{"op":"add","path":"/spec/approvals/-","value":{"decision":"Approve","reason":"tested"}}]', user=approver.name)
        promoter = self.people["promoter"]
        cluster.kubectl("-n", self.here, "patch", "promo", "p-by-kubectl", "--type=merge", "-p", '{"spec":{"abort":true}}', user=promoter.name)
        spec = self.admin.get(cluster.promotions(self.here, "p-by-kubectl"))["spec"]
        self.assertEqual(spec["approvals"][1], {"user": approver.name, "decision": "Approve", "reason": "tested"})
        self.assertEqual(spec["abortedBy"], promoter.name)


if __name__ == "__main__":
    cluster.main()
