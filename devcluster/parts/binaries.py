"""The cluster's binaries, built by `go build` from the pins in modules/ into a cache."""

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from . import host
from .failure import Failure

KUBERNETES = "1.37.2"
MODULES_FOLDER = os.path.join(host.HERE, "modules")
PAUSE_SOURCE = os.path.join(host.HERE, "pause.c")
PAUSE_IMAGE = "sluice.dev/pause:1"
_VERSION = "k8s.io/component-base/version"
_KUBERNETES_LDFLAGS = (f"-s -w -X {_VERSION}.gitVersion=v{KUBERNETES} -X {_VERSION}.gitMajor=1 "
                       f"-X {_VERSION}.gitMinor={KUBERNETES.split('.')[1]}")

# name: (link flags, what it builds)
MODULES = {
    "control-plane": (_KUBERNETES_LDFLAGS, [
        "server", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy",
        "kubelet", "kubectl", "kubemark"]),
    "node": ("-s -w", ["containerd", "containerd-shim-runc-v2", "ctr"]),
    "coredns": ("-s -w", ["coredns"]),
    "metrics-server": ("-s -w", ["metrics-server"]),
}
# The same for programs that no cluster needs, but tests beside one do: built when they are asked for.
TOOLS = {
    "cosign": ("-s -w", ["cosign"]),
}
RENAMED = {"server": "etcd"}  # etcd's main package is called server
HEARTBEAT_SECONDS = 30


def cache_root():
    base = os.environ.get("SLUICE_CACHE") or os.environ.get("XDG_CACHE_HOME") or \
        os.path.join(os.environ.get("HOME") or "/root", ".cache")
    return os.path.join(os.path.abspath(base), "sluice", "devcluster")


def _add_pins(digest, name, ldflags):
    digest.update(f"{name}\0{ldflags}\0".encode())
    for file in ("go.mod", "go.sum"):
        with open(os.path.join(MODULES_FOLDER, name, file), "rb") as stream:
            digest.update(stream.read() + b"\0")


def pins_hash():
    """Twelve hex digits over everything that decides what the binaries are."""
    digest = hashlib.sha256()
    for name, (ldflags, _) in MODULES.items():
        _add_pins(digest, name, ldflags)
    with open(PAUSE_SOURCE, "rb") as stream:
        digest.update(stream.read())
    return digest.hexdigest()[:12]


def folder():
    """Where the binaries are, or will be."""
    return os.path.join(cache_root(), pins_hash(), "bin")


def path(binary):
    return os.path.join(folder(), binary)


def pause_archive():
    return os.path.join(cache_root(), pins_hash(), "pause.tar")


def are_built():
    return os.path.exists(pause_archive())  # the last thing made, and moved in with all the others


def _version_tuple(text):
    return tuple(int(n) for n in re.findall(r"\d+", text)[:3])


def _needed_go():
    lines = []
    for name in [*MODULES, *TOOLS]:  # what is in the tree needs no newer one
        with open(os.path.join(MODULES_FOLDER, name, "go.mod")) as file:
            lines += re.findall(r"^go ([0-9.]+)$", file.read(), re.MULTILINE)
    return max(lines, key=_version_tuple)


def find_go():
    """The go command, new enough for every pin."""
    needed = _needed_go()
    go = host.find("go") or (os.access("/usr/local/go/bin/go", os.X_OK) and "/usr/local/go/bin/go")
    if not go:
        raise Failure(f"Go {needed} or newer is needed to build the cluster's binaries, and there "
                      "is no go in the PATH nor in /usr/local/go/bin: see https://go.dev/dl/")
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, env=env,
                            check=False)
    found = answer.stdout.strip()
    if _version_tuple(found) < _version_tuple(needed):
        raise Failure(f"Go {needed} or newer is needed to build the cluster's binaries; {go} is "
                      f"{found or answer.stderr.strip()}: see https://go.dev/dl/")
    return go


def problems():
    """What stands in the way of having the binaries, as sentences."""
    try:
        if not are_built():
            find_go()
    except Failure as failure:
        return [str(failure)]
    return []


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _run_with_heartbeat(argv, env, cwd, log_path, label):
    """Runs a command into a log; says every half minute that it still runs. Returns its status."""
    began = said = time.monotonic()
    with open(log_path, "wb") as log:
        child = subprocess.Popen(argv, env=env, cwd=cwd, stdout=log, stderr=log,
                                 stdin=subprocess.DEVNULL, preexec_fn=lambda: os.nice(5))
        try:
            while child.poll() is None:
                time.sleep(0.2)
                if time.monotonic() - said >= HEARTBEAT_SECONDS:
                    said = time.monotonic()
                    _say(f"{label} … {said - began:.0f} s")
        except BaseException:
            child.terminate()
            child.wait()
            raise
    return child.returncode


def _go_environment():
    """go.mod and go.sum say everything."""
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off",
           "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath", "GO111MODULE": "on"}
    for unwanted in ("GOOS", "GOARCH"):
        env.pop(unwanted, None)
    return env


def _build_go(go, label, folder, words, work):
    """`go build` in the folder of a module."""
    log = os.path.join(work, "build.log")
    status = _run_with_heartbeat([go, "build", *words], _go_environment(), folder, log, label)
    if status != 0:
        with open(log, errors="replace") as file:
            tail = "".join(file.readlines()[-20:])
        raise Failure(f"{label}: go build ended with exit status {status}:\n{tail}")


def _build_module(go, name, label, target, work):
    ldflags, binaries = {**MODULES, **TOOLS}[name]
    began = time.monotonic()
    _say(f"{label} {name}: {', '.join(RENAMED.get(b, b) for b in binaries)}")
    _build_go(go, f"{label} {name}", os.path.join(MODULES_FOLDER, name),
              ["-ldflags", ldflags, "-o", target + "/", "tool"], work)
    for built, wanted in RENAMED.items():
        if built in binaries:
            os.rename(os.path.join(target, built), os.path.join(target, wanted))
    _say(f"{label} {name}: done in {time.monotonic() - began:.0f} s")


def _build_pause(work):
    """The image every pod starts with: one static program, as an archive for containerd."""
    from . import image  # here, since image.py needs this module's paths
    program = os.path.join(work, "pause")
    subprocess.run([host.find("gcc"), "-Os", "-s", "-static", "-Wall", "-Wextra", "-Werror",
                    "-o", program, PAUSE_SOURCE], check=True)
    layout = os.path.join(work, "pause-layout")
    image.make_layout(layout, image.Recipe(binary=program, entrypoint=["/pause"], user="65535"))
    image.skopeo(["copy", f"oci:{layout}:{image.TAG}",
                  f"docker-archive:{os.path.join(work, 'pause.tar')}:{PAUSE_IMAGE}"])
    shutil.rmtree(layout)
    os.unlink(program)


@contextlib.contextmanager
def _one_build_at_a_time():
    os.makedirs(cache_root(), exist_ok=True)
    with open(os.path.join(cache_root(), "lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Waiting for another build of the cluster's binaries to end.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build():
    """Builds everything that is not in the cache yet. All of it appears at once, or nothing."""
    if are_built():
        return folder()
    go = find_go()
    with _one_build_at_a_time():
        if are_built():
            return folder()
        _say(f"Building the binaries of a Kubernetes {KUBERNETES} cluster into {folder()}.\n"
             "The first time takes ten to fifteen minutes on two cores; it is done once for "
             "these pins.")
        began = time.monotonic()
        for stale in glob.glob(os.path.join(cache_root(), "building-*")):
            shutil.rmtree(stale, ignore_errors=True)
        work = tempfile.mkdtemp(prefix="building-", dir=cache_root())
        try:
            os.mkdir(os.path.join(work, "bin"))
            for number, name in enumerate(MODULES, 1):
                _build_module(go, name, f"[{number}/{len(MODULES)}]",
                              os.path.join(work, "bin"), work)
            _build_pause(work)
            os.chmod(work, 0o755)
            shutil.rmtree(os.path.dirname(folder()), ignore_errors=True)
            os.rename(work, os.path.dirname(folder()))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _say(f"The binaries are built: {time.monotonic() - began:.0f} s.")
    return folder()


def tool_path(name):
    """Where a program of TOOLS is, or will be."""
    digest = hashlib.sha256()
    _add_pins(digest, name, TOOLS[name][0])
    return os.path.join(cache_root(), f"{name}-{digest.hexdigest()[:12]}", name)


def tool(name):
    """The path of a program of TOOLS, which is built when it is not in the cache yet."""
    return _cached(tool_path(name), lambda go, work: _build_module(go, name, "[1/1]", work, work))


def program(folder):
    """The path of a program whose source is the Go module in that folder; built when its text has changed."""
    digest, name = hashlib.sha256(), os.path.basename(folder)
    for file in sorted(glob.glob(os.path.join(folder, "*.go")) + glob.glob(os.path.join(folder, "go.*"))):
        with open(file, "rb") as stream:
            digest.update(os.path.basename(file).encode() + b"\0" + stream.read() + b"\0")

    def make(go, work):
        _build_go(go, name, folder, ["-ldflags", "-s -w", "-o", work + "/", "."], work)
    return _cached(os.path.join(cache_root(), f"{name}-{digest.hexdigest()[:12]}", name), make)


def passes(folder):
    """Do the Go module's own tests pass? They say so themselves."""
    return all(subprocess.run([find_go(), word, "./..."], cwd=folder, env=_go_environment(),
                              check=False).returncode == 0 for word in ("vet", "test"))


def _cached(path, make):
    """The path, whose folder make(go, work) has filled when it was not there: whole, or not at all."""
    if os.path.exists(path):
        return path
    go = find_go()
    with _one_build_at_a_time():
        if os.path.exists(path):
            return path
        work = tempfile.mkdtemp(prefix="building-", dir=cache_root())
        try:
            make(go, work)
            os.chmod(work, 0o755)
            shutil.rmtree(os.path.dirname(path), ignore_errors=True)
            os.rename(work, os.path.dirname(path))
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return path
