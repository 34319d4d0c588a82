"""What the reader of the demo sees: steps with their times, the commands that run, and what was checked."""

import time


class Failure(Exception):
    """The demo can not go on, or a check has failed; its text is the whole message."""


class Teller:
    def __init__(self, began):
        self.began = began  # of time.monotonic()
        self._step_began = None

    def elapsed_s(self):
        return time.monotonic() - self.began

    def end_step(self):
        if self._step_began is not None:
            print(f"        ({time.monotonic() - self._step_began:.1f} s)\n", flush=True)
        self._step_began = None

    def step(self, title):
        self.end_step()
        self._step_began = time.monotonic()
        print(f"[{self.elapsed_s():5.1f} s] {title}", flush=True)

    def command(self, words):
        print("        $ " + " ".join(words), flush=True)

    def say(self, text):
        for line in text.splitlines():
            print("          " + line, flush=True)

    def seen(self, sentence):
        """Says what has been waited for, and came."""
        print("        ✓ " + sentence, flush=True)

    def check(self, sentence, is_so, details=""):
        """Says what was checked; raises a Failure when it is not so."""
        if not is_so:
            raise Failure(f"This should be so, and is not: {sentence}" + (f"\n{details}" if details else ""))
        self.seen(sentence)
