"""What the apiserver itself says to a ReleaseChannel: every limit, at it and beyond it, and every rule."""

import copy
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from schema_channel_changes import service, tags, upstream  # noqa: E402
from schema_channel_rows import CHANNEL_ROWS  # noqa: E402
from schema_refusals import CHANNEL, Refusals, put  # noqa: E402


def _try_channel(case, change, *wanted):
    case.try_to_create(cluster.channels(case.namespace), CHANNEL, change, wanted)


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


if __name__ == "__main__":
    cluster.main()
