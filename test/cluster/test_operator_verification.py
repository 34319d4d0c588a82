"""Verification by metrics, with a real Prometheus that wants TLS and a password and scrapes a figure that the test sets."""

import base64
import crypt
import http.server
import os
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import WEB, Case, Images, by_digest, channel, promotion, workload  # noqa: E402

PORT, FIGURE_PORT = 19090, 19091
URL = f"https://127.0.0.1:{PORT}"


class Figure:
    """A target for Prometheus to scrape: shop_ok, as large as the test says; None: it is not there."""

    def __init__(self):
        self.value = 1
        figure = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(f"shop_ok {figure.value}\n".encode())

            def log_message(self, *_):
                pass
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", FIGURE_PORT), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def finish(self):
        self._server.shutdown()
        self._server.server_close()


class Prometheus:
    """The program of Debian's package, with a certificate of our own and one user: reader, whose password is sesame."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-prometheus-")
        self.path = self._folder.name
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.path}/key.pem", "-out", f"{self.path}/cert.pem"],
                       check=True, capture_output=True)
        password = crypt.crypt("sesame", "$2b$05$" + "abcdefghijklmnopqrstuu")
        self._write("web.yml", f"tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{reader: '{password}'}}\n")
        self._write("prometheus.yml", "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: shop\n  static_configs:\n"
                                      f"  - targets: ['127.0.0.1:{FIGURE_PORT}']\n")
        self._log = open(f"{self.path}/log", "w+")
        self._process = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--web.config.file=web.yml", "--storage.tsdb.path=data",
             f"--web.listen-address=127.0.0.1:{PORT}"], cwd=self.path, stdout=self._log, stderr=self._log)

    def _write(self, name, text):
        with open(f"{self.path}/{name}", "w") as file:
            file.write(text)

    def authority(self):
        with open(f"{self.path}/cert.pem") as file:
            return file.read()

    def ask(self, query):
        return subprocess.run(["curl", "-s", "--cacert", f"{self.path}/cert.pem", "-u", "reader:sesame", f"{URL}/api/v1/query",
                               "--data-urlencode", f"query={query}"], capture_output=True, text=True).stdout

    def finish(self):
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
        self._folder.cleanup()


class Verification(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.figure, cls.prometheus = Figure(), Prometheus()
        cls.addClassCleanup(cls.prometheus.finish)
        cls.addClassCleanup(cls.figure.finish)

    def setUp(self):
        super().setUp()
        self.one, self.two = Images.web("1.0.0"), Images.web("2.0.0")
        cluster.kubectl("-n", self.namespace, "apply", "-f", os.path.join(cluster.ROOT, "deploy", "secrets-rolebinding.yaml"))
        self.make_secret("prometheus-read", password="sesame")
        self.show(1)
        self.make(workload("Deployment", replicas=1))

    def make_secret(self, name, password):
        entries = {"username": "reader", "password": password, "ca.crt": self.prometheus.authority()}
        self.api.create(f"/api/v1/namespaces/{self.namespace}/secrets", {"metadata": {"name": name}, "data": {
            key: base64.b64encode(text.encode()).decode() for key, text in entries.items()}})

    def show(self, value):
        """From now on Prometheus has this figure."""
        self.figure.value = value
        cluster.eventually("Prometheus has scraped it", lambda: f'"{value}"' in self.prometheus.ask("shop_ok"))

    def metric(self, query="shop_ok", secret="prometheus-read", **more):
        return {"name": "ok", "prometheus": {"url": URL, "query": query, "credentialsRef": {"name": secret}},
                "interval": "1s", "success": {"min": 1}, **more}

    def make_channel(self, *metrics):
        self.make(channel(verification={"metrics": list(metrics)}))

    def result(self):
        return self.status().get("verification", {})

    def test_a_release_that_stands_it_is_verified_and_one_that_does_not_goes_back(self):
        self.make_channel(self.metric(count=3))
        self.make(by_digest("first", self.one))
        self.wait_phase("first", "Verifying")
        self.wait_phase("first", "Succeeded")
        verified = self.wait_condition("Verified", "Measured")
        self.assertIn("ok 3 of 3", verified["message"])
        result = self.result()
        self.assertEqual((result["result"], result["metrics"][0]["passed"]), ("Passed", 3))
        self.assertEqual([one["value"] for one in result["metrics"][0]["measurements"]], ["1", "1", "1"])
        self.show(0)
        self.make(by_digest("second", self.two))
        status = self.wait_phase("second", "Failed")
        self.assertIn("metric ok failed (failureLimit is 0), the last time: 0", self.message(status))
        self.assertEqual([one["name"] for one in status["steps"]], ["Resolve", "Upstream", "RollOut", "Verify"])
        self.wait_condition("Ready", "Running")
        self.assertEqual(self.image(), f"{WEB}@{self.one}")
        cluster.eventually("all pods run version 1", lambda: self.running_digests() == {self.one})
        bad = next(one for one in self.status()["verified"] if one["release"] == status["release"]["id"])
        self.assertTrue(bad["revoked"])

    @staticmethod
    def two_series(other):
        """shop_ok, and the other one."""
        return f'shop_ok or label_replace({other}, "other", "yes", "", "")'

    def test_what_gives_no_number_never_passes(self):
        inconclusive = "was inconclusive (inconclusiveLimit is 0), the last time: "
        rows = [("no data", self.metric("nothing_of_the_kind"), "the query gave no data"),
                ("not a number", self.metric("shop_ok * 0 / 0"), inconclusive + "NaN"),
                ("two series, of which one is not a number", self.metric(self.two_series("shop_ok * 0 / 0")), inconclusive + "1, NaN"),
                ("two series, of which one is between the bounds", self.metric(self.two_series("shop_ok / 2"), failure={"max": 0}),
                 inconclusive + "1, 0.5"),
                ("a wrong query", self.metric("sum(", consecutiveErrorLimit=0), "parse error"),
                ("a wrong password", self.metric(secret="wrong", consecutiveErrorLimit=0), "refuses us (401): look at credentialsRef"),
                ("no secret", self.metric(secret="absent", consecutiveErrorLimit=0), "credentialsRef absent"),
                ("nobody there", {**self.metric(consecutiveErrorLimit=0), "prometheus": {"url": "https://127.0.0.1:1", "query": "up"}}, "127.0.0.1:1"),
                ("http", {**self.metric(consecutiveErrorLimit=0), "prometheus": {"url": "http://127.0.0.1:1", "query": "up"}}, "http is not allowed")]
        self.make_secret("wrong", password="open")
        self.make(channel())
        for i, (sentence, metric, part) in enumerate(rows):
            with self.subTest(sentence):
                self.api.merge(cluster.channels(self.namespace, "shop"), {"spec": {"verification": {"metrics": [metric]}}})
                self.make(by_digest(f"try-{i}", self.one))
                self.assertIn(part, self.message(self.wait_phase(f"try-{i}", "Failed")))

    def test_measured_once_more_on_request_it_loses_its_mark_and_gets_it_back(self):
        self.make_channel(self.metric())
        self.make(by_digest("first", self.one))
        self.wait_phase("first", "Succeeded")
        downstream = channel("later", upstream={"channels": [{"namespace": self.namespace, "name": "shop"}]}, workloads=[
            {"kind": "Deployment", "name": "later", "containers": {"web": "web"}}])
        self.make(workload("Deployment", "later", "later", replicas=1))
        self.show(0)
        cluster.kubectl("-n", self.namespace, "annotate", "rch/shop", "sluice.dev/verify=once")
        self.wait_condition("Verified", "Revoked", true=False)
        self.assertEqual(self.image(), f"{WEB}@{self.one}")
        self.make(downstream)
        self.make(promotion("onward", to="later", **{"from": {"namespace": self.namespace, "channel": "shop"}}))
        cluster.eventually("nothing downstream takes it", lambda: [
            one["gate"] for one in self.promo("onward").get("waitingFor", [])] == ["Upstream"])
        self.show(1)
        cluster.kubectl("-n", self.namespace, "annotate", "--overwrite", "rch/shop", "sluice.dev/verify=twice")
        self.wait_condition("Verified", "Measured")
        self.wait_phase("onward", "Succeeded")


if __name__ == "__main__":
    cluster.main()
