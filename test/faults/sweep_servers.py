"""What the operator asks beside the apiserver: a registry and a Prometheus, in threads of the harness.

They stand at the same addresses in every run, for an image's name is part of a release's id.
"""

import base64
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import cluster

sys.path.append(os.path.join(cluster.ROOT, "test", "fake"))
import listener  # noqa: E402
import registry  # noqa: E402

REGISTRY = "127.0.0.1:5100"
PROMETHEUS = "127.0.0.1:5101"
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"


def image(name):
    return f"{REGISTRY}/good/{name}"


class _Handler(registry.Handler):
    """Blobs as well: payloads of signatures."""

    def serve(self, url):
        _, found, digest = urllib.parse.unquote(url.path).rpartition("/blobs/")
        document = self.state.documents.get(digest) if found else None
        if document:
            self.answer(200, document[1], document[0])
        else:
            super().serve(url)


def _listen(server):
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()


class Registry:
    """Any digest that build() has made is in every repository."""

    def __init__(self):
        self._server = registry.create(["--listen", REGISTRY, "--log", os.devnull])
        self._server.RequestHandlerClass = _Handler
        _listen(self._server)

    def build(self, seed, name="web", tag="unused"):
        """The digest of the image that this seed makes; now under that tag as well."""
        return self._server.state.push(f"good/{name}", tag, seed.encode(), False)

    def untag(self, name, tag):
        self._server.state.tags.get(f"good/{name}", {}).pop(tag, None)

    def attach(self, digest, signer, name="web"):
        """A signature of the image, as cosign's older format has it."""
        payload = json.dumps({"critical": {"identity": {"docker-reference": image(name)}, "type": "cosign container image signature",
                                           "image": {"docker-manifest-digest": digest}}, "optional": None}).encode()
        layer = {"mediaType": PAYLOAD, "size": len(payload), "digest": registry.digest_of(payload),
                 "annotations": {"dev.cosignproject.cosign/signature": base64.b64encode(signer.sign(payload)).decode()}}
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2, "digest": registry.digest_of(b"{}")}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": registry.MANIFEST, "config": config, "layers": [layer]}).encode()
        state = self._server.state
        with state.lock:
            state.documents[layer["digest"]] = (PAYLOAD, payload)
            state.documents[registry.digest_of(manifest)] = (registry.MANIFEST, manifest)
            state.tags.setdefault(f"good/{name}", {})[digest.replace(":", "-") + ".sig"] = registry.digest_of(manifest)

    def detach(self, digest, name="web"):
        self.untag(name, digest.replace(":", "-") + ".sig")


class Signer:
    """A key pair on P-256."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-signer-")
        self._key = os.path.join(self._folder.name, "key.pem")
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self._key)
        self.public = self._openssl("ec", "-in", self._key, "-pubout").decode()

    @staticmethod
    def _openssl(*words, text=None):
        return subprocess.run(["openssl", *words], input=text, check=True, capture_output=True).stdout

    def sign(self, payload):
        return self._openssl("dgst", "-sha256", "-sign", self._key, text=payload)


class Prometheus:
    """Answers each query with the value that was set for it; a query that was not set, with no sample."""

    def __init__(self):
        self.values = values = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                query = urllib.parse.parse_qs(body)["query"][0]
                result = [{"metric": {}, "value": [time.time(), str(values[query])]}] if query in values else []
                text = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass
        host, _, port = PROMETHEUS.partition(":")
        _listen(listener.Listener((host, int(port)), Handler))

