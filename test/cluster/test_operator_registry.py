"""Bad registries and bad pull secrets: said by the channels that use them, while everything else goes on and stays."""

import base64
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import WEB, Case, Images, by_digest, channel, promotion, workload  # noqa: E402
from standing import Fake, entry, line, untouched, wait_running  # noqa: E402

RETRY_AFTER_S = 20
MISSING = "sha256:" + "d" * 64

MISBEHAVIOURS = [  # behaviour of the registry; the condition's reason; a part of its message
    ("down", "RegistryUnreachable", "gave no answer"),
    ("denied", "RegistryDenied", "wants credentials for"),
    ("forbidden", "RegistryDenied", "forbids access to"),
    ("missing", "NotFound", "(404)"),
    ("trouble", "RegistryBusy", "is in trouble: it answered 503"),
    ("html", "RegistryAnswer", "which is not JSON"),
    ("endless", "RegistryAnswer", "cut off"),
    ("gigabyte", "RegistryAnswer", "cut off"),
    ("liar", "RegistryAnswer", "sha256:aaaa"),
    ("silent", "RegistryUnreachable", "not finished within"),
    ("drip", "RegistryUnreachable", "not finished within"),
]
SLOW = ("silent", "drip")  # never an answer; a byte a second


def auth(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


class Registries(Case):
    @classmethod
    def setUpClass(cls):
        cls.fake, cls.busy, cls.dying = Fake(), Fake(RETRY_AFTER_S), Fake()
        cls.operator_flags = [word for one in (cls.fake, cls.busy, cls.dying) for word in ("--insecure-registry", one.host)]
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.fake.close()
        cls.busy.close()

    def begin(self, name, image, namespace=None, **spec):
        for body in line(name, **entry(image, **spec)):
            self.make(body, namespace)

    def wait_failed(self, name, reason, part, namespace=None):
        return self.wait_condition("IntakeFailed", reason, name, namespace, part=part)["message"]

    def test_a_registry_that_misbehaves_is_named_by_its_channel_alone(self):
        """whatever the registry answers: its channel says so, another one of that registry goes on, and no pod is touched"""
        names = [one[0] for one in MISBEHAVIOURS]
        for name in [*names, "sane"]:
            one = self.fake.tag(f"good/{name}", "1.0.0")
            self.begin(name, self.fake.image(f"good/{name}"))
        one = self.dying.tag("good/gone", "1.0.0")
        self.begin("gone", self.dying.image("good/gone"))
        wait_running(self, [*names, "sane", "gone"], one)
        with untouched(self, [*names, "gone"]):
            for name in names:
                self.fake.behave(f"good/{name}", name)
                self.fake.tag(f"good/{name}", "2.0.0")
            self.dying.close()
            two = self.fake.tag("good/sane", "2.0.0")
            wait_running(self, ["sane"], two)
            cluster.eventually("the slow ones are waited for no longer", lambda: all(
                self.condition(self.status(name), "IntakeFailed") for name in SLOW), patience_s=120)
            for name, reason, part in MISBEHAVIOURS:
                self.assertIn(self.fake.host, self.wait_failed(name, reason, part))
            self.wait_failed("gone", "RegistryUnreachable", self.dying.host)
            for name in [*names, "gone"]:
                status = self.status(name)
                self.assertEqual(self.condition(status, "Ready")["status"], "True", status)
                self.assertEqual(status["current"]["artifacts"][0]["digest"], one)
        cluster.eventually("the slow answer has begun", lambda: [one for one in self.fake.requests("good/drip") if one["sent"]])
        sent = [one["sent"] for name in ("endless", "gigabyte") for one in self.fake.requests(f"good/{name}") if one["sent"]]
        self.assertLess(max(sent), 64 << 20, "it reads on and on")
        self.fake.behave("good/html", "")
        wait_running(self, ["html"], two)
        cluster.eventually("the condition goes", lambda: not self.condition(self.status("html"), "IntakeFailed"))

    def test_of_two_artifacts_of_which_one_cannot_be_asked_for_none_is_pinned(self):
        """the promotion waits and says for what; pins and workload stay whole, and change at once when the registry answers"""
        names = ["left", "right"]
        for version in ("1.0.0", "2.0.0", "3.0.0"):
            for name in names:
                self.fake.tag(f"good/{name}", version)
        deployment = workload("Deployment", replicas=0)
        deployment["spec"]["template"]["spec"]["containers"] = [{"name": name} for name in names]
        self.make(deployment)
        self.make(channel(artifacts=[{"name": name, "image": self.fake.image(f"good/{name}")} for name in names],
                          workloads=[{"kind": "Deployment", "name": "web", "containers": {name: name for name in names}}]))
        self.promote_both("first", names, "1.0.0")
        self.wait_phase("first", "Succeeded")
        whole = [self.both(names, "1.0.0")]
        for bad, version in (("right", "2.0.0"), ("left", "3.0.0")):
            with self.subTest(bad):
                self.fake.behave(f"good/{bad}", "trouble")
                self.fake.forget()
                self.promote_both(version, names, version)
                cluster.eventually("it is asked for three times", lambda bad=bad: len(self.fake.requests(f"good/{bad}")) > 2)
                self.assertEqual(self.gate(version), "Registry")
                self.assertIn("answered 503", self.message(self.promo(version)))
                self.assertEqual(self.pins(), whole[-1])
                self.fake.behave(f"good/{bad}", "")
                self.wait_phase(version, "Succeeded")
                whole.append(self.both(names, version))
                self.assertEqual(self.pins(), whole[-1])
        self.assertEqual(self.fielded(), whole, "the workload never had one without the other")

    def promote_both(self, name, names, version):
        self.make(promotion(name, artifacts=[{"name": one, "tag": version} for one in names]))

    def both(self, names, version):
        return {name: f"{self.fake.image(f'good/{name}')}@{Images.web(version)}" for name in names}

    def pins(self):
        data = self.api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins")["data"]
        return {name.rpartition(".")[2]: image for name, image in data.items()}

    def fielded(self):
        """The images that the workload has ever had, oldest first, as its ReplicaSets tell."""
        sets = self.api.get(f"/apis/apps/v1/namespaces/{self.namespace}/replicasets")["items"]
        sets.sort(key=lambda one: int(one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]))
        images = [{part["name"]: part["image"] for part in one["spec"]["template"]["spec"]["containers"]} for one in sets]
        return [one for one in images if not any("no-release" in image for image in one.values())]

    def test_a_registry_that_asks_to_wait_is_left_alone_so_long(self):
        """a registry that asks to wait is left alone so long; no more comes than what was under way: the list of tags and the tag's digest"""
        one = self.busy.tag("good/slow", "1.0.0")
        self.begin("slow", self.busy.image("good/slow"))
        wait_running(self, ["slow"], one)
        self.busy.behave("good/slow", "busy")
        self.busy.forget()
        with untouched(self):
            self.wait_failed("slow", "RegistryBusy", f"asks to wait {RETRY_AFTER_S}s")
            before = len(self.busy.requests())
            self.assertLessEqual(before, 2, self.busy.requests())
            cluster.eventually("it asks again", lambda: len(self.busy.requests()) > before, patience_s=90)
        asked = self.busy.requests()
        self.assertGreaterEqual(asked[before]["time"] - asked[0]["time"], RETRY_AFTER_S - 0.5, asked)

    def test_a_repository_is_asked_once_an_interval_however_many_channels_look_at_it(self):
        one, image = self.fake.tag("good/shared", "1.0.0"), self.fake.image("good/shared")
        other = self.new_namespace("op")
        for namespace, names in ((self.namespace, "abc"), (other, "de")):
            for name in names:
                self.begin(name, image, namespace)
        wait_running(self, "abc", one)
        wait_running(self, "de", one, other)
        began = time.monotonic()
        self.fake.forget()
        time.sleep(32)
        passed_s, asked = time.monotonic() - began, self.fake.requests("good/shared", "/tags/list")
        self.assertGreaterEqual(len(asked), 2)
        self.assertLessEqual(len(asked), passed_s / 10 + 1)

    def test_of_a_burst_of_builds_the_newest_is_promoted_and_the_others_are_named(self):
        one, two = self.fake.tag("good/burst", "1.0.0"), Images.web("2.0.0")
        self.begin("burst", self.fake.image("good/burst"))
        wait_running(self, ["burst"], one)
        builds = [f"1.1.{number}" for number in range(10)]
        self.fake.copy_all("good/burst", {tag: two if tag == builds[-1] else one for tag in builds})
        wait_running(self, ["burst"], two)
        intake = self.status("burst")["intake"]
        self.assertEqual(intake["tag"], "1.1.9")
        self.assertEqual(intake["superseded"].split(", "), builds[-2::-1])
        made = [one["metadata"]["name"] for one in self.api.get(cluster.promotions(self.namespace))["items"] if one["spec"]["channel"] == "burst"]
        self.assertEqual(len(made), 2, "one for the first build, one for the newest of the ten")
        for name in made:
            self.wait_phase(name, "Succeeded")

    def test_what_is_asked_again_and_again_is_not_told_again_and_again(self):
        """an event for each change of phase, none for a try"""
        one = self.fake.tag("good/again", "1.0.0")
        self.begin("again", self.fake.image("good/again"))
        wait_running(self, ["again"], one)
        self.make(promotion("later", to="again", artifacts=[{"name": "web", "tag": "nightly"}]))
        cluster.eventually("it is asked for three times", lambda: len(self.fake.requests("good/again", "/manifests/nightly")) > 2)
        self.assertEqual(self.told("later"), {})
        self.fake.copy("good/again", "nightly", Images.web("2.0.0"))
        self.wait_phase("later", "Succeeded")
        reasons = ("PromotionRollingOut", "PromotionSucceeded")
        self.assertEqual(self.wait_told("later", *reasons), dict.fromkeys(reasons, 1))

    def test_pull_secrets(self):
        """one that is missing, not to be read, malformed, wrong: said by its channel; the right one works"""
        closed, image = self.new_namespace("op"), self.fake.image("basic/shop")
        digest = self.fake.tag("basic/shop", "1.0.0")
        cluster.kubectl("-n", self.namespace, "apply", "-f", os.path.join(cluster.ROOT, "deploy", "secrets-rolebinding.yaml"))
        host = self.fake.host
        secrets = {"right": {"auths": {host: auth("robot", "sesame")}}, "wrong": {"auths": {host: auth("robot", "open")}},
                   "elsewhere": {"auths": {"registry.example.com": auth("robot", "sesame")}},
                   "coded": {"auths": {host: {"auth": "%%%"}}}, "shapeless": {"auths": 7}}
        for name, config in secrets.items():
            self.make_secret(self.namespace, name, ".dockerconfigjson", config)
        self.make_secret(self.namespace, "opaque", "password", "sesame")
        self.make_secret(closed, "right", ".dockerconfigjson", secrets["right"])
        rows = [("wrong", "refused the credentials"), ("elsewhere", f"no entry for {host}"), ("coded", "is not base64"),
                ("shapeless", ".dockerconfigjson"), ("opaque", ".dockerconfigjson"), ("absent", "not found")]
        for name in ["right", *(row[0] for row in rows)]:
            self.begin_with_secret(name, image, self.namespace)
        self.begin_with_secret("right", image, closed)
        for name, part in rows:
            self.wait_failed(name, None, part)
        self.wait_failed("right", "RegistryDenied", "pull secret right", closed)
        wait_running(self, ["right"], digest)
        self.assertNotIn("sesame", self.operator.log(10000))
        self.make_secret(self.namespace, "absent", ".dockerconfigjson", secrets["right"])
        wait_running(self, ["absent"], digest)

    def begin_with_secret(self, name, image, namespace):
        artifacts = [{"name": "web", "image": image, "pullSecretRef": {"name": name}}]
        deployment, body = line(name, **entry(image, artifacts=artifacts))
        deployment["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": name}]  # the node's own business
        self.make(deployment, namespace)
        self.make(body, namespace)

    def make_secret(self, namespace, name, key, value):
        kind = "kubernetes.io/dockerconfigjson" if key.startswith(".") else "Opaque"
        text = value if isinstance(value, str) else json.dumps(value)
        self.api.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": name}, "type": kind, "stringData": {key: text}})

    def test_a_promotion_of_what_the_registry_has_not_waits_and_blocks_nobody(self):
        one, two = Images.web("1.0.0"), Images.web("2.0.0")
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.make(by_digest("first", one))
        self.wait_phase("first", "Succeeded")
        with untouched(self):
            self.make(by_digest("no-such-digest", MISSING))
            self.make(promotion("no-such-tag", artifacts=[{"name": "web", "tag": "never"}]))
            for name, part in (("no-such-digest", MISSING), ("no-such-tag", "never")):
                cluster.eventually(f"{name} waits for the registry", lambda name=name: self.gate(name) == "Registry")
                cluster.eventually("and says why", lambda name=name: "(404)" in self.message(self.promo(name)))
                self.assertIn(part, self.message(self.promo(name)))
                self.assertIn(WEB.split("/")[0], self.message(self.promo(name)))
        self.make(by_digest("second", two))
        self.wait_phase("second", "Succeeded")

    def gate(self, name):
        return self.promo(name).get("waitingFor", [{}])[0].get("gate")


if __name__ == "__main__":
    cluster.main()
