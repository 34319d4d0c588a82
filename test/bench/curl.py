"""The floor: what curl takes for the same lists, for the same PATCHes on one connection, and for a watch whose changes are answered at once."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

import yaml

import candidate
import cluster

LISTS = [
    cluster.GROUP + "/releasechannels?", cluster.GROUP + "/promotions?", cluster.GROUP + "/channelstops?",
    *[f"/apis/apps/v1/{plural}?labelSelector=sluice.dev%2Fchannel&" for plural in ("deployments", "statefulsets", "daemonsets")],
    "/apis/batch/v1/cronjobs?labelSelector=sluice.dev%2Fchannel&",
    "/api/v1/configmaps?fieldSelector=metadata.name%3Dsluice-pins&",
    "/apis/autoscaling/v2/horizontalpodautoscalers?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dsluice&",
    "/api/v1/services?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dsluice&",
    "/api/v1/pods?labelSelector=sluice.dev%2Fno-release%3Dtrue&", "/api/v1/namespaces?labelSelector=sluice.dev%2Fguard%3Doff&",
    *[f"/apis/admissionregistration.k8s.io/v1/{kind}admissionpolic{end}?fieldSelector=metadata.name%3D{name}&"
      for kind, name in (("mutating", "sluice-pin-guard"), ("validating", "sluice-who-may")) for end in ("ies", "ybindings")],
]


END = b"initial-events-end"
PATIENCE_S = 60
PAGE = 10000  # of objects, as large as Sluice asks for: the largest size of the benchmark fits


def _on_core():
    os.sched_setaffinity(0, candidate.CORE)


class Curl:
    """curl with the operator's own account; every run is one process on the candidate's core."""

    def __init__(self, kubeconfig):
        self.kubeconfig = kubeconfig
        with open(kubeconfig) as file:
            config = yaml.safe_load(file)
        self._folder = tempfile.TemporaryDirectory(prefix="bench-curl-")
        self.server = config["clusters"][0]["cluster"]["server"]
        self._keep("ca", config["clusters"][0]["cluster"]["certificate-authority-data"])
        self._keep("cert", config["users"][0]["user"]["client-certificate-data"])
        self._keep("key", config["users"][0]["user"]["client-key-data"])

    def _path(self, name):
        return os.path.join(self._folder.name, name)

    def _keep(self, name, data):
        with open(self._path(name), "wb") as file:
            file.write(base64.b64decode(data))

    def _start(self, entries, flags, **streams):
        """One curl over these entries of its configuration; each but the first begins with next."""
        # by its own name the apiserver indents what it answers, as for a reader (isPrettyPrint in k8s.io/apiserver): in a profile a fifth of its work
        common = f'user-agent = "bench"\ncacert = "{self._path("ca")}"\ncert = "{self._path("cert")}"\nkey = "{self._path("key")}"\nsilent\nshow-error\nfail\nno-progress-meter\nno-buffer\n'
        with open(self._path("config"), "w") as file:
            file.write("next\n".join(common + entry for entry in entries))
        return subprocess.Popen(["curl", *flags, "--config", self._path("config")], preexec_fn=_on_core, **streams)

    def _run(self, entries, *flags):
        """Its seconds and CPU seconds."""
        began = time.monotonic()
        said = 'output = "/dev/null"\nwrite-out = "%{http_code} %{url}\\n"\n'
        process = self._start([entry + said for entry in entries], flags, stdout=subprocess.PIPE)
        codes = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            refused = "\n".join(line for line in codes.splitlines() if not line.startswith("2"))
            raise AssertionError(f"curl ended with {process.returncode}:\n{refused}")
        return time.monotonic() - began, usage.ru_utime + usage.ru_stime

    def lists(self):
        """All lists that the operator needs, at once over one connection, asked for as it does: a page of each kind. Of two kinds sixty objects
        are on a second page, which is left out."""
        return self._run([f'url = "{self.server}{path}limit={PAGE}"\n' for path in LISTS], "--parallel")

    def watches(self):
        """Seconds until the streams of all kinds have said that what there is has been told."""
        query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=300"
        began = time.monotonic()
        streams = self._start([f'url = "{self.server}{path}{query}"\n' for path in LISTS], ["--parallel"], stdout=subprocess.PIPE)
        ends, tail = 0, b""
        while ends < len(LISTS):
            piece = os.read(streams.stdout.fileno(), 1 << 20)
            if not piece:
                raise AssertionError(f"curl ended with {streams.wait()} after {ends} of {len(LISTS)} streams")
            tail += piece
            ends += tail.count(END)
            tail = tail[-len(END) + 1:] if tail.count(END) == 0 else tail[tail.rindex(END) + len(END):]
            if time.monotonic() - began > PATIENCE_S:
                raise AssertionError(f"{ends} of {len(LISTS)} streams in {PATIENCE_S} s")
        seconds = time.monotonic() - began
        streams.kill()
        streams.wait()
        streams.stdout.close()
        return seconds

    @contextlib.contextmanager
    def echoing(self, path, version):
        """Meanwhile each change since that version, as a watch brings it, is answered by echo.py."""
        stream = self._start([f'url = "{self.server}{path}watch=1&resourceVersion={version}&timeoutSeconds=300"\n'], [], stdout=subprocess.PIPE)
        echo = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "echo.py"), self.kubeconfig],
                                preexec_fn=_on_core, stdin=stream.stdout)
        stream.stdout.close()
        try:
            yield
        finally:
            stream.kill()
            stream.wait()
            if echo.wait():
                raise AssertionError(f"the echo ended with {echo.returncode}")

    def patches(self, bodies):
        """bodies: (path, dictionary). Server-side applies, one after the other on one connection."""
        entries = []
        for k, (path, body) in enumerate(bodies):
            with open(self._path(f"body-{k}"), "w") as file:
                json.dump(body, file)
            entries.append(f'url = "{self.server}{path}?fieldManager=sluice&force=true"\nrequest = "PATCH"\n'
                           f'header = "Content-Type: application/apply-patch+yaml"\ndata-binary = "@{self._path(f"body-{k}")}"\n')
        return self._run(entries)
