#!/usr/bin/python3
"""Makes the signatures of this folder anew, by the real cosign: data/make.py COSIGN

An image is pushed to a docker-registry and signed with the keys ci and qa in both formats, and attested with ci. What the
registry then answers is kept: a file for each document, and in `routes` a line "path type file" for each. Private keys are
thrown away. Needs docker-registry, skopeo, umoci and openssl; no network.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = "127.0.0.1:5977"  # also in test_signature.c and scene.h
NAME = "shop/web"
TYPES = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
QUIET = ["--use-signing-config=false", "--tlog-upload=false", "--yes"]  # no transparency log


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ, "COSIGN_PASSWORD": ""}, **options).stdout


def get(path):
    with urllib.request.urlopen(urllib.request.Request(f"http://{HOST}{path}", headers={"Accept": TYPES})) as answer:
        return answer.headers["Content-Type"], answer.read()


class Keeper:
    """Writes down what the registry answers."""

    def __init__(self):
        self.routes = []

    def keep(self, path, file):
        kind, body = get(path)
        with open(os.path.join(HERE, file), "wb") as out:
            out.write(body)
        self.routes.append(f"{path} {kind} {file}\n")
        return json.loads(body)

    def keep_blob(self, digest, file):
        return self.keep(f"/v2/{NAME}/blobs/{digest}", file)


def sign(cosign, folder):
    config = f"{folder}/config.yml"
    with open(config, "w") as file:
        file.write(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/store}}}}\nhttp: {{addr: '{HOST}'}}\n")
    registry = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        run("umoci", "init", "--layout", f"{folder}/image")
        run("umoci", "new", "--image", f"{folder}/image:v1")
        run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{folder}/image:v1", f"docker://{HOST}/{NAME}:v1")
        digest = run("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{HOST}/{NAME}:v1").strip()
        image = f"{HOST}/{NAME}@{digest}"
        with open(f"{folder}/predicate.json", "w") as file:
            file.write('{"tested": true}')
        for name in ("ci", "qa"):
            run(cosign, "generate-key-pair", "--output-key-prefix", name, cwd=folder)
            os.replace(f"{folder}/{name}.pub", os.path.join(HERE, f"{name}.pub"))
            for form in ("--new-bundle-format=true", "--new-bundle-format=false"):
                run(cosign, "sign", "--key", f"{folder}/{name}.key", form, *QUIET, image)
        run(cosign, "attest", "--key", f"{folder}/ci.key", "--predicate", f"{folder}/predicate.json", "--type", "custom", *QUIET, image)
        keep(digest)
    finally:
        registry.terminate()
        registry.wait()


def keep(digest):
    keeper, tag = Keeper(), f"/v2/{NAME}/manifests/{digest.replace(':', '-')}"
    with open(os.path.join(HERE, "digest"), "w") as file:
        file.write(digest)
    for number, one in enumerate(keeper.keep(tag, "referrers.json")["manifests"], 1):
        layer = keeper.keep(f"/v2/{NAME}/manifests/{one['digest']}", f"bundle-{number}.manifest.json")["layers"][0]
        keeper.keep_blob(layer["digest"], f"bundle-{number}.json")
    for number, layer in enumerate(keeper.keep(f"{tag}.sig", "payloads.manifest.json")["layers"], 1):
        keeper.keep_blob(layer["digest"], f"payload-{number}.json")
        with open(os.path.join(HERE, f"payload-{number}.sig"), "w") as file:
            file.write(layer["annotations"]["dev.cosignproject.cosign/signature"])
    with open(os.path.join(HERE, "routes"), "w") as file:
        file.writelines(keeper.routes)


def make_other_keys():
    kinds = {"p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "ed25519": ["ED25519"]}
    for name, words in kinds.items():
        private = run("openssl", "genpkey", "-algorithm", *words)
        with open(os.path.join(HERE, f"{name}.pub"), "w") as file:
            file.write(run("openssl", "pkey", "-pubout", input=private))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sign(os.path.abspath(sys.argv[1]), folder)
    make_other_keys()
