"""Signed images come in, others wait: with images that the real cosign signs, in both of its formats.

The keys are made at the time, and no transparency log is asked. Everything that has to be waited for waits side by side.
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import WEB, Case, Images, by_digest, promotion  # noqa: E402
from standing import Fake, line, pods_of, untouched, wait_running  # noqa: E402

BUILD_S = 900  # cosign is built when it is not there
QUIET = ["--use-signing-config=false", "--tlog-upload=false", "--yes"]
BUNDLE, TAG = "--new-bundle-format=true", "--new-bundle-format=false"
FORBIDDEN = 'cannot get resource "configmaps"'


def keys(*names, **more):
    return {"gates": {"signatures": {"keys": [{"configMapRef": {"name": "release-keys", "key": name}} for name in names], **more}}}


class Signatures(Case):
    @classmethod
    def setUpClass(cls):
        cls.fake = Fake()
        cls.operator_flags = ["--insecure-registry", cls.fake.host]
        found = subprocess.run([cluster.DEVCLUSTER, "tool", "cosign"], check=True, capture_output=True, text=True, timeout=BUILD_S)
        cls.cosign, cls.folder = found.stdout.strip(), tempfile.TemporaryDirectory(prefix="sluice-keys-")
        for name in ("ci", "qa", "new"):
            cls.run_cosign("generate-key-pair", "--output-key-prefix", name)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.fake.close()
        cls.folder.cleanup()

    @classmethod
    def run_cosign(cls, *words):
        done = subprocess.run([cls.cosign, *words], cwd=cls.folder.name, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "COSIGN_PASSWORD": "", "HOME": cls.folder.name})
        if done.returncode:
            raise AssertionError(f"cosign {' '.join(words)} failed:\n{done.stdout}{done.stderr}")

    @classmethod
    def sign(cls, digest, key, form=BUNDLE):
        cls.run_cosign("sign", "--key", f"{key}.key", form, *QUIET, f"{WEB}@{digest}")

    @classmethod
    def pem(cls, name):
        with open(os.path.join(cls.folder.name, f"{name}.pub")) as file:
            return file.read()

    def put_keys(self, name="release-keys", namespace=None, **entries):
        path = f"/api/v1/namespaces/{namespace or self.namespace}/configmaps"
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
                "data": {f"{key}.pub": text for key, text in entries.items()}}
        self.api.apply(f"{path}/{name}", body, force=True)

    def allow_keys(self, namespace=None):
        cluster.kubectl("-n", namespace or self.namespace, "apply", "-f", os.path.join(cluster.ROOT, "deploy", "keys-rolebinding.yaml"))

    def begin(self, name, namespace=None, **spec):
        for body in line(name, **spec):
            self.make(body, namespace)

    def wait_gate(self, name, part, namespace=None):
        """Until the promotion waits with gate Signature, and says this."""
        def found():
            waiting = self.promo(name, namespace).get("waitingFor", [])
            return next((one for one in waiting if one["gate"] == "Signature" and part in one["message"]), None)
        try:
            return cluster.eventually(f"{name} waits for signatures: {part}", found)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.promo(name, namespace)}\n{self.operator.log()}") from error

    def make_wait(self, one, two, three):
        """Six promotions, each of which waits for something else; and what they wait for."""
        barred = self.new_namespace("op")
        self.put_keys(namespace=barred, ci=self.pem("ci"))
        self.begin("both", **keys("ci.pub", "qa.pub", threshold=2))
        self.begin("late", **keys("late.pub"))
        self.begin("barred", barred, **keys("ci.pub"))
        self.make(by_digest("half", one, to="both"))
        self.make(by_digest("later", one, to="late"))
        self.make(by_digest("closed", one, to="barred"), barred)
        self.make(by_digest("unsigned", three, to="shop"))
        self.api.merge(cluster.channels(self.namespace, "rotated"), {"spec": {"suspended": True}})
        self.make(promotion("undo", to="rotated", rollback={"to": "Previous"}))
        self.wait_gate("half", "signed with release-keys/ci.pub, 1 more missing")
        self.wait_gate("unsigned", f"{WEB} has no signature of {three[:19]}")
        self.assertIn("has no entry late.pub", self.wait_condition("Stalled", "InvalidSignatureKey", "late")["message"])
        self.assertIn(FORBIDDEN, self.wait_condition("Stalled", "InvalidSignatureKey", "barred", barred)["message"])
        cluster.eventually("undo waits for the suspension alone", lambda: [
            one["gate"] for one in self.promo("undo").get("waitingFor", [])] == ["Suspension"])
        return barred

    def test_signed_images_come_in_and_others_wait_until_they_are(self):
        one, two, three = (Images.web(tag) for tag in ("1.0.0", "2.0.0", "3.0.0"))
        index = Images.web("1.0.0", index=True)
        self.sign(one, "ci")
        self.sign(two, "ci", TAG)
        self.sign(index, "ci")
        self.fake.copy("good/signed", "2.0.0", two)
        self.fake.copy("good/signed", f"sha256-{two[7:]}.sig", f"sha256-{two[7:]}.sig")
        self.allow_keys()
        self.put_keys(ci=self.pem("ci"), qa=self.pem("qa"), old=self.pem("ci"))
        for name in ("shop", "multi"):
            self.begin(name, **keys("ci.pub"))
        self.begin("rotated", **keys("old.pub"))
        self.begin("stored", artifacts=[{"name": "web", "image": self.fake.image("good/signed")}], **keys("ci.pub"))
        for name, digest, to in (("bundle", one, "shop"), ("index", index, "multi"), ("first", one, "rotated"), ("blob", two, "stored")):
            self.make(by_digest(name, digest, to=to))
        for name, digest, to in (("bundle", two, "shop"), ("index", None, None), ("first", two, "rotated"), ("blob", None, None)):
            self.wait_phase(name, "Succeeded")
            if digest:
                self.make(by_digest(f"{to}-tag", digest, to=to))
        for to in ("shop", "rotated"):
            self.wait_phase(f"{to}-tag", "Succeeded")
            status = self.status(to)
            self.assertEqual(status["current"]["signaturePolicy"], status["history"][0]["signaturePolicy"])
        cluster.eventually("the pods before are gone", lambda: len(pods_of(self, self.namespace, ["shop", "rotated"])) == 2)
        with untouched(self, ["shop", "rotated"]):
            barred = self.make_wait(one, two, three)
        with untouched(self, ["rotated"]):
            self.sign(one, "qa", TAG)
            self.sign(three, "qa")
            self.sign(three, "ci", TAG)
            self.put_keys(ci=self.pem("ci"), qa=self.pem("qa"), old=self.pem("new"), late=self.pem("ci"))
            self.allow_keys(barred)
            self.wait_gate("undo", "is by no key of the channel")
        self.sign(one, "new")
        self.api.merge(cluster.channels(self.namespace, "rotated"), {"spec": {"suspended": False}})
        for name, namespace in (("unsigned", None), ("half", None), ("later", None), ("closed", barred), ("undo", None)):
            self.wait_phase(name, "Succeeded", namespace)
        wait_running(self, ["shop"], three)
        wait_running(self, ["rotated", "both", "late"], one)
        self.make(promotion("back", rollback={"to": "Previous"}))
        self.wait_phase("back", "Succeeded")
        wait_running(self, ["shop"], two)


if __name__ == "__main__":
    cluster.main()
