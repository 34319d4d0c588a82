"""The operator's image: the Dockerfile's result as an OCI layout."""

import json
import os
import shutil
import subprocess

from store import run

TREE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
LAYOUT = os.path.join(TREE, "build", "image")
NAME = "localhost/sluice"
STAGES = ("packages", "build")
TAG = "latest"


def _revision():
    done = subprocess.run(["git", "-C", TREE, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def build(store, layout, say):
    say("Building the operator's image from the Dockerfile.")
    bud = ["bud", "--isolation", "chroot", "--pull-never", "--layers", "--format", "oci"]
    for stage in STAGES:
        store.buildah(*bud, "--target", stage, "--tag", f"{NAME}:{stage}", TREE)
    store.buildah(*bud, "--build-arg", f"REVISION={_revision()}", "--tag", f"{NAME}:{TAG}", TREE)
    # A build that failed leaves the container that it failed in, and that its images.
    store.buildah("rm", "--all")
    # The stages have names, so that of what earlier sources left nothing stays but what this build would use again.
    store.buildah("rmi", "--prune")
    shutil.rmtree(layout, ignore_errors=True)
    os.makedirs(os.path.dirname(layout), exist_ok=True)
    store.buildah("push", f"{NAME}:{TAG}", f"oci:{layout}:{TAG}")


def _blob(layout, digest):
    return os.path.join(layout, "blobs", *digest.split(":"))


def _manifest(layout):
    with open(os.path.join(layout, "index.json")) as file:
        digest = json.load(file)["manifests"][0]["digest"]
    with open(_blob(layout, digest)) as file:
        return digest, json.load(file)


def describe(layout):
    """Its digest and sizes, in words."""
    digest, manifest = _manifest(layout)
    packed = sum(layer["size"] for layer in manifest["layers"])
    unpacked = sum(int(run(["sh", "-c", f"gzip -dc '{_blob(layout, layer['digest'])}' | wc -c"]))
                   for layer in manifest["layers"])
    return f"{digest}, {packed / 1e6:.1f} MB to pull, {unpacked / 1e6:.1f} MB unpacked"


def push(layout, repository, is_insecure=False, before=()):
    """Pushes the layout; returns REPOSITORY@DIGEST. `before` are words that enter a network."""
    run([*before, "skopeo", "--insecure-policy", "copy", "--preserve-digests",
         f"--dest-tls-verify={'false' if is_insecure else 'true'}",
         f"oci:{layout}:{TAG}", f"docker://{repository}:{TAG}"])
    return f"{repository}@{_manifest(layout)[0]}"
