"""The programs that are measured, one at a time: how each is started, when it is ready, and how it is asked."""

import http.client
import os
import signal
import subprocess
import tempfile
import time

import cluster
import operating
import process

CORE = {1}
PATIENCE_S = 180
PAUSE_SHARE = 0.01  # of the time since the start, between two questions
TUNED = "peer tuned"
LISTS = f"{TUNED}, lists"  # its library lets lists stream in through watches, unless it is told not to
WORKERS = 16  # as many reconciles at once as Sluice has
MANY = f"{TUNED}, {WORKERS} workers"
MEMORY_LIMIT = "384MiB"  # GOMEMLIMIT of the tuned peer: near to what lives it would collect without end, and that is CPU time


def _settle():
    os.sched_setaffinity(0, CORE)
    process.end_with_parent()


class Candidate:
    """name: in tables; side: sluice, peer or floor; argv(kubeconfig, port, identity) → the command line."""

    leads = True  # it has leader election, and reconciles

    def __init__(self, name, side, argv, environment=None, first_round_only=False, syncs_only=False):
        self.name, self.side, self._argv, self._environment = name, side, argv, environment or {}
        self.first_round_only, self.syncs_only = first_round_only, syncs_only

    def start(self, kubeconfig, port=18080, identity="one", environment=None):
        return Running(self, self._argv(kubeconfig, port, identity), port,
                       {**os.environ, "KUBECONFIG": kubeconfig, **self._environment, **(environment or {})})


class Reflectors(Candidate):
    leads = False


class Running:
    """One process on its own core, from the moment of its start."""

    def __init__(self, candidate, argv, port, environment):
        self.candidate, self.port = candidate, port
        self._log = tempfile.NamedTemporaryFile("w+", prefix="bench-", suffix=".log")
        # set before exec: a Go program asks once how many cores it has
        self.began = time.monotonic()
        self.process = subprocess.Popen(argv, stdout=self._log, stderr=self._log, env=environment,
                                        preexec_fn=_settle)
        self.pid = self.process.pid

    def _get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def is_ready(self):
        if not self.candidate.leads:
            return "synced" in self.log()
        return self._get(self.port + (self.candidate.side == "peer"), "/readyz")[0] == 200

    def metric(self, name):
        lines = self._get(self.port, "/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def is_leading(self):
        return self.metric("leader_election_master_status") == 1

    def wait(self, question, what, pause_s=0.005):
        """Seconds from the start until the answer is yes; to a hundredth, for who asks takes time of the apiserver's core."""
        while not question():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.candidate.name} ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() - self.began > PATIENCE_S:
                raise AssertionError(f"{self.candidate.name}: not {what} in {PATIENCE_S} s:\n{self.log()}")
            time.sleep(max(pause_s, PAUSE_SHARE * (time.monotonic() - self.began)))
        return time.monotonic() - self.began

    def log(self):
        self._log.flush()
        with open(self._log.name, errors="replace") as file:
            return file.read()[-4000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """By SIGTERM, as a kubelet does; a leader gives its Lease back."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if self.candidate.leads else signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()


def _sluice(binary):
    return lambda kubeconfig, port, identity: [
        binary, "--kubeconfig", kubeconfig, "--identity", identity, "--bind", f"127.0.0.1:{port}", "--namespace", "sluice-system",
        "--insecure-registry", operating.REGISTRY, "--log-level", "warn", "--leader-elect"]


def _peer(binary, *flags):
    return lambda kubeconfig, port, identity: [
        binary, "--kubeconfig", kubeconfig, "--metrics-bind-address", f"127.0.0.1:{port}",
        "--health-probe-bind-address", f"127.0.0.1:{port + 1}", *flags]


def all_of(programs):
    """programs: paths by name, as build.py gives them. The order is that of a round."""
    tuned = {"GOMEMLIMIT": MEMORY_LIMIT}
    return [
        Candidate("sluice", "sluice", _sluice(programs["sluice"])),
        Candidate("peer", "peer", _peer(programs["peer"]), first_round_only=True),
        Candidate(TUNED, "peer", _peer(programs["peer"], "--tuned"), tuned),
        Candidate(LISTS, "peer", _peer(programs["peer"], "--tuned"), {**tuned, "KUBE_FEATURE_WatchListClient": "false"}, syncs_only=True),
        Candidate(MANY, "peer", _peer(programs["peer"], "--tuned", "--workers", str(WORKERS)), tuned),
        Reflectors("kube-rs", "reflectors", lambda *_: [programs["kube-rs"]]),
    ]


def hold_lease(api):
    """Somebody else leads, for an hour; release_lease ends that."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    api.apply("/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/sluice", {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "sluice"},
        "spec": {"holderIdentity": "somebody else", "leaseDurationSeconds": 3600, "acquireTime": now, "renewTime": now, "leaseTransitions": 1}},
        manager="bench", force=True)


def release_lease(api):
    """As if nobody had ever led."""
    try:
        api.delete("/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/sluice")
    except cluster.ApiError as error:
        if error.code != 404:
            raise


def allocations(running, counter):
    """How often it has asked for memory: counted before glibc for C, by its own runtime for Go."""
    if running.candidate.side == "peer":
        return running.metric("go_memstats_mallocs_total")
    with open(counter, "rb") as file:
        return int.from_bytes(file.read(8), "little")
