"""The registry room against docker-registry, with images that skopeo and umoci made and pushed. ASK is the path
of the program `ask`. The registries listen on loopback, keep their data in a temporary folder, and are ended by
their process ids."""

import base64
import crypt
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import asking

NEEDED = ("docker-registry", "skopeo", "umoci", "openssl")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, **options).stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """A docker-registry of our own. storage: the name of another one whose images it serves, too."""

    def __init__(self, folder, name, extra="", storage=None):
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.config = f"{folder}/{name}.yml"
        self.log = f"{folder}/{name}.log"
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(f"""version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {folder}/{storage or name}}}
  delete: {{enabled: true}}
http:
  addr: {self.host}
  secret: not-a-secret
{extra}""")
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", self.config], stdout=log, stderr=log)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log, encoding="utf-8") as log:
            raise AssertionError("docker-registry did not start: " + log.read()[-2000:])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def put(self, repository, tag, body, content_type):
        """Pushes a manifest as it is; returns its digest."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request("PUT", f"/v2/{repository}/manifests/{tag}", body, {"Content-Type": content_type})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 201:
            raise AssertionError(f"{repository}:{tag} was not taken: {answer.status} {text}")
        return "sha256:" + hashlib.sha256(body).hexdigest()

    def get(self, repository, reference):
        """The bytes of a manifest."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request("GET", f"/v2/{repository}/manifests/{reference}",
                           headers={"Accept": f"{MANIFEST}, {INDEX}, {DOCKER_MANIFEST}"})
        body = connection.getresponse().read()
        connection.close()
        return body


def make_image(folder, tag, text):
    """An OCI layout with one image of one file, made as a user would."""
    layout = f"{folder}/layout"
    if not os.path.exists(layout):
        run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:{tag}")
    source = f"{folder}/{tag}.txt"
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    run("umoci", "insert", "--rootless", "--image", f"{layout}:{tag}", source, "/text")
    return f"oci:{layout}:{tag}"


def push(image, target, *args):
    run("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", *args, image, f"docker://{target}")


class RealRegistry(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            raise AssertionError("not installed: " + ", ".join(missing))
        cls.folder = tempfile.mkdtemp(prefix="sluice-registry-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.open = Registry(cls.folder, "open")
        cls.addClassCleanup(cls.open.stop)
        cls.open.start()
        for tag in ("v1", "v2"):
            push(make_image(cls.folder, tag, f"this is {tag}\n"), f"{cls.open.host}/shop/web:{tag}")

    def one(self, registry, question, *args):
        return asking.ask("--insecure", registry.host, *args, f"{registry.host}/{question}")[0]

    def test_tags_and_digests_are_those_that_skopeo_sees(self):
        self.assertEqual(self.one(self.open, "shop/web").tags, ["v1", "v2"])
        for tag in ("v1", "v2"):
            seen = json.loads(run("skopeo", "inspect", "--tls-verify=false",
                                  f"docker://{self.open.host}/shop/web:{tag}"))["Digest"]
            answer = self.one(self.open, f"shop/web={tag}")
            self.assertEqual((answer.state, answer.digest, answer.kind), ("Known", seen, "image"), answer.text)
            again = self.one(self.open, f"shop/web={seen}")
            self.assertEqual((again.state, again.digest), ("Known", seen), again.text)

    def test_an_index_is_pinned_as_such(self):
        body = self.open.get("shop/web", "v1")
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [{
            "mediaType": MANIFEST, "size": len(body), "digest": "sha256:" + hashlib.sha256(body).hexdigest(),
            "platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
        digest = self.open.put("shop/web", "multi", index, INDEX)
        try:
            answer = self.one(self.open, "shop/web=multi")
            self.assertEqual((answer.digest, answer.kind), (digest, "index"), answer.text)
        finally:
            self.delete_tag("multi")

    def delete_tag(self, tag):
        """docker-registry deletes by digest only; its storage knows tags as folders."""
        shutil.rmtree(f"{self.folder}/open/docker/registry/v2/repositories/shop/web/_manifests/tags/{tag}")

    def test_a_docker_manifest(self):
        push(f"oci:{self.folder}/layout:v1", f"{self.open.host}/shop/docker:v1", "--format", "v2s2")
        answer = self.one(self.open, "shop/docker=v1")
        self.assertEqual((answer.state, answer.kind), ("Known", "image"), answer.text)

    def test_what_is_not_there(self):
        tag = self.one(self.open, "shop/web=v3")
        self.assertEqual((tag.error, tag.text),
                         ("NotFound", f"registry {self.open.host} has no shop/web:v3 (404)"))
        repository = self.one(self.open, "shop/nothing")
        self.assertEqual(repository.error, "NotFound")
        self.assertIn("has no shop/nothing (404): NAME_UNKNOWN", repository.text)
        digest = self.one(self.open, "shop/web=sha256:" + "0" * 64)
        self.assertEqual(digest.error, "NotFound")

    def test_a_moved_tag(self):
        push(f"oci:{self.folder}/layout:v1", f"{self.open.host}/shop/moving:latest")
        first = self.one(self.open, "shop/moving=latest").digest
        push(f"oci:{self.folder}/layout:v2", f"{self.open.host}/shop/moving:latest")
        second = self.one(self.open, "shop/moving=latest").digest
        self.assertEqual([first, second], [self.one(self.open, f"shop/web={tag}").digest for tag in ("v1", "v2")])

    def test_many_tags(self):
        push(f"oci:{self.folder}/layout:v1", f"{self.open.host}/shop/many:v0")
        body = self.open.get("shop/many", "v0")
        kind = json.loads(body).get("mediaType", MANIFEST)
        for i in range(1, 1200):
            self.open.put("shop/many", f"v{i}", body, kind)
        answer = self.one(self.open, "shop/many")
        self.assertEqual(sorted(answer.tags), sorted(f"v{i}" for i in range(1200)), answer.text)

    def test_basic_credentials(self):
        htpasswd = f"{self.folder}/htpasswd"
        with open(htpasswd, "w", encoding="utf-8") as file:
            file.write("reader:" + crypt.crypt("let-me-in", "$2b$05$" + "abcdefghijklmnopqrstuu") + "\n")
        registry = Registry(self.folder, "closed",
                            f"auth:\n  htpasswd: {{realm: test, path: {htpasswd}}}\n")
        registry.start()
        self.addCleanup(registry.stop)
        push(f"oci:{self.folder}/layout:v1", f"{registry.host}/shop/web:v1",
             "--dest-creds", "reader:let-me-in")
        want = self.one(self.open, "shop/web=v1").digest
        good = self.one(registry, "shop/web=v1", "--user", "reader", "--password", "let-me-in")
        self.assertEqual((good.state, good.digest), ("Known", want), good.text)
        self.assertEqual(self.one(registry, "shop/web", "--user", "reader", "--password", "let-me-in").tags, ["v1"])
        wrong = self.one(registry, "shop/web=v1", "--user", "reader", "--password", "guess")
        self.assertEqual(wrong.text, f"registry {registry.host} refused the credentials for shop/web:v1 (401): "
                                     "check pullSecretRef")
        nobody = self.one(registry, "shop/web")
        self.assertEqual(nobody.text, f"registry {registry.host} wants credentials for shop/web (401): "
                                      "set pullSecretRef")
        secret = f"{self.folder}/config.json"
        with open(secret, "w", encoding="utf-8") as file:
            json.dump({"auths": {"other.example.com": {"auth": "eDp5"}, registry.host: {
                "auth": base64.b64encode(b"reader:let-me-in").decode()}}}, file)
        by_secret = self.one(registry, "shop/web=v1", "--secret", secret)
        self.assertEqual((by_secret.state, by_secret.digest), ("Known", want), by_secret.text)

    def start(self, *args, **options):
        registry = Registry(self.folder, *args, **options)
        registry.start()
        self.addCleanup(registry.stop)
        return registry

    def test_tokens(self):
        with asking.token_server.running(self.folder, {"reader": "let-me-in"}) as tokens:
            registry = self.start("tokens", f"auth:\n  token: {{realm: '{tokens.realm}', service: \"{asking.token_server.SERVICE}\", "
                                  f"issuer: {asking.token_server.ISSUER}, rootcertbundle: {tokens.certificate}}}\n", storage="open")
            here = ("--ca-of", f"{tokens.host}={tokens.tls_certificate}")
            allowed = ("--realm-host", tokens.host, *here)
            reader = ("--user", "reader", "--password", "let-me-in")
            want = self.one(self.open, "shop/web=v1").digest

            good = self.one(registry, "shop/web=v1", *allowed, *reader)
            self.assertEqual((good.state, good.digest), ("Known", want), good.text)
            self.assertEqual(tokens.asked, [{"scope": ["repository:shop/web:pull"], "service": [asking.token_server.SERVICE],
                                             "user": "reader"}], "one token for HEAD and GET")
            self.assertEqual(self.one(registry, "shop/web", *allowed, *reader).tags, ["v1", "v2"])

            wrong = self.one(registry, "shop/web=v1", *allowed, "--user", "reader", "--password", "guess")
            self.assertEqual(wrong.text, f"token server {tokens.host} of registry {registry.host} refused the credentials for "
                                         "shop/web:v1 (401): check pullSecretRef")
            nobody = self.one(registry, "shop/web=v1", *allowed)
            self.assertEqual(nobody.text, f"token server {tokens.host} of registry {registry.host} wants credentials for "
                                          "shop/web:v1 (401): set pullSecretRef")
            tokens.grants = ("push",)  # a token, but not for this
            tokens.asked.clear()
            useless = self.one(registry, "shop/web=v1", *allowed, *reader)
            self.assertEqual((useless.error, len(tokens.asked)), ("Denied", 1), useless.text)
            self.assertIn(f"registry {registry.host} refused the credentials", useless.text)

            tokens.asked.clear()
            private = self.one(registry, "shop/web=v1", *here, *reader)
            self.assertIn("leads to a private address, which is not allowed here", private.text)
            unknown = self.one(registry, "shop/web=v1", "--realm-host", tokens.host, *reader)
            self.assertEqual(unknown.error, "Net", unknown.text)
            self.assertEqual(tokens.asked, [], "no password went where it may not go")

    def test_a_mirror(self):
        certificate, key = asking.token_server.make_certificate(self.folder, "mirror")
        origin = self.start("origin", storage="open")
        mirror = self.start("mirror", f"  tls: {{certificate: {certificate}, key: {key}}}\nproxy: {{remoteurl: 'http://{origin.host}'}}\n")
        args = ("--mirror", f"{origin.host}=https://{mirror.host}", "--ca-of", f"{mirror.host}={certificate}")
        want = self.one(self.open, "shop/web=v1").digest

        self.assertEqual(self.one(origin, "shop/web=v1", *args).digest, want)
        self.assertEqual(self.one(origin, "shop/web", *args).tags, ["v1", "v2"])
        origin.stop()
        alone = self.one(origin, "shop/web=v1", *args)
        self.assertEqual((alone.digest, alone.text), (want, ""), "the mirror has it")
        missing = self.one(origin, "shop/web=v9", *args)
        self.assertEqual(missing.error, "Net")
        self.assertRegex(missing.text, f"^registry {origin.host} gave no answer .*; its mirror: registry {mirror.host} ")
        origin.start()
        mirror.stop()
        self.assertEqual(self.one(origin, "shop/web=v1", *args).digest, want, "without the mirror, too")

    def test_tls(self):
        key, cert = f"{self.folder}/key.pem", f"{self.folder}/cert.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
        registry = Registry(self.folder, "tls", f"  tls: {{certificate: {cert}, key: {key}}}\n")
        registry.start()
        self.addCleanup(registry.stop)
        push(f"oci:{self.folder}/layout:v1", f"{registry.host}/shop/web:v1")
        good = asking.ask("--ca", cert, f"{registry.host}/shop/web=v1")[0]
        self.assertEqual(good.digest, self.one(self.open, "shop/web=v1").digest, good.text)
        self.assertEqual(asking.ask(f"{registry.host}/shop/web=v1")[0].error, "Net")

    def test_a_registry_that_goes_and_comes_back(self):
        registry = Registry(self.folder, "coming")
        registry.start()
        self.addCleanup(registry.stop)
        push(f"oci:{self.folder}/layout:v1", f"{registry.host}/shop/web:v1")
        registry.stop()
        gone = self.one(registry, "shop/web=v1")
        self.assertEqual(gone.error, "Net")
        asking_on = subprocess.Popen(
            [os.environ["ASK"], "--insecure", registry.host, "--rounds", "60", "--pause", "100",
             f"{registry.host}/shop/web=v1"], stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(1)
            registry.start()
            out, _ = asking_on.communicate(timeout=60)
        finally:
            if asking_on.poll() is None:
                asking_on.kill()
                asking_on.wait()
        self.assertEqual(out.split("\t")[1], "Known", out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
