"""Where CPU time goes while a benchmark runs: the apiserver's as its own profiler tells it, an operator's as perf does."""

import collections
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading

import cluster

# Of a stack: the first of these of which a function is in it. The order is from what may be called anywhere to what calls it.
WORK = (
    ("collecting garbage", r"runtime\.(gcBgMarkWorker|gcAssistAlloc|bgsweep|bgscavenge|gcStart|gcMarkDone)"),
    ("server-side apply", r"structured-merge-diff|managedfields"),
    ("admission", r"pkg/admission/|cel-go|apiserver/pkg/cel"),
    ("schemas of custom resources", r"apiextensions-apiserver/pkg/(apiserver/(schema|validation)|registry/customresource)"),
    ("making JSON", r"serializer/json|encoding/json|json-iterator|/json\.Marshal"),
    ("other encoding and decoding", r"runtime/serializer|yaml"),
    ("copying objects", r"DeepCopy"),
    ("the audit log", r"apiserver/(pkg|plugin/pkg)/audit"),
    ("etcd's client", r"go\.etcd\.io/|google\.golang\.org/grpc|storage/etcd3"),
    ("watch cache", r"storage/cacher|tools/cache"),
    ("TLS and HTTP", r"crypto/tls|golang\.org/x/net/http2|net/http\.|internal/poll|syscall\."),
    ("its scheduler", r"runtime\.(schedule|findRunnable|mcall|park_m|sysmon|mstart)"),
)
REST = "the rest"
SECTION = re.compile(r"^-+\+-+$", re.M)
VALUE = re.compile(r"^\s*([0-9.]+)ms\s+(.*)$")


def work_of(functions):
    return next((name for name, pattern in WORK if any(re.search(pattern, function) for function in functions)), REST)


def read_traces(text):
    """Milliseconds by work, out of what `go tool pprof -traces -unit=ms` says: a section for each stack, with its time before the first function."""
    found = collections.Counter()
    for section in SECTION.split(text)[1:]:
        lines = section.strip().splitlines()
        first = next((k for k, line in enumerate(lines) if VALUE.match(line)), None)
        if first is None:
            continue
        spent, function = VALUE.match(lines[first]).groups()
        found[work_of([function, *(line.strip() for line in lines[first + 1:])])] += float(spent)
    return found


def read_objects(text):
    """Shares by object of the file system, out of what `perf report --sort dso` says."""
    found = collections.Counter()
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].endswith("%"):
            found["kernel" if words[1].startswith("[") else words[1]] += float(words[0][:-1])
    return found


def shares(found, least=0.02):
    """As a sentence has them: the greatest first, and what is small together."""
    whole = sum(found.values())
    if not whole:
        return ""
    told = [(name, spent / whole) for name, spent in collections.Counter(found).most_common() if name != REST and spent / whole >= least]
    rest = 1 - sum(share for _, share in told)
    return ", ".join(f"{share:.0%} {name}".replace("%", " %") for name, share in [*told, (REST, rest)] if share >= 0.005)


@contextlib.contextmanager
def of_apiserver(seconds, ret_found):
    """Its CPU time of so many seconds from now (fewer than the 60 that an answer may take), into ret_found, by work. Returns when they are over,
    whatever was done meanwhile."""
    def fetch():
        api = cluster.api()
        try:
            kept.append(api.get_bytes(f"/debug/pprof/profile?seconds={seconds}"))
        finally:
            api.close()
    kept = []
    thread = threading.Thread(target=fetch)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    with tempfile.NamedTemporaryFile(prefix="bench-", suffix=".pprof") as file:
        file.write(kept[0])
        file.flush()
        told = subprocess.run(["go", "tool", "pprof", "-traces", "-unit=ms", file.name], text=True, capture_output=True, check=True).stdout
    ret_found.update(read_traces(told))


@contextlib.contextmanager
def of_process(pid, ret_found):
    """The CPU time of a process meanwhile, into ret_found: its own program, each library, the kernel."""
    with tempfile.TemporaryDirectory(prefix="bench-perf-") as folder:
        data = os.path.join(folder, "data")
        perf = subprocess.Popen(["perf", "record", "-q", "-F", "2000", "-o", data, "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield
        finally:
            perf.send_signal(signal.SIGINT)
            said = perf.communicate()[1].decode()
        if not os.path.exists(data):
            raise AssertionError(f"perf has recorded nothing: {said}")
        told = subprocess.run(["perf", "report", "-i", data, "--stdio", "-q", "--sort", "dso"], text=True, capture_output=True, check=True).stdout
    ret_found.update(read_objects(told))
