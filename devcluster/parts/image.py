"""Small container images, made with umoci and pushed with skopeo, without a container engine.

The same files and settings always give the same digest: every time stamp is fixed.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

from . import host, namespace, place as places
from .failure import Failure

TAG = "image"  # the name of the image inside its OCI layout
EPOCH = 1767225600  # 2026-01-01T00:00:00Z, the age of every file and image
EPOCH_TEXT = "2026-01-01T00:00:00Z"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclasses.dataclass
class Recipe:
    """What an image holds. `binary` becomes /<its name>; `rootfs` becomes /."""
    binary: str = None
    rootfs: str = None
    labels: dict = dataclasses.field(default_factory=dict)
    env: dict = dataclasses.field(default_factory=dict)
    entrypoint: list = None  # absent: the binary
    command: list = dataclasses.field(default_factory=list)
    user: str = "65532"
    workdir: str = None
    ports: list = dataclasses.field(default_factory=list)
    created: str = EPOCH_TEXT


def _run(argv):
    answer = subprocess.run(argv, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Failure(f"{os.path.basename(argv[0])} {' '.join(argv[1:4])} …: "
                      f"{(answer.stderr or answer.stdout).strip()}")
    return answer.stdout


def architecture():
    machine = os.uname().machine
    return ARCHITECTURES.get(machine, machine)


def skopeo(arguments, before=()):
    """Runs skopeo without asking the machine's own trust policy."""
    return _run([*before, host.find("skopeo"), "--insecure-policy", *arguments])


def _stage(recipe, target):
    """Copies what goes into the image, with fixed times."""
    if recipe.rootfs:
        if not os.path.isdir(recipe.rootfs):
            raise Failure(f"{recipe.rootfs} is not a folder.")
        shutil.copytree(recipe.rootfs, target, symlinks=True)
    else:
        os.mkdir(target)
    if recipe.binary:
        if not os.path.isfile(recipe.binary):
            raise Failure(f"{recipe.binary} is not a file.")
        program = os.path.join(target, os.path.basename(recipe.binary))
        shutil.copyfile(recipe.binary, program)
        os.chmod(program, 0o755)
    os.chmod(target, 0o755)
    for folder, folders, files in os.walk(target, topdown=False):
        for name in files + folders:
            os.utime(os.path.join(folder, name), (EPOCH, EPOCH), follow_symlinks=False)
    os.utime(target, (EPOCH, EPOCH))


def _settings(recipe):
    """umoci's words for the image's configuration."""
    entrypoint = recipe.entrypoint or ["/" + os.path.basename(recipe.binary or "")]
    words = ["--created", recipe.created, "--os", "linux", "--architecture", architecture(),
             "--config.user", recipe.user]
    for flag, values in (
            ("entrypoint", entrypoint), ("cmd", recipe.command),
            ("label", [f"{k}={v}" for k, v in sorted(recipe.labels.items())]),
            ("env", [f"{k}={v}" for k, v in sorted(recipe.env.items())]),
            ("exposedports", [f"{p}/tcp" for p in recipe.ports]),
            ("workingdir", [recipe.workdir] if recipe.workdir else [])):
        for value in values:
            words += ["--config." + flag, value]
    return words


def make_layout(layout, recipe):
    """Makes an OCI layout that holds the one image `TAG`."""
    umoci, image = host.find("umoci"), f"{layout}:{TAG}"
    history = ["--history.created", recipe.created]
    with tempfile.TemporaryDirectory(prefix="devcluster-image-") as work:
        staged = os.path.join(work, "root")
        _stage(recipe, staged)
        _run([umoci, "init", "--layout", layout])
        _run([umoci, "new", "--image", image])
        _run([umoci, "insert", "--image", image, *history, staged, "/"])
        _run([umoci, "config", "--image", image, *history, "--history.created_by", "devcluster",
              *_settings(recipe)])


def wrap_in_index(layout):
    """Puts an image index with one platform between the layout's name `TAG` and its image."""
    top_path = os.path.join(layout, "index.json")
    with open(top_path) as file:
        top = json.load(file)
    entry = next(m for m in top["manifests"]
                 if m["annotations"]["org.opencontainers.image.ref.name"] == TAG)
    manifest = {key: entry[key] for key in ("mediaType", "digest", "size")}
    manifest["platform"] = {"architecture": architecture(), "os": "linux"}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [manifest]},
                       separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(index).hexdigest()
    with open(os.path.join(layout, "blobs", "sha256", digest), "wb") as file:
        file.write(index)
    entry.update({"mediaType": INDEX_TYPE, "digest": "sha256:" + digest, "size": len(index)})
    with open(top_path, "w") as file:
        json.dump(top, file)


def push(place, layout, reference, registry=places.REGISTRY):
    """Pushes the layout's image to the cluster's registry; returns `registry/repository@digest`."""
    repository, _, _ = reference.rpartition(":")
    if not repository or "/" in reference.rpartition(":")[2]:
        raise Failure(f"'{reference}' has no tag: it has to be REPOSITORY:TAG")
    # The namespace knows the cluster's registry by this one name only.
    target = places.REGISTRY if registry in places.REGISTRY_NAMES else registry
    with tempfile.NamedTemporaryFile(prefix="devcluster-digest-") as digest:
        skopeo(["copy", "--all", "--preserve-digests", "--dest-tls-verify=false",
                "--digestfile", digest.name, f"oci:{layout}:{TAG}",
                f"docker://{target}/{reference}"], namespace.enter_network(place))
        with open(digest.name) as file:
            return f"{registry}/{repository}@{file.read().strip()}"


def build_and_push(place, reference, recipe, as_index=False, registry=places.REGISTRY):
    """Makes an image by the recipe and pushes it; returns `registry/repository@digest`."""
    if not recipe.binary and not recipe.rootfs:
        raise Failure("An image needs --binary or --rootfs.")
    if not recipe.binary and not recipe.entrypoint:
        raise Failure("An image from a --rootfs needs an --entrypoint.")
    with tempfile.TemporaryDirectory(prefix="devcluster-layout-") as work:
        layout = os.path.join(work, "layout")
        make_layout(layout, recipe)
        if as_index:
            wrap_in_index(layout)
        return push(place, layout, reference, registry)
