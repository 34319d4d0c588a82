"""The demo's images: three versions of the shop and its customer, and the operator's own."""

import dataclasses
import os
import subprocess
import sys

from kubectl import TREE
from teller import Failure

sys.path.insert(0, os.path.join(TREE, "devcluster"))
sys.path.insert(0, os.path.join(TREE, "image"))

import base  # noqa: E402: the path has to be set before
import operator_image  # noqa: E402
import store  # noqa: E402
from parts import image as oci  # noqa: E402

SOURCES = os.path.join(TREE, "demo", "web")
BUILD = os.path.join(TREE, "build", "demo")
OLD, FIRST, SECOND = "0.9.0", "1.0.0", "2.0.0"
HOME = "https://sluice.dev"
PORT = "8080"


@dataclasses.dataclass
class Registry:
    """Where the cluster pulls from, and where this machine pushes the same."""
    name: str
    push_name: str
    is_insecure: bool


def _git(*words, otherwise):
    done = subprocess.run(["git", "-C", TREE, *words], capture_output=True, text=True, check=False,
                          env={**os.environ, "TZ": "UTC"})
    return done.stdout.strip() or otherwise


def _compile(program, version):
    folder = os.path.join(BUILD, version)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, program)
    done = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-static", "-s", f'-DVERSION="{version}"', "-o", target,
                           os.path.join(SOURCES, program + ".c")], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"gcc could not build {program}:\n{done.stderr}")
    return target


def _labels(program, version):
    return {"org.opencontainers.image.title": program, "org.opencontainers.image.version": version,
            "org.opencontainers.image.revision": _git("rev-parse", "HEAD", otherwise="unknown"),
            "org.opencontainers.image.source": _git("config", "--get", "remote.origin.url", otherwise=HOME),
            "org.opencontainers.image.created": _created()}


def _created():
    """When the sources were committed: the same sources give the same image."""
    return _git("log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", otherwise=oci.EPOCH_TEXT)


def _layout(program, version):
    return os.path.join(BUILD, version, program + ".oci")


def make_shop():
    """Builds every image of the shop as an OCI layout."""
    for program, version in (("web", OLD), ("web", FIRST), ("web", SECOND), ("customer", FIRST)):
        layout = _layout(program, version)
        subprocess.run(["rm", "-rf", layout], check=True)
        oci.make_layout(layout, oci.Recipe(binary=_compile(program, version), labels=_labels(program, version),
                                           ports=[PORT] if program == "web" else [], created=_created()))


def push_shop(registry, program, version):
    """Pushes one version; returns its digest."""
    target = f"docker://{registry.push_name}/shop/{program}:{version}"
    with_digest = os.path.join(BUILD, version, program + ".digest")
    done = subprocess.run(["skopeo", "--insecure-policy", "copy", "--preserve-digests", "--digestfile", with_digest,
                           f"--dest-tls-verify={'false' if registry.is_insecure else 'true'}",
                           f"oci:{_layout(program, version)}:{oci.TAG}", target], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{target} could not be pushed:\n{done.stderr.strip()}")
    with open(with_digest) as file:
        return file.read().strip()


def make_operator(say):
    """Builds the operator's image from the Dockerfile; returns it in words."""
    try:
        kept = store.Store()
        base.ensure(kept, say)
        operator_image.build(kept, operator_image.LAYOUT, lambda text: None)
        return operator_image.describe(operator_image.LAYOUT)
    except store.Failure as failure:
        raise Failure(str(failure)) from failure


def push_operator(registry):
    """Pushes the operator's image; returns `repository@digest` as the cluster pulls it."""
    try:
        pushed = operator_image.push(operator_image.LAYOUT, f"{registry.push_name}/sluice", registry.is_insecure)
    except store.Failure as failure:
        raise Failure(str(failure)) from failure
    return f"{registry.name}/sluice@{pushed.rpartition('@')[2]}"
