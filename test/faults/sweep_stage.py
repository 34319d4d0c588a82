"""Where trials play: one cluster, with several lanes side by side.

A lane has an operator of its own behind a proxy of its own, which tells it of the lane's namespaces alone, and a Lease of its own. So
a trial, which waits most of its time, costs no more than what is done in it.
"""

import collections
import contextlib
import json
import threading

import cluster
from proxy import Proxy
from sweep_journal import Journal
from sweep_operators import Operators
from sweep_pods import Pods
from sweep_servers import Prometheus, Registry


class Writes:
    """The proxy's record of writes, read as it grows; Events and what watches tell are counted beside them. For several threads."""

    def __init__(self, proxy):
        self._file, self._rest, self._found = open(proxy.record), "", {}
        self._ended, self._events, self._told = collections.Counter(), collections.Counter(), collections.Counter()
        self._stale, self._mutex = 0, threading.Lock()

    def ended(self, rule):
        """How many requests that this rule acted on have come to an end, whichever."""
        self._read()
        return self._ended[rule]

    def of(self, namespace):
        self._read()
        return self._found.get(namespace, [])

    def events(self, namespace):
        """How many Events were sent, and how many events of watches came."""
        self._read()
        return self._events[namespace], self._told[namespace]

    def stale(self):
        """How many lists told what was before."""
        self._read()
        return self._stale

    def _read(self):
        with self._mutex:
            lines = (self._rest + self._file.read()).split("\n")
            self._rest = lines.pop()
            for line in lines:
                self._take(json.loads(line))

    def _take(self, one):
        if one.get("write"):
            self._ended[one.get("rule")] += 1
            if one["forwarded"]:
                self._found.setdefault(one["namespace"], []).append(one)
        elif one.get("done") == "stale":
            self._stale += 1
        elif one["kind"] == "event":
            self._told[one["namespace"]] += one["type"] != "BOOKMARK"
        elif one.get("resource") == "events" and one.get("forwarded"):
            self._events[one["namespace"]] += 1


class Stage:
    """What the lanes share."""

    def __init__(self, lanes=1):
        cluster.install()
        self.journal = Journal().start()
        self.pods, self.registry, self.prometheus = Pods(self.journal), Registry(), Prometheus()
        self.lanes = []
        for number in range(lanes):
            self.lanes.append(Lane(self, number))

    def finish(self):
        """Also when the apiserver has gone: no process is left."""
        with contextlib.ExitStack() as ends:
            for lane in self.lanes:
                ends.callback(lane.finish)


class Lane:
    """One trial at a time."""

    def __init__(self, stage, number):
        self.journal, self.pods, self.registry, self.prometheus = stage.journal, stage.pods, stage.registry, stage.prometheus
        self.api, self._namespaces = cluster.api(), []
        self.prefix = f"sweep-{number}-"
        place = f"lane-{number}"
        self._make_lease_place(place)
        self.proxy = Proxy(flags=("--namespaces", self.prefix)).start()
        self.writes = Writes(self.proxy)
        self.operators = Operators(self.proxy.kubeconfig, number, place)

    def _make_lease_place(self, name):
        """A namespace in which the operator may have its Lease, as in sluice-system."""
        self.make_namespace(name)
        rules = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{}"
        for kind, part in (("roles", "rules"), ("rolebindings", "subjects")):
            there = self.api.get(rules.format("sluice-system", kind) + "/sluice-leader")
            self.api.create(rules.format(name, kind), {"metadata": {"name": "sluice-leader"}, part: there[part],
                                                       **({"roleRef": there["roleRef"]} if "roleRef" in there else {})})

    def make_namespace(self, name):
        # an apply: a create whose answer was lost is made again, and refused then
        self.api.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self._namespaces.append(name)

    def finish(self):
        api = cluster.api()  # the lane's own may be at work in a trial that was broken off
        with contextlib.ExitStack() as ends:
            for name in self._namespaces:
                ends.callback(api.delete, f"/api/v1/namespaces/{name}")
            ends.callback(self.proxy.finish)
            ends.callback(self.operators.finish)
