"""Starts `ask`, and what is asked; shared by the tests that go over the network."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "fake"))

import registry as hostile  # noqa: E402  (test/fake/registry.py)
import token_server  # noqa: E402,F401  (test/fake/token_server.py; for those who import this)


@dataclasses.dataclass
class Answer:
    """One line of ask's output."""
    question: str
    state: str
    error: str
    digest: str
    kind: str
    count: int
    tags: list
    wait_ms: int
    text: str


def ask(*args, timeout_s=60):
    """The answers to the questions among args, in their order."""
    done = subprocess.run([os.environ["ASK"], *args], capture_output=True, text=True, timeout=timeout_s,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"ask ended with {done.returncode}: {done.stderr}")
    answers = []
    for line in done.stdout.splitlines():
        question, state, error, digest, kind, count, tags, wait_ms, text = line.split("\t")
        answers.append(Answer(question, state, error, digest, kind, int(count), tags.split(), int(wait_ms), text))
    return answers


class Registry:
    """A hostile registry inside the test's process."""

    def __init__(self, *args):
        self.server = hostile.create(["--log", os.devnull, *args])
        self.host = "127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def push(self, repository, tag, seed, is_index=False):
        return self.server.state.push(repository, tag, seed.encode(), is_index)

    def requests(self, repository, method=None):
        with self.server.state.lock:
            return [r for r in self.server.state.requests
                    if r["repository"] == repository and method in (None, r["method"])]

    def control(self, method, path, body=""):
        request = urllib.request.Request(f"http://{self.host}/control/{path}", body.encode(), method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def close(self):
        self.server.ending.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.server.state.log.close()


@contextlib.contextmanager
def running(*args):
    registry = Registry(*args)
    try:
        yield registry
    finally:
        registry.close()
