"""kubectl, run as a person runs it. Everything that the demo knows of a cluster it knows from here."""

import json
import os
import shlex
import subprocess
import threading
import time

from teller import Failure

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
PATIENCE_S = 120


class Kubectl:
    """One cluster. Paths in commands are relative to the tree, so that they can be typed again there."""

    def __init__(self, teller, options=()):
        self._teller = teller
        self._words = ["kubectl", *options]

    def try_(self, *words, stdin=None):
        """Runs a command silently and returns what became of it."""
        return subprocess.run([*self._words, *words], input=stdin, capture_output=True, text=True, check=False, cwd=TREE)

    def quiet(self, *words, stdin=None):
        """Runs a command silently and returns its output."""
        done = self.try_(*words, stdin=stdin)
        if done.returncode != 0:
            raise Failure(f"kubectl {shlex.join(words)}:\n{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def show(self, *words, stdin=None, shown=None, prints=True):
        """Runs a command before the reader's eyes and returns its output. `shown` are words to show instead."""
        self._teller.command(["kubectl", *map(shlex.quote, shown or words)])
        text = self.quiet(*words, stdin=stdin)
        if prints:
            self._teller.say(text)
        return text

    def refused(self, *words):
        """Runs a command that has to be refused; returns and shows what the apiserver says."""
        self._teller.command(["kubectl", *map(shlex.quote, words)])
        done = self.try_(*words)
        if done.returncode == 0:
            raise Failure(f"kubectl {shlex.join(words)} should have been refused, and was not:\n{done.stdout}")
        self._teller.say(done.stderr.strip())
        return done.stderr

    def json(self, *words):
        return json.loads(self.quiet("get", *words, "-o", "json"))

    def follow(self, path, resource, name, namespace, ends, patience_s=PATIENCE_S):
        """Watches one text of an object until it is one of `ends`; returns the distinct texts in their order."""
        process = subprocess.Popen(
            [*self._words, "-n", namespace, "get", resource, name, "--watch", "-o", f"jsonpath={{{path}}}{{\"\\n\"}}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        timer = threading.Timer(patience_s, process.kill)
        timer.start()
        seen = []
        try:
            for line in process.stdout:
                text = line.strip()
                if text and (not seen or seen[-1] != text):
                    seen.append(text)
                if text in ends:
                    return seen
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            process.stdout.close()
        raise Failure(f"{resource} {namespace}/{name} did not become {' or '.join(ends)} in {patience_s} s; "
                      f"it went {' → '.join(seen) or 'nowhere'}.")

    def eventually(self, sentence, question, patience_s=PATIENCE_S, pause_s=0.2):
        """Asks until the answer is true, and returns it."""
        end = time.monotonic() + patience_s
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > end:
                raise Failure(f"Not in {patience_s} s: {sentence}")
            time.sleep(pause_s)
