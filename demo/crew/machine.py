"""What this machine must have before anything is started."""

import os
import shutil
import subprocess

from kubectl import TREE
from teller import Failure

DEVCLUSTER = os.path.join(TREE, "devcluster", "devcluster")
INSTALL = os.path.join(TREE, "packages", "install")

_NEEDS = """\
`make demo` needs root, and would do this with it:
- install the Debian packages of packages/build.txt, packages/image.txt and devcluster/packages.txt that are missing;
- keep a cache of built binaries and images in ~/.cache/sluice (5 GB with Go's own; SLUICE_CACHE names another folder);
- start a cluster in a network namespace, cgroups and /var/lib/sluice-devcluster of its own, which `make demo-down` removes.
It needs Go and gcc as well. Nothing has been started. In a cluster of your own it needs no root:
    make demo KUBECONFIG=FILE REGISTRY=HOST/PATH IMAGE=HOST/PATH@sha256:…    (see demo/README.md)"""


def _find(command):
    return shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/local/go/bin:/usr/local/sbin:/usr/sbin:/sbin")


def _install(*lists):
    if subprocess.run([INSTALL, *lists], check=False).returncode != 0:
        raise Failure("Without these packages the demo can not run.")


def require_for_own_cluster():
    """Root, Go and gcc first; then the packages are installed."""
    if os.geteuid() != 0:
        raise Failure(_NEEDS)
    missing = [command for command in ("go", "gcc", "apt-get") if _find(command) is None]
    if missing:
        raise Failure(f"Not found in the PATH: {', '.join(missing)}. The cluster's binaries are built with Go and the images with "
                      "gcc, on Debian 12. Nothing has been started.")
    _install("build", "image", "devcluster")
    _devcluster_check()


def _devcluster_check():
    done = subprocess.run([DEVCLUSTER, "check"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(done.stderr.strip())


def require_for_foreign_cluster(builds_operator):
    """The tools to make and push images; kubectl has to be there already."""
    missing = [command for command in ("kubectl", "gcc") if _find(command) is None]
    if missing:
        raise Failure(f"Not found in the PATH: {', '.join(missing)}. Nothing has been started.")
    if builds_operator and os.geteuid() != 0:
        raise Failure("Building the operator's image without a container engine needs root. As an ordinary user, build and push it "
                      "with Docker or Podman and name it: IMAGE=HOST/PATH/sluice@sha256:…  Nothing has been started.")
    _install("demo", *(["build", "image"] if builds_operator else []))
