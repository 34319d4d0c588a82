"""The registry room over real sockets, against test/fake/registry.py: each way to misbehave, what is said of
it, how many requests it costs, and how soon it ends. ASK is the path of the program `ask`."""

import concurrent.futures
import json
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import asking

# behaviour → (class, words) for a list of tags and for a digest
BAD = {
    "down": ("Net", "gave no answer for {what}: "),
    "denied": ("Denied", "wants credentials for {what} (401): set pullSecretRef"),
    "forbidden": ("Denied", "forbids access to {what} (403)"),
    "missing": ("NotFound", "has no {what} (404)"),
    "busy": ("Busy", "limits requests and asks to wait 30s, asked for {what} (429)"),
    "trouble": ("Busy", "is in trouble: it answered 503 for {what}"),
    "html": ("Input", 'answered for {what} with "text/html", which is not '),
    "elsewhere": ("Input", "leads to another host"),
    "realm": ("Input", "names a token server without TLS, http://169.254.169.254"),
}


# Where a hostile registry would like us to go with a password: sentence → realm ({port} is a trap's on loopback) and words.
REALMS = {
    "loopback": ("https://127.0.0.1:{port}/token", "leads to a private address"),
    "another address of loopback": ("https://127.8.9.10:{port}/token", "leads to a private address"),
    "loopback by name": ("https://localhost:{port}/token", "leads to a private address"),
    "loopback as IPv6 has it": ("https://[::1]:{port}/token", "leads to a private address"),
    "loopback as IPv4 within IPv6": ("https://[::ffff:127.0.0.1]:{port}/token", "leads to a private address"),
    "loopback as one number": ("https://2130706433:{port}/token", "leads to a private address"),
    "loopback as a hexadecimal number": ("https://0x7f000001:{port}/token", "leads to a private address"),
    "no address at all": ("https://0.0.0.0:{port}/token", "leads to a private address"),
    "the cloud's metadata": ("https://169.254.169.254/latest/token", "leads to a private address"),
    "a link-local address": ("https://[fe80::1]/token", "leads to a private address"),
    "a private address": ("https://10.0.0.1/token", "leads to a private address"),
    "loopback without TLS": ("http://127.0.0.1:{port}/token", "names a token server without TLS"),
    "the cloud's metadata without TLS": ("http://169.254.169.254/latest/token", "names a token server without TLS"),
    "another host without TLS": ("http://auth.example.com/token", "names a token server without TLS"),
    "a user name in front": ("https://auth.example.com@127.0.0.1:{port}/token", "names an unusable token server"),
    "a backslash": ("https://auth.example.com\\\\@127.0.0.1:{port}/token", "names an unusable token server"),
    "a fragment": ("https://127.0.0.1:{port}/token#x", "names an unusable token server"),
    "a file": ("file:///etc/passwd", "names an unusable token server"),
}


class Trap:
    """A port on loopback, IPv4 and IPv6, that nobody may knock at."""

    def __init__(self):
        self.server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.server.setblocking(False)
        self.port = self.server.getsockname()[1]

    def was_touched(self):
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()


class OverNetwork(unittest.TestCase):

    def one(self, registry, question, *args):
        return asking.ask("--insecure", registry.host, *args, f"{registry.host}/{question}")[0]

    def test_good_answers(self):
        with asking.running() as registry:
            image = registry.push("good/web", "v1", "one")
            index = registry.push("good/web", "v2", "two", is_index=True)
            first = self.one(registry, "good/web=v1")
            self.assertEqual((first.state, first.digest, first.kind), ("Known", image, "image"))
            second = self.one(registry, "good/web=v2")
            self.assertEqual((second.state, second.digest, second.kind), ("Known", index, "index"))
            by_digest = self.one(registry, f"good/web={index}")
            self.assertEqual((by_digest.state, by_digest.digest), ("Known", index))
            self.assertEqual(self.one(registry, "good/web").tags, ["v1", "v2"])
            for request in registry.requests("good/web"):
                self.assertRegex(request["agent"], r"^sluice/\d")
                self.assertEqual(request["authorization"], "")

    def test_registries_with_gaps(self):
        with asking.running() as registry:
            for behaviour in ("nodigest", "nohead"):
                digest = registry.push(f"{behaviour}/web", "v1", behaviour)
                self.assertEqual(self.one(registry, f"{behaviour}/web=v1").digest, digest, behaviour)

    def test_pages(self):
        with asking.running() as registry:
            tags = [f"v{i:02}" for i in range(20)]
            for tag in tags:
                registry.push("paged/web", tag, tag)
            self.assertEqual(self.one(registry, "paged/web").tags, tags)
            self.assertEqual(len(registry.requests("paged/web")), 7)

    def test_every_misbehaviour_is_told(self):
        for behaviour, (error, words) in BAD.items():
            for question, what in ((f"{behaviour}/web", "{}/web"), (f"{behaviour}/web=v1", "{}/web:v1")):
                with self.subTest(question), asking.running() as registry:
                    registry.push("elsewhere/web", "v1", "x")
                    answer = self.one(registry, question)
                    self.assertEqual((answer.state, answer.error), ("Failed", error), answer.text)
                    self.assertIn(words.format(what=what.format(behaviour)), answer.text)
                    self.assertIn(f"registry {registry.host}", answer.text)
                    self.assertGreater(answer.wait_ms, 0)

    def test_a_digest_that_lies(self):
        with asking.running() as registry:
            answer = self.one(registry, "liar/web=v1")
            self.assertEqual(answer.error, "Input")
            self.assertRegex(answer.text, "the bytes hash to sha256:[0-9a-f]{64}, but the registry's "
                                          "Docker-Content-Digest says sha256:a{64}")
            self.assertEqual(answer.digest, "")

    def test_long_bodies_are_cut_off_early(self):
        for behaviour in ("endless", "gigabyte"):
            for question in (f"{behaviour}/web", f"{behaviour}/web=v1"):
                with self.subTest(question), asking.running() as registry:
                    start = time.monotonic()
                    answer = self.one(registry, question)
                    self.assertEqual(answer.error, "Input", answer.text)
                    self.assertRegex(answer.text, r"with more than \d+ bytes; cut off")
                    self.assertLess(time.monotonic() - start, 10)
                    time.sleep(0.2)  # for the server's thread to see that nobody listens
                    sent = [r["sent"] for r in registry.requests(f"{behaviour}/web", "GET")]
                    self.assertEqual(len(sent), 1, "one GET, and it is over")
                    self.assertLess(sent[0], 32 << 20, "socket buffers and the limit, no more")

    def test_patience_ends(self):
        with asking.running() as registry:
            start = time.monotonic()
            answers = asking.ask("--insecure", registry.host, "--timeout", "1500", *(
                f"{registry.host}/{question}" for question in
                ("drip/web", "drip/web=v1", "silent/web", "silent/web=v1")))
            for answer in answers:
                self.assertEqual(answer.error, "Net", answer)
            self.assertGreater(time.monotonic() - start, 1.4)
            self.assertLess(time.monotonic() - start, 10)

    def test_a_server_that_is_not_there(self):
        registry = asking.Registry()
        registry.close()
        answer = self.one(registry, "good/web=v1")
        self.assertEqual(answer.error, "Net")
        self.assertIn(f"registry {registry.host} gave no answer for good/web:v1", answer.text)

    def test_plain_http_is_not_spoken_unasked(self):
        with asking.running() as registry:
            registry.push("good/web", "v1", "one")
            answer = asking.ask(f"{registry.host}/good/web=v1")[0]
            self.assertEqual(answer.error, "Net")
            self.assertEqual(registry.requests("good/web"), [])

    def test_basic_credentials(self):
        with asking.running("--user", "user", "--password", "pass") as registry:
            digest = registry.push("basic/web", "v1", "one")
            good = ("--user", "user", "--password", "pass")
            self.assertEqual(self.one(registry, "basic/web=v1", *good).digest, digest)
            self.assertEqual({r["authorization"] for r in registry.requests("basic/web")}, {"Basic"})
            answer = self.one(registry, "basic/web", "--user", "user", "--password", "guess")
            self.assertEqual(answer.text, f"registry {registry.host} refused the credentials for basic/web "
                                          "(401): check pullSecretRef")

    def test_tokens(self):
        with asking.running("--user", "user", "--password", "pass") as registry:
            digest = registry.push("token/web", "v1", "one")
            answer = self.one(registry, "token/web=v1", "--user", "user", "--password", "pass")
            self.assertEqual((answer.digest, answer.text), (digest, ""))
            self.assertEqual([r["authorization"] for r in registry.requests("token/web")],
                             ["Basic", "Bearer", "Bearer"])
            anonymous = self.one(registry, "token/web=v1")
            self.assertEqual(anonymous.error, "Denied")
            self.assertIn("token server", anonymous.text)

    def test_a_realm_at_a_private_address_is_not_asked(self):
        with asking.running() as target:
            realm = f"https://{target.host}/token"
            with asking.running("--realm", realm) as registry:
                answer = self.one(registry, "realm/web=v1")
                self.assertEqual(answer.error, "Input", answer.text)
                self.assertIn(f"token server {target.host} of registry {registry.host} gave no answer",
                              answer.text)
                self.assertIn("leads to a private address, which is not allowed here", answer.text)

    def test_no_realm_leads_a_password_to_where_it_may_not_go(self):
        for sentence, (realm, words) in REALMS.items():
            with self.subTest(sentence), Trap() as trap, asking.running("--realm", realm.format(port=trap.port)) as registry:
                answer = self.one(registry, "realm/web=v1", "--user", "user", "--password", "pass")
                self.assertEqual(answer.error, "Input", answer.text)
                self.assertIn(words, answer.text)
                self.assertNotIn("dXNlcjpwYXNz", answer.text)
                self.assertFalse(trap.was_touched(), "a connection was made")

    def test_nobody_is_followed_to_another_host(self):
        for behaviour, question in (("elsewhere", "elsewhere/web"), ("elsewhere", "elsewhere/web=v1"), ("moved", "moved/web=v1")):
            for scheme in ("http", "https"):
                with self.subTest(question), Trap() as trap, \
                        asking.running("--elsewhere", f"{scheme}://127.0.0.1:{trap.port}", "--user", "user", "--password", "pass") as registry:
                    registry.push("elsewhere/web", "v1", "x")
                    answer = self.one(registry, question, "--user", "user", "--password", "pass")
                    self.assertEqual(answer.error, "Input", answer.text)
                    self.assertRegex(answer.text, "leads to another host|answered 302 .* is not followed")
                    self.assertFalse(trap.was_touched(), "a connection was made")

    def test_a_mirror_is_asked_first_and_as_itself(self):
        with tempfile.TemporaryDirectory() as folder, asking.running("--user", "user", "--password", "pass") as registry, \
                asking.running("--user", "reader", "--password", "word") as mirror:
            secret = f"{folder}/config.json"
            with open(secret, "w", encoding="utf-8") as file:
                json.dump({"auths": {registry.host: {"username": "user", "password": "pass"},
                                     mirror.host: {"username": "reader", "password": "word"}}}, file)
            args = ("--insecure", mirror.host, "--mirror", f"{registry.host}=http://{mirror.host}", "--secret", secret)
            only_here = registry.push("basic/web", "v1", "one")
            both = registry.push("basic/web", "v2", "two")
            mirror.push("basic/web", "v2", "two")
            self.assertEqual(self.one(registry, "basic/web=v2", *args).digest, both)
            self.assertEqual(registry.requests("basic/web"), [], "the mirror had it")
            self.assertEqual({r["status"] for r in mirror.requests("basic/web")}, {200})
            self.assertEqual(self.one(registry, "basic/web=v1", *args).digest, only_here)
            self.assertEqual({r["status"] for r in registry.requests("basic/web")}, {200})

    def test_a_password_of_the_registry_does_not_go_to_its_mirror(self):
        with asking.running("--user", "user", "--password", "pass") as registry, asking.running() as mirror:
            digest = registry.push("basic/web", "v1", "one")
            for behaviour in ("basic", "token", "denied", "missing"):
                mirror.control("PUT", "behaviour/basic/web", behaviour)
                answer = self.one(registry, "basic/web=v1", "--user", "user", "--password", "pass", "--insecure", mirror.host,
                                  "--mirror", f"{registry.host}=http://{mirror.host}")
                self.assertEqual(answer.digest, digest, answer.text)
            seen = mirror.requests("basic/web") + mirror.requests("")  # its token server, too
            self.assertNotIn("Basic", {r["authorization"] for r in seen})
            self.assertGreaterEqual(len(seen), 4)

    def test_one_poll_for_each_interval(self):
        with asking.running() as registry:
            registry.push("good/web", "v1", "one")
            start = time.monotonic()
            self.one(registry, "good/web", "--rounds", "25", "--pause", "100", "--age", "1000")
            took_s = time.monotonic() - start
            times = [r["time"] for r in registry.requests("good/web")]
            self.assertGreaterEqual(len(times), 3)
            self.assertLessEqual(len(times), 1 + took_s)
            for earlier, later in zip(times, times[1:]):
                self.assertGreater(later - earlier, 0.95)

    def test_what_has_not_changed_is_not_sent_again(self):
        with asking.running() as registry:
            digest = registry.push("etag/manifest", "v1", "one")
            registry.push("etag/list", "v1", "one")
            for repository, tag, wanted in (("etag/list", "", ["v1"]), ("etag/manifest", "=v1", digest)):
                answer = self.one(registry, repository + tag, "--rounds", "3", "--pause", "1100", "--age", "1000")
                self.assertEqual((answer.state, answer.text), ("Known", ""))
                self.assertEqual(answer.tags or answer.digest, wanted)
                statuses = [r["status"] for r in registry.requests(repository, "GET")]
                self.assertEqual((statuses[0], set(statuses[1:])), (200, {304}))

    def test_a_moved_tag(self):
        with asking.running() as registry:
            first = registry.push("good/web", "latest", "one")
            self.assertEqual(self.one(registry, "good/web=latest").digest, first)
            second = registry.control("PUT", "tags/good/web/latest", "two")["digest"]
            self.assertNotEqual(first, second)
            self.assertEqual(self.one(registry, "good/web=latest").digest, second)
            registry.control("DELETE", "tags/good/web/latest")
            self.assertEqual(self.one(registry, "good/web=latest").error, "NotFound")

    def test_retry_after_is_obeyed(self):
        with asking.running("--retry-after", "3") as registry, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            registry.push("good/web", "v1", "one")
            registry.control("PUT", "behaviour/good/web", "busy")
            # looks every 100 ms; the registry is well again right after the first one
            asked = pool.submit(self.one, registry, "good/web", "--rounds", "45", "--pause", "100", "--age", "60000")
            while not registry.requests("good/web") and not asked.done():
                time.sleep(0.01)
            registry.control("PUT", "behaviour/good/web", "")
            self.assertEqual(asked.result().tags, ["v1"])
            times = [r["time"] for r in registry.requests("good/web")]
            self.assertEqual(len(times), 2)
            self.assertGreaterEqual(times[1] - times[0], 2.95)

    def test_one_bad_repository_does_not_stop_the_others(self):
        with asking.running() as registry:
            digest = registry.push("good/web", "v1", "one")
            answers = asking.ask("--insecure", registry.host, *(
                f"{registry.host}/{question}" for question in
                ("html/a", "down/b=v1", "gigabyte/c", "liar/d=v1", "good/web=v1", "missing/e")))
            self.assertEqual([a.error for a in answers], ["Input", "Net", "Input", "Input", "None", "NotFound"])
            self.assertEqual(answers[4].digest, digest)

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, cert = f"{folder}/key.pem", f"{folder}/cert.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
                            "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                           check=True, capture_output=True)
            with asking.running("--cert", cert, "--key", key) as registry:
                digest = registry.push("good/web", "v1", "one")
                question = f"{registry.host}/good/web=v1"
                self.assertEqual(asking.ask("--ca", cert, question)[0].digest, digest)
                unknown = asking.ask(question)[0]
                self.assertEqual(unknown.error, "Net")
                self.assertRegex(unknown.text, "certificate|SSL|TLS")
                name = f"localhost:{registry.host.split(':')[1]}/good/web=v1"
                self.assertEqual(asking.ask("--ca", cert, name)[0].error, "Net", "the name is not in the certificate")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
