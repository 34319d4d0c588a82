"""Who may promote, approve and govern, and what only the operator may write: the apiserver's answers to real users."""

import os
import subprocess
import sys
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SLUICE = "sluice.dev"


def channel(name="shop", **spec):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "metadata": {"name": name}, "spec": {
        "artifacts": [{"name": "web", "image": "registry.example.com/shop/web"}],
        "workloads": [{"kind": "Deployment", "name": "web", "containers": {"web": "web"}}], **spec}}


def promotion(name, channel_name="shop", **spec):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": name},
            "spec": {"channel": channel_name, **(spec or {"release": "r-0a1b2c3d4e"})}}


def rule(verbs, resources, group=SLUICE, names=()):
    return {"apiGroups": [group], "resources": resources, "verbs": verbs, **({"resourceNames": list(names)} if names else {})}


class WhoMay(unittest.TestCase):
    """Two namespaces, and users with certain rights in the first."""

    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.admin = cluster.api()
        cls._here, cls._there = cluster.namespace("who-may"), cluster.namespace("who-else")
        cls.here, cls.there = cls._here.__enter__(), cls._there.__enter__()
        cls.admin.create(cluster.channels(cls.here), channel())
        cls.admin.create(cluster.channels(cls.there), channel())
        cls.users = {}

    @classmethod
    def tearDownClass(cls):
        for api in (*cls.users.values(), cls.admin):
            api.close()
        cls._here.__exit__(None, None, None)
        cls._there.__exit__(None, None, None)

    @classmethod
    def bind(cls, user, role, kind="ClusterRole", namespace=None):
        namespace = namespace or cls.here
        cls.admin.create(f"{RBAC}/namespaces/{namespace}/rolebindings", {
            "metadata": {"generateName": "test-"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]})

    @classmethod
    def user(cls, name, *rules, role=None):
        """A user of that name with these rules, or that ClusterRole, in the first namespace."""
        user = f"{name}@{cls.here}"
        if user not in cls.users:
            if rules:
                cls.admin.create(f"{RBAC}/namespaces/{cls.here}/roles", {"metadata": {"name": name}, "rules": list(rules)})
                cls.bind(user, name, kind="Role")
            if role:
                cls.bind(user, role)
            api = cluster.api(user)
            api.name = user
            cls.users[user] = api
            cluster.eventually(f"{user} has its rights", lambda: not (rules or role) or cls._has_rights(api))
        return cls.users[user]

    @classmethod
    def _has_rights(cls, api):
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": cls.here}}
        answer = api.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
        return any(SLUICE in one.get("apiGroups", []) or "configmaps" in one.get("resources", [])
                   for one in answer["status"]["resourceRules"])

    def assert_refused(self, *parts, code=403):
        return _Refused(self, parts, code)


class _Refused:
    def __init__(self, case, parts, code):
        self.case, self.parts, self.code = case, parts, code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            self.case.fail("the apiserver allowed it")
        if not isinstance(error, cluster.ApiError):
            return False
        self.case.assertEqual(error.code, self.code, error.message)
        for part in self.parts:
            self.case.assertIn(part, error.message)
        return True


class Promote(WhoMay):
    def test_a_user_who_may_only_create_promotions_is_told_which_verb_is_missing(self):
        dan = self.user("dan", rule(["create"], ["promotions"]))
        with self.assert_refused(f"user '{dan.name}' may not promote into the channel {self.here}/shop",
                                 "the verb promote on releasechannels.sluice.dev 'shop'", f"in the namespace {self.here}"):
            dan.create(cluster.promotions(self.here), promotion("by-dan"))

    def test_a_user_who_may_only_promote_can_not_create_the_object(self):
        kim = self.user("kim", rule(["promote"], ["releasechannels"]))
        with self.assert_refused('cannot create resource "promotions"'):
            kim.create(cluster.promotions(self.here), promotion("by-kim"))

    def test_a_promoter_may_promote_and_is_named(self):
        bob = self.user("bob", role="sluice-promoter")
        made = bob.create(cluster.promotions(self.here), promotion("by-bob"))
        self.assertEqual(made["spec"]["requestedBy"], bob.name)

    def test_a_requester_who_says_somebody_else_is_named_all_the_same(self):
        bob = self.user("bob", role="sluice-promoter")
        made = bob.create(cluster.promotions(self.here), promotion("by-liar", release="r-0a1b2c3d4e", requestedBy="alice"))
        self.assertEqual(made["spec"]["requestedBy"], bob.name)

    def test_a_promotion_by_apply_is_stamped_too(self):
        admin = self.admin
        made = admin.apply(cluster.promotions(self.here, "applied"), promotion("applied"))
        self.assertEqual(made["spec"]["requestedBy"], admin.whoami())

    def test_a_user_with_a_certificate_is_named_as_it_says(self):
        path = cluster.devcluster("kubeconfig", "carol").strip()
        self.bind("carol", "sluice-promoter")
        carol = cluster.Api(kubeconfig=path)
        made = cluster.eventually("carol may promote", lambda: carol.create(cluster.promotions(self.here), promotion("by-carol")))
        carol.close()
        self.assertEqual(made["spec"]["requestedBy"], "carol")

    def test_a_right_for_one_channel_is_none_for_another(self):
        eve = self.user("eve", rule(["create"], ["promotions"]), rule(["promote"], ["releasechannels"], names=["shop"]))
        eve.create(cluster.promotions(self.here), promotion("by-eve"))
        with self.assert_refused("may not promote", "'other'"):
            eve.create(cluster.promotions(self.here), promotion("by-eve-2", "other"))

    def test_a_right_in_one_namespace_is_none_in_another(self):
        bob = self.user("bob", role="sluice-promoter")
        with self.assert_refused("cannot create"):
            bob.create(cluster.promotions(self.there), promotion("by-bob"))

    def test_nobody_promotes_from_a_channel_he_may_not_read(self):
        bob = self.user("bob", role="sluice-promoter")
        with self.assert_refused(f"may not read the channel {self.there}/shop", "the verb get on releasechannels.sluice.dev 'shop'"):
            bob.create(cluster.promotions(self.here), promotion("foreign", **{"from": {"namespace": self.there, "channel": "shop"}}))

    def test_a_promoter_promotes_from_a_channel_he_may_read(self):
        ben = self.user("ben", role="sluice-promoter")
        self.bind(ben.name, "sluice-viewer", namespace=self.there)
        source = {"from": {"namespace": self.there, "channel": "shop"}}
        cluster.eventually("ben may read there", lambda: ben.get(cluster.channels(self.there, "shop")))
        ben.create(cluster.promotions(self.here), promotion("by-ben", **source))

    def test_a_promoter_promotes_from_a_channel_of_the_same_namespace(self):
        bob = self.user("bob", role="sluice-promoter")
        bob.create(cluster.promotions(self.here), promotion("near", **{"from": {"namespace": self.here, "channel": "other"}}))

    def test_a_promoter_may_not_change_a_channel(self):
        bob = self.user("bob", role="sluice-promoter")
        with self.assert_refused('cannot patch resource "releasechannels"'):
            bob.merge(cluster.channels(self.here, "shop"), {"spec": {"suspended": True}})

    def test_the_operator_makes_promotions_of_its_own(self):
        acting = cluster.operator()
        body = promotion("automatic")
        body["metadata"]["labels"] = {"sluice.dev/automatic": "true"}
        made = acting.apply(cluster.promotions(self.here, "automatic"), body, "sluice", True)
        acting.close()
        self.assertEqual(made["spec"]["requestedBy"], cluster.OPERATOR)
        with self.assert_refused(NO_AUTOMATIC, f"only {cluster.OPERATOR} may"):
            self.admin.merge(cluster.promotions(self.here, "automatic"), {"metadata": {"labels": None}})
        self.admin.merge(cluster.promotions(self.here, "automatic"), {"metadata": {"labels": {"ticket": "42"}}})

    def test_nobody_else_makes_an_automatic_promotion(self):
        body = promotion("no-machine")
        body["metadata"]["labels"] = {"sluice.dev/automatic": "true"}
        with self.assert_refused(NO_AUTOMATIC, f"{self.here}/no-machine", "leave the label out"):
            self.admin.create(cluster.promotions(self.here), body)

    def test_whoever_may_view_a_namespace_sees_its_channels(self):
        vic = self.user("vic", role="view")
        self.assertEqual(vic.get(cluster.channels(self.here, "shop"))["metadata"]["name"], "shop")

    def test_whoever_may_edit_a_namespace_may_not_promote_by_that(self):
        ed = self.user("ed", role="edit")
        with self.assert_refused("cannot create"):
            ed.create(cluster.promotions(self.here), promotion("by-ed"))

    def test_the_admin_of_a_namespace_may_promote(self):
        ada = self.user("ada", role="admin")
        ada.create(cluster.promotions(self.here), promotion("by-ada"))


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
NO_AUTOMATIC = "may not set or change the label sluice.dev/automatic"
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


# (what is changed, the change, the word in the refusal)
GOVERNED = [
    ("the upstream", {"upstream": {"channels": [{"namespace": "a", "name": "b"}]}}, "upstream"),
    ("the intake", {"intake": {"tags": {"artifact": "web", "tag": "main"}}}, "intake"),
    ("the mode", {"promotion": {"deadline": "1h"}}, "promotion"),
    ("the gates", {"gates": {"approvals": {"required": 1}}}, "gates"),
    ("the verification", {"verification": {"metrics": [{"name": "a", "prometheus": {"query": "up"}, "success": {"min": 1}}]}}, "verification"),
    ("the artifacts", {"artifacts": [{"name": "web", "image": "evil.example.com/web"}]}, "artifacts"),
]


def _try_to_govern(case, change, word):
    ulf = case.user("ulf", rule(["create", "get", "update", "patch"], ["releasechannels"]))
    path = cluster.channels(case.here, "shop")
    before = case.admin.get(path)
    with case.assert_refused(f"user '{ulf.name}' may not change {word} of the channel {case.here}/shop",
                             "the verb govern on releasechannels.sluice.dev 'shop'"):
        ulf.merge(path, {"spec": change})
    case.assertEqual(case.admin.get(path), before)


def _govern(case, change, _):
    gus = case.user("gus", role="sluice-governor")
    name = "mine"
    gus.create(cluster.channels(case.here), channel(name))
    try:
        gus.merge(cluster.channels(case.here, name), {"spec": change})
    finally:
        gus.delete(cluster.channels(case.here, name))


@cluster.rows([(f"{what} of a channel is not changed without the verb govern", *row) for what, *row in GOVERNED], _try_to_govern)
@cluster.rows([(f"{what} of a channel is changed by a governor", *row) for what, *row in GOVERNED], _govern)
class Govern(WhoMay):
    def test_the_rest_of_a_channel_needs_only_the_verb_update(self):
        ulf = self.user("ulf", rule(["create", "get", "update", "patch"], ["releasechannels"]))
        ulf.merge(cluster.channels(self.here, "shop"), {"spec": {"suspended": True}, "metadata": {"labels": {"a": "b"}}})
        ulf.merge(cluster.channels(self.here, "shop"), {"spec": {"suspended": False, "rollout": {"onFailure": "Hold"}}})

    def test_a_channel_is_not_made_without_the_verb_govern(self):
        ulf = self.user("ulf", rule(["create", "get", "update", "patch"], ["releasechannels"]))
        with self.assert_refused(f"may not make the channel {self.here}/new", "the verb govern on releasechannels.sluice.dev 'new'"):
            ulf.create(cluster.channels(self.here), channel("new"))

    def test_a_channel_with_a_generated_name_is_not_made_without_the_verb_govern(self):
        ulf = self.user("ulf", rule(["create", "get", "update", "patch"], ["releasechannels"]))
        body = channel()
        body["metadata"] = {"generateName": "shop-"}
        with self.assert_refused("may not make the channel", f"{self.here}/shop-"):
            ulf.create(cluster.channels(self.here), body)

    def test_a_governor_of_one_channel_makes_that_one_only(self):
        una = self.user("una", rule(["create"], ["releasechannels"]), rule(["govern"], ["releasechannels"], names=["one"]))
        una.create(cluster.channels(self.here), channel("one"))
        with self.assert_refused("may not make", "'two'"):
            una.create(cluster.channels(self.here), channel("two"))

    def lift(self, user, name, value, **annotations):
        return user.merge(cluster.channels(self.here, name), {"metadata": {"annotations": {
            "sluice.dev/lift-hold": value, **{f"sluice.dev/{key}": one for key, one in annotations.items()}}}})

    def test_a_hold_is_not_lifted_without_the_verb_promote(self):
        ulf = self.user("ulf", rule(["create", "get", "update", "patch"], ["releasechannels"]))
        with self.assert_refused(f"user '{ulf.name}' may not lift the hold of the channel {self.here}/shop",
                                 "the verb promote on releasechannels.sluice.dev 'shop'"):
            self.lift(ulf, "shop", "1")
        self.assertNotIn("annotations", self.admin.get(cluster.channels(self.here, "shop"))["metadata"])

    def test_who_lifts_a_hold_is_named_whatever_he_says(self):
        self.admin.create(cluster.channels(self.here), channel("held"))
        una = self.user("uma", rule(["patch"], ["releasechannels"]), rule(["promote"], ["releasechannels"], names=["held"]))
        made = self.lift(una, "held", "1", **{"lifted-by": "somebody"})
        self.assertEqual(made["metadata"]["annotations"], {"sluice.dev/lift-hold": "1", "sluice.dev/lifted-by": una.name})
        with self.assert_refused("sluice.dev/lifted-by says 'somebody'", "leave it out", code=422):
            self.lift(una, "held", "1", **{"lifted-by": "somebody"})
        again = self.lift(self.admin, "held", "2")
        self.assertEqual(again["metadata"]["annotations"]["sluice.dev/lifted-by"], self.admin.whoami())

    def test_the_admin_of_a_namespace_governs_it(self):
        ada = self.user("ada", role="admin")
        ada.create(cluster.channels(self.here), channel("ada", upstream={"channels": [{"namespace": "a", "name": "b"}]}))


STATUS = {"releasechannels": {"promotion": "forged"}, "promotions": {"phase": "Succeeded"}}


class OperatorOnly(WhoMay):
    def test_nobody_else_writes_a_status_even_with_the_right_to(self):
        mal = self.user("mal", rule(["patch", "update", "get"], ["releasechannels/status", "promotions/status"]))
        self.admin.create(cluster.promotions(self.here), promotion("watched"))
        for plural, name in (("releasechannels", "shop"), ("promotions", "watched")):
            path = f"{cluster.GROUP}/namespaces/{self.here}/{plural}/{name}"
            for one in (mal, self.admin):
                with self.subTest(plural=plural, by=one is mal), self.assert_refused(
                        f"may not write the status of {plural} {self.here}/{name}", f"only {cluster.OPERATOR} may"):
                    one.merge(path + "/status", {"status": STATUS[plural]})
            self.assertNotIn("status", self.admin.get(path))

    def test_a_status_that_comes_with_the_object_is_dropped(self):
        made = self.admin.create(cluster.channels(self.here), {**channel("with-status"), "status": {"promotion": "forged"}})
        self.assertNotIn("status", made)
        made["status"] = {"promotion": "forged"}
        self.assertNotIn("status", self.admin.replace(cluster.channels(self.here, "with-status"), made))

    def test_the_operator_writes_both(self):
        acting = cluster.operator()
        self.admin.create(cluster.promotions(self.here), promotion("written"))
        for plural, name in (("releasechannels", "shop"), ("promotions", "written")):
            path = f"{cluster.GROUP}/namespaces/{self.here}/{plural}/{name}"
            answer = acting.merge(path + "/status", {"status": STATUS[plural]})
            self.assertEqual(answer["status"], STATUS[plural])
            acting.merge(path + "/status", {"status": None})
        acting.close()

    def test_nobody_else_writes_the_pins(self):
        acting = cluster.operator()
        maps = f"/api/v1/namespaces/{self.here}/configmaps"
        mia = self.user("mia", rule(["*"], ["configmaps"], group=""))
        pins = {"metadata": {"name": "sluice-pins"}, "data": {"Deployment.web.web": "evil.example.com/web@sha256:" + "0" * 64}}
        tries = {
            "make": lambda api: api.create(maps, pins),
            "apply": lambda api: api.apply(maps + "/sluice-pins", {"apiVersion": "v1", "kind": "ConfigMap", **pins}, force=True),
            "replace": lambda api: api.replace(maps + "/sluice-pins", pins),
            "patch": lambda api: api.merge(maps + "/sluice-pins", {"data": pins["data"]}),
            "give it an owner": lambda api: api.merge(maps + "/sluice-pins", {"metadata": {"ownerReferences": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "00000000-0000-0000-0000-000000000000"}]}}),
            "freeze": lambda api: api.merge(maps + "/sluice-pins", {"immutable": True}),
            "delete": lambda api: api.delete(maps + "/sluice-pins"),
            "delete all": lambda api: api.delete(maps),
        }
        with self.assert_refused("may not write the ConfigMap"):
            tries["make"](mia)
        with self.assert_refused("may not write the ConfigMap"):
            tries["apply"](mia)
        cluster.write_pins(acting, self.here, {"Deployment.web.web": cluster.PROBE_IMAGE})
        before = self.admin.get(maps + "/sluice-pins")
        for what in ("apply", "replace", "patch", "give it an owner", "freeze", "delete", "delete all"):
            for one in (mia, self.admin):
                with self.subTest(what, by=one is mia), self.assert_refused(
                        f"the ConfigMap {self.here}/sluice-pins: only {cluster.OPERATOR} may", "sluice.dev/guard=off"):
                    tries[what](one)
        self.assertEqual(self.admin.get(maps + "/sluice-pins"), before)
        acting.close()

    def test_other_configmaps_are_nobody_s_business(self):
        maps = f"/api/v1/namespaces/{self.here}/configmaps"
        moe = self.user("moe", rule(["*"], ["configmaps"], group=""))
        moe.create(maps, {"metadata": {"name": "other", "labels": {"sluice.dev/pins": "true"}}})
        moe.merge(maps + "/other", {"data": {"a": "b"}})
        moe.delete(maps + "/other")

    def test_a_namespace_with_pins_can_be_deleted(self):
        acting = cluster.operator()
        with cluster.namespace("doomed") as name:
            cluster.write_pins(acting, name, {"Deployment.web.web": cluster.PROBE_IMAGE})
        acting.close()

        def is_gone():
            try:
                self.admin.get(f"/api/v1/namespaces/{name}")
            except cluster.ApiError as error:
                return error.code == 404
            return False
        cluster.eventually(f"the namespace {name} is gone", is_gone)

    def test_where_the_guard_is_off_the_pins_may_be_deleted_and_not_written(self):
        acting = cluster.operator()
        with cluster.namespace("off", {"sluice.dev/guard": "off"}) as name:
            maps = f"/api/v1/namespaces/{name}/configmaps"
            cluster.write_pins(acting, name, {"Deployment.web.web": cluster.PROBE_IMAGE})
            with self.assert_refused("may not write the ConfigMap"):
                self.admin.merge(maps + "/sluice-pins", {"data": {"a": "b"}})
            self.admin.delete(maps + "/sluice-pins")
        acting.close()


def _try_as_operator(case, method, path, body, manager_query=""):
    acting = cluster.operator()
    path = path.replace("HERE", case.here)
    content = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
    try:
        with case.assert_refused("cannot "):
            acting.call(method, path + manager_query, body, content)
    finally:
        acting.close()


APPLY = "?fieldManager=sluice&force=true"
WORKLOAD = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "new"}, "spec": {
    "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
                                                          "spec": {"containers": [{"name": "c", "image": "d"}]}}}}

# (what the operator can not do, method, path, body, query)
BEYOND = [
    ("list all Secrets", "GET", "/api/v1/secrets", None),
    ("list a namespace's Secrets", "GET", "/api/v1/namespaces/HERE/secrets", None),
    ("read a Secret where nobody allowed it", "GET", "/api/v1/namespaces/HERE/secrets/registry-read", None),
    ("make a workload", "PATCH", "/apis/apps/v1/namespaces/HERE/deployments/new", WORKLOAD, APPLY),
    ("delete a workload", "DELETE", "/apis/apps/v1/namespaces/HERE/deployments/web", None),
    ("write another ConfigMap", "PATCH", "/api/v1/namespaces/HERE/configmaps/other",
     {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}, APPLY),
    ("list the ConfigMaps", "GET", "/api/v1/configmaps", None),
    ("read another ConfigMap by name", "GET", "/api/v1/namespaces/HERE/configmaps/other", None),
    ("delete the pins", "DELETE", "/api/v1/namespaces/HERE/configmaps/sluice-pins", None),
    ("change a channel", "PATCH", cluster.channels("HERE", "shop"), channel(suspended=True), APPLY),
    ("delete a channel", "DELETE", cluster.channels("HERE", "shop"), None),
    ("make a pod", "POST", "/api/v1/namespaces/HERE/pods", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "d"}]}}),
    ("change a namespace", "PATCH", "/api/v1/namespaces/HERE", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "HERE"}}, APPLY),
    ("change a policy", "DELETE", "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/sluice-pin-guard", None),
    ("write another's Lease", "PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sluice",
     {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "sluice"}}, APPLY),
    ("give itself rights", "POST", f"{RBAC}/clusterrolebindings", {"metadata": {"name": "x"}, "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}, "subjects": []}),
]


@cluster.rows([(f"the operator can not {what}", *row) for what, *row in BEYOND], _try_as_operator)
class Operator(WhoMay):
    def test_a_namespace_s_admin_lets_it_read_secrets_there_and_only_there(self):
        with open(os.path.join(cluster.ROOT, "deploy", "secrets-rolebinding.yaml")) as file:
            cluster.kubectl("apply", "-n", self.there, "-f", "-", stdin=file.read())
        for name in (self.here, self.there):
            self.admin.create(f"/api/v1/namespaces/{name}/secrets", {"metadata": {"name": "registry-read"}})
        acting = cluster.operator()
        cluster.eventually("it may read the Secret", lambda: acting.get(f"/api/v1/namespaces/{self.there}/secrets/registry-read"))
        with self.assert_refused("cannot list"):
            acting.get(f"/api/v1/namespaces/{self.there}/secrets")
        with self.assert_refused("cannot get"):
            acting.get(f"/api/v1/namespaces/{self.here}/secrets/registry-read")
        acting.close()

    def test_it_can_do_what_its_work_needs(self):
        acting = cluster.operator()
        name = self.here
        cluster.write_pins(acting, name, {"Deployment.web.web": cluster.PROBE_IMAGE})
        acting.get(f"/api/v1/namespaces/{name}/configmaps/sluice-pins")
        for path in ("/api/v1/configmaps?fieldSelector=metadata.name%3Dsluice-pins", "/api/v1/pods?labelSelector=sluice.dev/no-release",
                     "/api/v1/namespaces?labelSelector=sluice.dev/guard%3Doff", "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets",
                     "/apis/apps/v1/daemonsets", "/apis/batch/v1/cronjobs", "/api/v1/services",
                     "/apis/autoscaling/v2/horizontalpodautoscalers", f"{cluster.GROUP}/releasechannels", f"{cluster.GROUP}/promotions",
                     *(f"/apis/admissionregistration.k8s.io/v1/{plural}?fieldSelector=metadata.name%3D{one}" for plural, one in (
                         ("mutatingadmissionpolicies", "sluice-pin-guard"), ("mutatingadmissionpolicybindings", "sluice-pin-guard"),
                         ("validatingadmissionpolicies", "sluice-who-may"), ("validatingadmissionpolicybindings", "sluice-who-may"))),
                     "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases?fieldSelector=metadata.name%3Dsluice"):
            with self.subTest(path):
                acting.get(path)
        made = self.admin.create(f"/apis/apps/v1/namespaces/{name}/deployments", {**WORKLOAD, "metadata": {"name": "web"}})
        acting.apply(f"/apis/apps/v1/namespaces/{name}/deployments/web", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": made["metadata"]["uid"]},
            "spec": {"template": {"spec": {"containers": [{"name": "c", "image": cluster.PROBE_IMAGE}]}}}}, "sluice", True)
        acting.apply(f"/api/v1/namespaces/{name}/services/web", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                                                                 "spec": {"ports": [{"port": 80}]}}, "sluice", True)
        acting.delete(f"/api/v1/namespaces/{name}/services/web")
        acting.create(cluster.promotions(name), {**cluster.PROBE_PROMOTION, "metadata": {"name": "old"}})
        acting.delete(cluster.promotions(name, "old"))
        scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {
            "maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}
        acting.apply(f"/apis/autoscaling/v2/namespaces/{name}/horizontalpodautoscalers/web", scaler, "sluice", True)
        acting.delete(f"/apis/autoscaling/v2/namespaces/{name}/horizontalpodautoscalers/web")
        leases = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases"
        if not any(one["metadata"]["name"] == "sluice" for one in self.admin.get(leases)["items"]):
            acting.create(leases, {"metadata": {"name": "sluice"}})
            self.addCleanup(self.admin.delete, leases + "/sluice")
        acting.merge(leases + "/sluice", {"metadata": {"labels": {"test": "yes"}}})
        acting.create(f"/apis/events.k8s.io/v1/namespaces/{name}/events", {
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"generateName": "shop-"}, "action": "Promote", "type": "Normal",
            "reason": "Pinned", "eventTime": "2026-11-24T10:00:00.000000Z", "reportingController": "sluice.dev/sluice",
            "reportingInstance": "sluice-0", "regarding": {"kind": "ReleaseChannel", "namespace": name, "name": "shop"}})
        acting.close()

    def test_it_changes_no_workload_s_pins_by_creating_a_deleted_one(self):
        acting = cluster.operator()
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "gone", "uid": "00000000-0000-0000-0000-000000000001"},
                "spec": {"template": {"spec": {"containers": [{"name": "c", "image": cluster.PROBE_IMAGE}]}}}}
        with self.assertRaises(cluster.ApiError) as refusal:
            acting.apply(f"/apis/apps/v1/namespaces/{self.here}/deployments/gone", body, "sluice", True)
        self.assertEqual(refusal.exception.code, 409, refusal.exception.message)
        acting.close()


class Account(WhoMay):
    def test_the_operator_s_own_token_is_what_the_policies_mean(self):
        token = cluster.kubectl("create", "token", "sluice", "-n", "sluice-system").stdout.strip()
        who = subprocess.run(["kubectl", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", "--token", token,
                              "--kubeconfig", self._bare_kubeconfig()], text=True, capture_output=True, timeout=60)
        self.assertEqual(who.stdout, cluster.OPERATOR, who.stderr)

    def _bare_kubeconfig(self):
        """The kubeconfig without its user, so that only the token counts."""
        import json
        import tempfile
        import yaml
        with open(os.environ["KUBECONFIG"]) as file:
            config = yaml.safe_load(file)
        config["users"] = [{"name": config["users"][0]["name"], "user": {}}]
        bare = tempfile.NamedTemporaryFile("w", suffix=".kubeconfig")
        self.addCleanup(bare.close)
        bare.write(json.dumps(config))
        bare.flush()
        return bare.name


del WhoMay  # only its children are tests

if __name__ == "__main__":
    cluster.main()
