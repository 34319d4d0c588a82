"""Builds what is measured, and weighs it."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = os.path.join(ROOT, "build", "side-by-side")
RELEASE = os.path.join(ROOT, "build", "release")
SLUICE = os.path.join(RELEASE, "controller", "sluice")
# kube-rs takes a quarter of an hour to build: what cargo makes outlives `make clean`
CARGO = os.path.join(os.environ.get("SLUICE_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME") or "/root", ".cache"), "sluice"), "bench-cargo")


def _run(argv, **options):
    subprocess.run(argv, check=True, stdout=sys.stderr, **options)


def build(wants_reflectors):
    """Paths by name. kube-rs is left out where there is no cargo, or when it is not wanted."""
    os.makedirs(FOLDER, exist_ok=True)
    if not os.path.exists(os.path.join(RELEASE, "build.ninja")):
        _run(["meson", "setup", "--buildtype=release", "-Dtests=false", RELEASE], cwd=ROOT)
    _run(["ninja", "-C", RELEASE, "controller/sluice"])
    programs = {"sluice": SLUICE, "peer": os.path.join(FOLDER, "peer"),
                "preload": os.path.join(FOLDER, "libmallocs.so")}
    _run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", programs["peer"], "."], cwd=os.path.join(HERE, "peer"),
         env={**os.environ, "CGO_ENABLED": "0"})
    _run(["gcc", "-O2", "-shared", "-fPIC", "-o", programs["preload"], os.path.join(HERE, "mallocs.c")])
    if wants_reflectors and shutil.which("cargo"):
        _run(["cargo", "build", "--release", "--locked", "--target-dir", CARGO], cwd=os.path.join(HERE, "kube-rs"))
        programs["kube-rs"] = os.path.join(CARGO, "release", "reflectors")
    return programs


def versions():
    """Of what is compared."""
    def first(*argv):
        return subprocess.run(argv, text=True, capture_output=True, check=True).stdout.splitlines()[0]
    with open(os.path.join(HERE, "peer", "go.mod")) as file:
        runtime = next(line.split()[1] for line in file if "controller-runtime" in line)
    with open(os.path.join(HERE, "kube-rs", "Cargo.lock")) as file:
        crates = file.read().split("[[package]]")
    reflectors = next(one.split('version = "')[1].split('"')[0] for one in crates if 'name = "kube"\n' in one)
    return {"Sluice": first(SLUICE, "--version").split()[1],
            "controller-runtime": f"{runtime}, {first('go', 'version').split()[2]}", "kube-rs": reflectors,
            "curl": first("curl", "--version").split()[1]}


def packed_mib(path):
    """The program alone in an image's layer, as it would be pulled."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as layer:
        layer.add(path, arcname="manager")
    return len(packed.getvalue()) / 2 ** 20


def image_mib(layout=os.path.join(ROOT, "build", "image")):
    """What is pulled of Sluice's image, from its OCI layout; None where `make image` has not been run."""
    try:
        def blob(digest):
            with open(os.path.join(layout, "blobs", *digest.split(":"))) as file:
                return json.load(file)
        with open(os.path.join(layout, "index.json")) as file:
            manifest = blob(json.load(file)["manifests"][0]["digest"])
        while "manifests" in manifest:
            manifest = blob(manifest["manifests"][0]["digest"])
        return sum(layer["size"] for layer in manifest["layers"]) / 2 ** 20
    except OSError:
        return None
