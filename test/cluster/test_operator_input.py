"""Objects that cannot be followed: the message is in the object at fault, everything else goes on, what runs stays."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import REGISTRY, Case, Images, by_digest, channel, promotion, workload  # noqa: E402
from standing import line, untouched, wait_running  # noqa: E402

METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}

# What somebody edits a running channel into; the reason of Stalled; parts of its message. {} stands for the channel's name.
NONSENSE = [
    ("a range that is none", {"intake": {"tags": {"artifact": "web", "semver": ">=one"}}},
     "InvalidIntake", ["spec.intake.tags.semver"]),
    ("an expression that is none", {"intake": {"tags": {"artifact": "web", "newest": "v(["}}},
     "InvalidIntake", ["spec.intake.tags.newest"]),
    ("metrics that the apiserver refuses", {"autoscaling": [{"workload": "{}", "maxReplicas": 2, "metrics": [METRIC]}]},
     "ApplyRefused", ["averageUtilization"]),
    ("a service that the apiserver refuses", {"routing": {"service": {"name": "{}", "workload": "{}", "ports": [
        {"name": "http", "port": 80, "targetPort": "a--b"}]}}}, "ApplyRefused", ["targetPort", "consecutive hyphens"]),
]


def named(value, name):
    """The same with the name in every text's {}."""
    if isinstance(value, dict):
        return {key: named(one, name) for key, one in value.items()}
    if isinstance(value, list):
        return [named(one, name) for one in value]
    return value.replace("{}", name) if isinstance(value, str) else value


class Input(Case):
    def setUp(self):
        super().setUp()
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")

    def run_lines(self, names, **spec):
        """Channels of these names, each with a Deployment of its own, which run version 1."""
        for name in names:
            for body in line(name, **spec):
                self.make(body)
        for name in names:
            self.make(by_digest(f"first-{name}", self.one, to=name))
        wait_running(self, names, self.one)

    def promote_second(self, name):
        """Elsewhere life goes on: that channel takes version 2."""
        self.make(by_digest(f"second-{name}", self.two, to=name))
        self.wait_phase(f"second-{name}", "Succeeded")

    def edit(self, name, spec):
        return self.api.merge(cluster.channels(self.namespace, name), {"spec": spec})

    def wait_gate(self, name, gate, *parts):
        def found():
            waits = self.promo(name).get("waitingFor", [])
            return waits and waits[0]["gate"] == gate and all(part in waits[0]["message"] for part in parts)
        try:
            cluster.eventually(f"{name} waits at gate {gate} with {parts}", found)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.promo(name)}\n{self.operator.log()}") from error

    def wait_stalled(self, name, reason, *parts):
        message = self.wait_condition("Stalled", reason, name)["message"]
        for part in parts:
            self.assertIn(part, message)

    def test_a_promotion_into_an_unknown_channel_waits_for_it(self):
        self.run_lines(["other"])
        self.make(by_digest("early", self.one))
        self.wait_gate("early", "Channel", f"{self.namespace}/shop")
        self.assertEqual(self.promo("early")["phase"], "Pending")
        self.promote_second("other")
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.wait_phase("early", "Succeeded")

    def test_a_promotion_whose_source_has_no_release_waits_for_one(self):
        for name in ("source", "target"):
            for body in line(name):
                self.make(body)
        self.make(promotion("onward", to="target", **{"from": {"namespace": self.namespace, "channel": "source"}}))
        self.make(promotion("unknown", to="target", release="r-0123456789"))
        self.wait_gate("onward", "Source", f"{self.namespace}/source has no release yet")
        self.wait_gate("unknown", "Source", "r-0123456789")
        self.make(by_digest("first-source", self.one, to="source"))
        self.wait_phase("onward", "Succeeded")
        wait_running(self, ["source", "target"], self.one)

    def test_a_cycle_of_channels_names_itself(self):
        names = ["alpha", "beta", "gamma"]
        self.run_lines([*names, "free"])
        with untouched(self, names):
            for here, there in zip(names, names[1:] + names[:1]):
                self.edit(here, {"upstream": {"channels": [{"namespace": self.namespace, "name": there}]}})
            for here in names:
                self.wait_stalled(here, "UpstreamCycle", *(f"{self.namespace}/{name}" for name in names))
            self.promote_second("free")
            self.make(by_digest("into-the-cycle", self.two, to="alpha"))
            self.wait_gate("into-the-cycle", "Channel", "leads back to this channel")
        self.edit("gamma", {"upstream": None})
        for here in names:
            self.wait_condition("Ready", "Running", here)
        self.promote_second("gamma")

    def test_an_upstream_whose_artifacts_differ(self):
        """other names, or the same name from another repository: said by the one downstream"""
        self.run_lines(["up", "repository", "names", "free"])
        upstream = {"channels": [{"namespace": self.namespace, "name": "up"}]}
        with untouched(self, ["up", "repository", "names"]):
            self.edit("repository", {"upstream": upstream, "artifacts": [{"name": "web", "image": f"{REGISTRY}/test/else"}]})
            self.edit("names", {"upstream": upstream, "artifacts": [
                {"name": "web", "image": f"{REGISTRY}/test/web"}, {"name": "job", "image": f"{REGISTRY}/test/job"}]})
            self.wait_stalled("repository", "UpstreamArtifactsDiffer", f"{REGISTRY}/test/web in {self.namespace}/up", f"{REGISTRY}/test/else here")
            self.wait_stalled("names", "UpstreamArtifactsDiffer", f'{self.namespace}/up has no artifact "job"')
            self.make(promotion("down", to="repository", **{"from": {"namespace": self.namespace, "channel": "up"}}))
            self.wait_gate("down", "Source", f"{REGISTRY}/test/else")
            self.promote_second("free")
            self.assertIsNone(self.condition(self.status("up"), "Stalled"))

    def test_a_channel_edited_into_nonsense_stalls_alone_and_can_be_edited_back(self):
        names = [f"n{number}" for number in range(len(NONSENSE))]
        self.run_lines([*names, "free"])
        before = {name: self.api.get(cluster.channels(self.namespace, name))["spec"] for name in names}
        with untouched(self, names):
            for name, (_, spec, _, _) in zip(names, NONSENSE):
                self.edit(name, named(spec, name))
            for name, (sentence, _, reason, parts) in zip(names, NONSENSE):
                with self.subTest(sentence):
                    self.wait_stalled(name, reason, *named(parts, name))
            self.promote_second("free")
            for name, (_, spec, _, _) in zip(names, NONSENSE):
                self.edit(name, {key: before[name].get(key) for key in spec})
            for name in names:
                self.wait_condition("Ready", "Running", name)
        for name in names:
            self.assertIsNone(self.condition(self.status(name), "Stalled"), name)

    def test_a_workload_that_two_channels_claim_stays_with_the_older_one(self):
        self.run_lines(["elder", "free"])
        with untouched(self, ["elder"]):
            self.make(channel("younger", workloads=[{"kind": "Deployment", "name": "elder", "containers": {"web": "web"}}]))
            self.wait_stalled("younger", "WorkloadClaimed", "Deployment elder", "channel elder")
            self.make(by_digest("steal", self.two, to="younger"))
            self.wait_gate("steal", "Channel", "channel elder")
            self.promote_second("free")
            self.assertIsNone(self.condition(self.status("elder"), "Stalled"))
        self.promote_second("elder")
        self.assertEqual(self.image(name="elder"), f"{REGISTRY}/test/web@{self.two}")

    def test_workloads_that_cannot_take_a_release_now(self):
        """missing, without the container, paused, being deleted, scaled to zero; each says so, and goes on when it can"""
        names = ["missing", "lacking", "paused", "going", "asleep"]
        self.run_lines([*names, "free"])
        self.api.delete(self.path("Deployment", "missing"))
        self.edit("lacking", {"workloads": [{"kind": "Deployment", "name": "lacking", "containers": {"web": "web", "side": "web"}}]})
        self.api.merge(self.path("Deployment", "paused"), {"spec": {"paused": True}})
        self.api.merge(self.path("Deployment", "going"), {"metadata": {"finalizers": ["example.com/hold"]}})
        self.api.call("DELETE", self.path("Deployment", "going"), {"propagationPolicy": "Orphan", "kind": "DeleteOptions", "apiVersion": "v1"})
        self.api.merge(self.path("Deployment", "asleep") + "/scale", {"spec": {"replicas": 0}})
        said = {"missing": "does not exist", "lacking": 'has no container "side"', "paused": "is paused (spec.paused)",
                "going": "is being deleted"}
        with untouched(self, ["lacking", "paused"]):
            for name in names:
                self.make(by_digest(f"second-{name}", self.two, to=name))
            for name, words in said.items():
                self.wait_gate(f"second-{name}", "Workload", f"Deployment {self.namespace}/{name} {words}")
                self.assertEqual(self.promo(f"second-{name}")["phase"], "Waiting")
            self.wait_phase("second-asleep", "Succeeded")
            self.promote_second("free")
            for name in ("lacking", "paused", "going"):
                self.assertEqual(self.image(name=name), f"{REGISTRY}/test/web@{self.one}")
        self.make_them_able()
        for name in said:
            self.wait_phase(f"second-{name}", "Succeeded")
        self.assertEqual(self.api.get(self.path("Deployment", "asleep"))["spec"]["replicas"], 0)

    def make_them_able(self):
        self.make(workload("Deployment", "missing", channel="missing", replicas=1))
        self.edit("lacking", {"workloads": [{"kind": "Deployment", "name": "lacking", "containers": {"web": "web"}}]})
        self.api.merge(self.path("Deployment", "paused"), {"spec": {"paused": False}})
        self.api.merge(self.path("Deployment", "going"), {"metadata": {"finalizers": None}})
        self.make_again("going")

    def make_again(self, name):
        def made():
            return self.make(workload("Deployment", name, channel=name, replicas=1))
        cluster.eventually(f"{name} can be made again", made)


if __name__ == "__main__":
    cluster.main()
