"""The image debian:bookworm-slim, made with debootstrap where no registry of images can be reached."""

import os
import shutil
import tempfile

from store import run

NAME = "docker.io/library/debian:bookworm-slim"
SUITE = "bookworm"
SOURCES = "/etc/apt/sources.list.d/debian.sources"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _first_mirror():
    """The machine's own mirror of Debian; none leaves the choice to debootstrap."""
    if os.path.exists(SOURCES):
        with open(SOURCES) as file:
            for line in file:
                if line.startswith("URIs:"):
                    return line.split()[1:2]
    return []


def _keep_sources(root):
    """Updates and security updates come from where this machine has them from."""
    if os.path.exists(SOURCES):
        shutil.copy(SOURCES, os.path.join(root, SOURCES[1:]))
        os.remove(os.path.join(root, "etc/apt/sources.list"))


def ensure(store, say):
    """Makes the base once; afterwards it is in the store."""
    if store.has(NAME):
        return
    say("Making the base image with debootstrap: half a minute, the first time only.")
    with tempfile.TemporaryDirectory(prefix="sluice-base-") as root:
        run(["debootstrap", "--variant=minbase", f"--keyring={KEYRING}", SUITE, root, *_first_mirror()])
        _keep_sources(root)
        shutil.rmtree(os.path.join(root, "var/cache/apt/archives"))
        container = store.buildah("from", "scratch").strip()
        try:
            store.buildah("add", container, root, "/")
            store.buildah("config", "--cmd", "bash", container)
            store.buildah("commit", container, NAME)
        finally:
            store.buildah("rm", container)
