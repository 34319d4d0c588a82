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
]


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
            for name, reason, part in MISBEHAVIOURS:
                self.assertIn(self.fake.host, self.wait_failed(name, reason, part))
            self.wait_failed("gone", "RegistryUnreachable", self.dying.host)
            wait_running(self, ["sane"], two)
            for name in [*names, "gone"]:
                status = self.status(name)
                self.assertEqual(self.condition(status, "Ready")["status"], "True", status)
                self.assertEqual(status["current"]["artifacts"][0]["digest"], one)
        sent = [one["sent"] for name in ("endless", "gigabyte") for one in self.fake.requests(f"good/{name}") if one["sent"]]
        self.assertLess(max(sent), 64 << 20, "it reads on and on")
        self.fake.behave("good/html", "")
        wait_running(self, ["html"], two)
        cluster.eventually("the condition goes", lambda: not self.condition(self.status("html"), "IntakeFailed"))

    def test_a_registry_that_asks_to_wait_is_left_alone_so_long(self):
        one = self.busy.tag("good/slow", "1.0.0")
        self.begin("slow", self.busy.image("good/slow"))
        wait_running(self, ["slow"], one)
        self.busy.behave("good/slow", "busy")
        self.busy.forget()
        with untouched(self):
            self.wait_failed("slow", "RegistryBusy", f"asks to wait {RETRY_AFTER_S}s")
            cluster.eventually("it asks again", lambda: len(self.busy.requests()) > 1, patience_s=90)
        times = [one["time"] for one in self.busy.requests()]
        self.assertGreaterEqual(times[1] - times[0], RETRY_AFTER_S - 0.5)

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
