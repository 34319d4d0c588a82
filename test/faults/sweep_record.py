"""build/sweep.jsonl: what has become of each trial, one line each, so that a sweep goes on where it stopped.

A line is {id, survived, product, commit, seconds}, for an undisturbed run {id, survived, product, commit, sent}, with the numbers of what it
sent; the last one of an id counts, if it is about the present product. survived is null when the run was over before its last point:
statuses that follow upon each other become one now and then, so that not every run has as many writes. It is tried again then, TRIES times in all.
"""

import collections
import contextlib
import json
import os
import subprocess
import threading

import results

PATH = os.path.join(results.ROOT, "build", "sweep.jsonl")
SENT = ("write", "event")  # what is counted, each by itself: a write changes an object of the namespace, and is no Event
TOLD = "told"  # and the events of watches
AT = {"before": "request", "between": "reply", "after": "next"}  # and the word of the proxy for it
WRITES = {word: ("write", at) for word, at in AT.items()}
POINTS = {**WRITES, **{f"{word}-event": ("event", at) for word, at in AT.items()}}  # of which is it the n-th, and where in it
KINDS = {"before": "crash before a write", "between": "crash between a write and its reply", "after": "crash after a write's reply",
         "before-event": "crash before an Event is sent", "between-event": "crash between an Event and its reply",
         "after-event": "crash after an Event's reply"}
VIEWS = {"stale": "an object seen late, from any event on", "past": "a restart into the past, from any event on",
         "unseen": "gone for a while, from any event on"}
PAIR = "crash during the recovery from a crash"
ALL_KINDS = {**KINDS, **VIEWS, "pair": PAIR}
UNDISTURBED = "undisturbed"

TRIES = 3  # that were over before a point, and none that came to it: it is not there

PRODUCT = ("controller", "crds", "deploy")

Point = collections.namedtuple("Point", "at n")


def case_id(name, points=()):
    return ":".join([name, *(f"{word}" for point in points for word in point)])


def all_points(sent):
    """Of writes and Events. sent: how many there are of each."""
    return [[Point(word, n)] for what in SENT for n in range(1, sent[what] + 1) for word in POINTS if POINTS[word][0] == what]


def kind_of(case):
    words = case.split(":")
    return UNDISTURBED if len(words) == 1 else PAIR if len(words) > 3 else ALL_KINDS[words[1]]


def _git(*words):
    return subprocess.run(["git", "-C", results.ROOT, *words], text=True, capture_output=True).stdout.strip()


def commit():
    """Where the trials are from, as git names it; nothing outside of a checkout. A + says that files were changed since."""
    return _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def product():
    """The last commit that has changed what is tried. A + says that files of it were changed since."""
    return _git("log", "-1", "--format=%h", "--", *PRODUCT) + ("+" if _git("status", "--porcelain", "--", *PRODUCT) else "")


class Record:
    """Of one product. For several threads."""

    def __init__(self, path=PATH, tried=None):
        """tried: the product, if it is not the present one."""
        self._path, self._commit, self._product, self._mutex, self._lines = path, commit(), tried or product(), threading.Lock(), {}
        self._over = collections.Counter()  # how often a trial was over before its last point
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a+") as file:
            file.seek(0)
            line = ""
            for line in file:
                with contextlib.suppress(ValueError):  # one that was cut when a sweep was ended
                    one = json.loads(line)
                    if one.get("product") == self._product:
                        self._learn(one)
            if line and not line.endswith("\n"):
                file.write("\n")

    def _learn(self, one):
        known = self.sent(one["id"])
        if known and "sent" in one:
            one["sent"] = {what: max(known[what], one["sent"][what]) for what in known}
        self._over[one["id"]] += one["survived"] is None
        self._lines[one["id"]] = one

    def add(self, case, survived, **more):
        one = {"id": case, "survived": survived, "product": self._product, "commit": self._commit, **more}
        with self._mutex:
            self._learn(one)
            with open(self._path, "a") as file:
                file.write(json.dumps(one) + "\n")

    def is_done(self, case):
        """It need not be tried again."""
        return case in self._lines and (self._lines[case]["survived"] or self._is_absent(case))

    def _is_absent(self, case):
        """No run has it."""
        return self._lines[case]["survived"] is None and self._over[case] >= TRIES

    def sent(self, name):
        """How many of each of SENT, and of TOLD, an undisturbed run of a scenario has had at most; None: it was not tried yet, or did not end well."""
        return self._lines.get(name, {}).get("sent")

    def of(self, name):
        """The lines of one scenario."""
        with self._mutex:
            return [one for one in self._lines.values() if one["id"].split(":")[0] == name]

    def failed(self, name):
        return [one["id"] for one in self.of(name) if one["survived"] is False]

    def unreached(self, name):
        """How many of its trials were over before their last point."""
        return sum(one["survived"] is None for one in self.of(name))

    def rows(self, name):
        """For build/faults.json: what was tried of a scenario and reached, by kinds, and at which commits."""
        runs, survived, commits = collections.Counter(), collections.Counter(), {}
        for one in self.of(name):
            kind = kind_of(one["id"])
            if one["survived"] is not None and kind != UNDISTURBED:
                runs[kind] += 1
                survived[kind] += one["survived"]
                commits.setdefault(kind, set()).add(one["commit"])
        return [{"kind": kind, "scenario": name, "runs": runs[kind], "survived": survived[kind], "product": self._product,
                 "commits": sorted(commits[kind])} for kind in runs]

    def is_whole(self, name):
        """Was it killed before, between and after each of its writes and Events that there is, and survived it?"""
        return bool(self.sent(name)) and all(self.is_done(case_id(name, one)) for one in all_points(self.sent(name))) and not self.failed(name)
