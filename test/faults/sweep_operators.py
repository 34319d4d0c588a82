"""The operator of a lane, which leads: how it is killed and comes back, and how another one follows it."""

import os
import signal
import threading
import urllib.error

import cluster
import operating
import sweep_servers

SUPERVISED_S, LOST = 0.5, "lost the lease"  # so often it is looked whether the operator has ended, saying this


class Operators:
    """The one operator that is to lead, and how it is killed and comes back. It stands for election: another may follow it."""

    FLAGS = ("--leader-elect", "--insecure-registry", sweep_servers.REGISTRY, "--prometheus-url", f"http://{sweep_servers.PROMETHEUS}")

    def __init__(self, kubeconfig, lane, place):
        """lane: its number. place: the namespace of the Lease."""
        self._kubeconfig, self._lane, self._number, self._mutex = kubeconfig, lane, 0, threading.Lock()
        self._flags = (*self.FLAGS, "--namespace", place)
        self.crashes = 0
        self._running = self._new()
        self._leaving = None  # the one that was asked to go
        self._is_over = threading.Event()
        threading.Thread(target=self._supervise, daemon=True).start()

    def _new(self):
        self._number += 1
        port = 18100 + 100 * self._lane + self._number % 100
        return operating.Operator(f"sweep-{os.getpid()}-{self._number}", port, self._flags, self._kubeconfig).launch()

    def crash(self, prepare):
        """Kills it, by SIGKILL, and starts it again once prepare() is done. One that is leaving is killed as well, for good."""
        with self._mutex:
            for one in (self._leaving, self._running):
                if one is not None:
                    one.kill()
            self.crashes += 1
            prepare()
            if not self._is_over.is_set():
                self._running.launch()

    def _supervise(self):
        """On a machine that is too busy it may lose its lease, and ends as it should: it is started again, as a kubelet does."""
        while not self._is_over.wait(SUPERVISED_S):
            with self._mutex:
                if not self._is_over.is_set() and self._running.process.poll() == 1 and LOST in self._running.log(5):
                    self.crashes += 1
                    self._running.launch()

    def revive(self):
        """After a trial in which it ended by itself."""
        if self._running.process.poll() is not None:
            self._running.launch()

    def hand_over(self):
        """Another one is started, then the first is asked to go."""
        with self._mutex:
            self._leaving, self._running = self._running, self._new()
        cluster.eventually("the other replica has read everything", lambda: self.is_up(any_role=True), pause_s=0.02)
        leaving = self._leaving
        leaving.stop()
        with self._mutex:
            self._leaving = None
        leaving.finish()

    def is_up(self, any_role=False):
        """Has it read everything, and does it lead?"""
        code = self._running.process.poll()
        if code not in (None, -signal.SIGKILL) and LOST not in self.log(5):
            raise AssertionError(f"the operator ended with {code}:\n{self.log(80)}")
        try:
            return self._running.get("/readyz")[0] == 200 and (any_role or self._running.is_leading())
        except (urllib.error.URLError, OSError):
            return False

    def log(self, lines=60):
        return self._running.log(lines)

    def finish(self):
        with self._mutex:  # a trial that was broken off may be about to start it again
            self._is_over.set()
        self._running.finish()
