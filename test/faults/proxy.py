"""The proxy between one operator and the real apiserver, from a test's side.

    with Proxy() as proxy:
        operator = Operator(kubeconfig=proxy.kubeconfig).start()
        rule = proxy.rule({"method": "PATCH", "resource": "promotions", "nth": 2}, {"kind": "hold", "at": "reply"})
        ...
        record = rule.wait_held()
        operator.kill()
        rule.drop()
        print(proxy.writes())

A match (what is absent matches anything; a word may be a list of words):
    method, resource (plural), namespace, name, subresource ("" is the object itself), watch (bool),
    list (true: a page of a list of all namespaces), write (true: changes an object, and no Lease nor Event; no dry run),
    type (of a watch's event),
    nth (from the n-th that matches on; once, unless times says how often), times

An action on a request (the first rule whose turn it is acts; all rules that match count):
    {"kind": "hold", "at": "request"}   kept back before it is passed on; release() lets it go on, drop() closes the connection
    {"kind": "hold", "at": "reply"}     done by the apiserver, the reply is kept back (a mutating request)
    {"kind": "hold", "at": "next"}      the reply goes out, and every request that comes later is kept back (a mutating request)
    {"kind": "answer", "code": 503, "headers": {}, "body": "…", "repeat": n}   instead of the apiserver; "base64" for what is no text
    {"kind": "garbage"}                 200 and no JSON ("body": which)
    {"kind": "never"}                   no answer
    {"kind": "drop"}                    the connection is closed, the apiserver hears nothing
    {"kind": "delay", "ms": n}          passed on so much later
    {"kind": "cut", "byte": n}          the reply's body is reset after so many bytes
    {"kind": "drip", "bytes_per_s": n}  the reply's body comes drop by drop (ten times a second; at less than 10, byte by byte)
    {"kind": "headers", "headers": {}}  the reply has these as well
    {"kind": "goaway"}                  GOAWAY goes out with the reply
An action on an event of a watch (bookmarks only where "type" names them):
    {"kind": "freeze"}                  kept back, with all later ones of that object (and bookmarks) until release();
                                        "lists": true: lists tell what was told before, too, in one page, as a stale server would
    {"kind": "lose"}, {"kind": "repeat", "repeat": n}, {"kind": "reorder"} (behind the next event, before a bookmark)
    {"kind": "expire"}                  instead of it ERROR 410, in the stream; which ends
    and, where the match has a "type": {"kind": "cut", "byte": n} (within its line), {"kind": "delay", "ms": n},
    {"kind": "garbage", "body": "…"} (a line before it)

What mutates an object is always passed on to its end, also when the operator has died meanwhile: so the record says what
came of it. Leases are requests like others: "write" leaves them out. A class of one process: not for several threads.
"""

import base64
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
for folder in (os.path.join(ROOT, "devcluster"), os.path.join(ROOT, "test", "cluster")):
    if folder not in sys.path:
        sys.path.insert(0, folder)
import cluster  # noqa: E402
from parts import binaries  # noqa: E402

SOURCE = os.path.join(HERE, "proxy")
PATIENCE_S = 60


class Rule:
    """What was told to the proxy. It ends by release() or drop(), or with the proxy."""

    def __init__(self, proxy, number):
        self._proxy, self.number = proxy, number
        self.held, self.hits = queue.Queue(), queue.Queue()  # records of requests; of events that a rule freezes

    def wait_held(self, patience_s=PATIENCE_S):
        """The record of the request that is held (the next one, if several are)."""
        return self._proxy.wait(self.held, f"a request is held by rule {self.number}", patience_s)

    def wait_hit(self, patience_s=PATIENCE_S):
        """The record, so far, of the next request that the rule acted on."""
        return self._proxy.wait(self.hits, f"a request is met by rule {self.number}", patience_s)

    def release(self):
        """The rule ends; what it keeps back goes on."""
        self._proxy.command("release", Rule=self.number)

    def drop(self):
        """The rule ends; connections whose requests it keeps back are closed."""
        self._proxy.command("drop", Rule=self.number)


class Proxy:
    """One process, for one operator at a time. Without a kubeconfig it speaks for the operator's account.

    flags: of the program; --namespaces PREFIX is that the operator is told of namespaces that begin so alone."""

    def __init__(self, kubeconfig=None, flags=()):
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-proxy-")
        self._source = kubeconfig or operator_kubeconfig()
        self.kubeconfig, self.record = self._path("kubeconfig"), self._path("record.jsonl")
        self.authority, self.foreign_authority = self._path("ca.pem"), self._path("foreign.pem")
        self._process = self.address = None
        self._rules, self._answers, self._numbers, self._flags = {}, queue.Queue(), 0, flags

    def _path(self, name):
        return os.path.join(self._folder.name, name)

    def start(self):
        with open(self._source) as file:
            config = yaml.safe_load(file)
        server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._write("authority.pem", server["certificate-authority-data"])
        self._write("pair.pem", user["client-certificate-data"], user["client-key-data"])
        self._errors = open(self._path("errors"), "w+")
        self._process = subprocess.Popen(
            [binaries.program(SOURCE), "--server", server["server"], "--folder", self._folder.name,
             "--authority", self._path("authority.pem"), "--pair", self._path("pair.pem"), *self._flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True)
        threading.Thread(target=self._listen, daemon=True).start()
        self.address = self.wait(self._answers, "the proxy listens")["address"]
        with open(self.authority, "rb") as file:
            server["certificate-authority-data"] = base64.b64encode(file.read()).decode()
        self.point_at(self.address, config)
        return self

    def point_at(self, address, config=None):
        """Writes the operator's kubeconfig, with that host (127.0.0.1 or apiserver.test) and port for the proxy."""
        if config is None:
            with open(self.kubeconfig) as file:
                config = yaml.safe_load(file)
        config["clusters"][0]["cluster"]["server"] = f"https://{address}"
        with open(self.kubeconfig, "w") as file:
            yaml.safe_dump(config, file)

    def _write(self, name, *parts):
        with open(self._path(name), "wb") as file:
            file.write(b"\n".join(base64.b64decode(part) for part in parts))

    def _listen(self):
        for line in self._process.stdout:
            notice = json.loads(line)
            if notice["notice"] in ("hit", "held"):
                rule = self._rules[notice["rule"]]
                (rule.hits if notice["notice"] == "hit" else rule.held).put(notice.get("request") or notice["event"])
            else:
                self._answers.put(notice)
        for waiting in [self._answers, *[one for rule in self._rules.values() for one in (rule.hits, rule.held)]]:
            waiting.put(None)  # nothing more will come

    def wait(self, waiting, sentence, patience_s=PATIENCE_S):
        try:
            found = waiting.get(timeout=patience_s)
        except queue.Empty:
            raise AssertionError(f"not in {patience_s} s: {sentence}") from None
        if found is None:
            raise AssertionError(f"the proxy has ended: {self.errors()}")
        return found

    def errors(self):
        self._errors.flush()
        with open(self._errors.name) as file:
            return file.read()

    def command(self, do, **words):
        self._numbers += 1
        self._process.stdin.write(json.dumps({"Number": self._numbers, "Do": do, **words}) + "\n")
        self._process.stdin.flush()
        answer = self.wait(self._answers, f"the proxy does {do}")
        if answer["notice"] != "done":
            raise ValueError(answer["why"])

    def rule(self, match, action):
        number = len(self._rules) + 1
        self._rules[number] = Rule(self, number)
        self.command("rule", Rule=number, Match=match, Action=action)
        return self._rules[number]

    def end_watches(self, resource=None):
        """Ends the streams of watches that are open, as the apiserver does when their time is over."""
        self.command("end", Match={"resource": resource} if resource else {})

    def sever(self):
        """Closes all connections of the operator."""
        self.command("sever")

    def hush(self):
        """All connections of the operator are half open from now on; new ones are not."""
        self.command("hush")

    def listen_at(self, address):
        """From now on it is there under this address of the host alone."""
        self.command("move", State=address)
        self.sever()

    def show(self, certificate):
        """New connections see the certificate that is "good", "expired", for the "wrong host", of an "unknown authority"
        (that of the file foreign_authority)."""
        self.command("show", State=certificate)

    def forget(self):
        """Begins the record anew."""
        os.truncate(self.record, 0)

    def lines(self):
        """Everything that was recorded, in its order."""
        with open(self.record) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def records(self, **fields):
        """The requests that have ended, and the watches that were opened, whose fields are these."""
        return [one for one in self.lines() if one["kind"] != "event" and _has(one, fields)]

    def lists(self, **fields):
        """The lists that were answered, each by its first page; with "done": "stale" those that told what was told before."""
        return [one for one in self.records(list=True, code=200, **fields) if "continue=" not in one["path"]]

    def writes(self, **fields):
        """The requests that have changed an object (or were answered that they had not), and no Lease nor Event."""
        return [one for one in self.records(**fields) if one.get("write") and one["forwarded"]]

    def events(self, **fields):
        """The events of watches, with what was done to each."""
        return [one for one in self.lines() if one["kind"] == "event" and _has(one, fields)]

    def finish(self):
        if self._process is not None:
            self._process.stdin.close()
            try:
                self._process.wait(10)
            finally:
                self._process.kill()
                self._process.wait()
                self._process.stdout.close()
                self._errors.close()
        self._folder.cleanup()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.finish()


def _has(record, fields):
    return all(record.get(name) == value for name, value in fields.items())


def operator_kubeconfig():
    """A certificate for the account that deploy/rbac.yaml gives its rights to."""
    groups = [word for group in cluster.OPERATOR_GROUPS for word in ("--group", group)]
    return cluster.devcluster("kubeconfig", cluster.OPERATOR, *groups).strip()
