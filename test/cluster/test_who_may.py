"""Who may promote, and who may govern a channel: the apiserver's answers to real users."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from users import NO_AUTOMATIC, WhoMay, channel, promotion, rule  # noqa: E402


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


if __name__ == "__main__":
    cluster.main()
