"""The operator's process is asked to go, stopped and woken, or loses its way to the apiserver in the middle of what it does."""

import os
import shutil
import signal
import sys
import tempfile
import time

import yaml

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "bench")]
from disturbed import RESYNC_S, Disturbed, by_digest, channel, cluster, fault, load_tests, operating, workload  # noqa: E402, F401
import audit  # noqa: E402

LEASE = "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases/sluice"
LEASE_S = 15
GRACE_S = 20  # controller/operator.c
AT_ONCE_S = 0.8  # the least pause of controller/kube/backoff.h
NOTICED_S = 45  # controller/kube/watchset.h
ANSWER_S = 30  # of a write, whose connection is another one: controller/kube/client_internal.h
MOMENT_S = 3  # in which what was noticed is in the log
SLACK_S = 15  # for a machine that has more to do
NAME_S = 120  # libcurl remembers an address for a minute; then the back-off
WRITES = 5
ALL = 1 << 20  # lines of a log
BUSY = ("releasechannels", "promotions", "deployments")  # each promotion makes their watches bring something


def pod_s():
    """How long a pod has to go."""
    with open(os.path.join(cluster.ROOT, "deploy", "operator.yaml")) as file:
        deployment = next(one for one in yaml.safe_load_all(file) if one["kind"] == "Deployment")
    return deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


class Asked(Disturbed):
    flags = ("--leader-elect", *Disturbed.flags)

    def held(self, nth, at="request"):
        """The n-th write of the second promotion is under way."""
        rule = self.proxy.rule(self.here(write=True, nth=nth), {"kind": "hold", "at": at})
        self.make(by_digest(f"second-{nth}", (self.one, self.two)[nth % 2]))
        rule.wait_held()
        return rule

    def holder(self):
        return self.api.get(LEASE)["spec"].get("holderIdentity") or ""

    @fault("asked to go amid a write")
    def test_the_write_is_finished_and_the_lease_given_back(self):
        """the operator is asked to go during each write: it is finished, the lease given back, and the next one goes on"""
        self.begin()
        for nth in range(1, WRITES + 1):
            with self.one_run():
                rule = self.held(nth)
                self.operator.signal(signal.SIGTERM)
                time.sleep(0.5)
                self.assertIsNone(self.operator.process.poll(), "it did not wait for its write")
                written = len(self.landed())
                rule.release()
                self.assertEqual(self.operator.process.wait(GRACE_S), 0)
                self.assertEqual(len(self.landed()), written + 1)
                self.assertEqual(self.holder(), "")
                self.operator.start()
                self.ends_well(f"second-{nth}", (self.one, self.two)[nth % 2])
        self.is_at_rest()

    @fault("asked to go amid a write")
    def test_a_write_without_an_answer_does_not_keep_it(self):
        """it goes before its pod is killed, and keeps the lease, since its write may still arrive; which runs out"""
        self.begin()
        rule = self.held(3)
        began = time.monotonic()
        self.operator.signal(signal.SIGTERM)
        self.assertEqual(self.operator.process.wait(pod_s()), 0)
        print(f"    it has gone {time.monotonic() - began:.1f} s after it was asked", flush=True)
        self.assertEqual(self.holder(), "one")
        rule.drop()
        self.operator = self.new_operator("two", 18081, self.flags, self.proxy.kubeconfig).start()
        cluster.eventually("the other one leads", self.operator.is_leading, patience_s=LEASE_S + SLACK_S)
        self.ends_well("second-3", self.two)
        self.is_at_rest()


class TwoLeaders(Disturbed):
    """Both have a proxy of their own, so that what one has sent can arrive when the other has long been at work."""

    flags = ("--leader-elect", *Disturbed.flags)

    def begin(self):
        """There is a second channel, elsewhere, for which the same is done at the same time; and the audit log is read from here on."""
        self.audit = audit.Audit()
        super().begin()
        self.elsewhere = self.new_namespace("else")
        self.make(workload("Deployment", replicas=0), self.elsewhere)
        self.make(channel(), self.elsewhere)
        self.make(by_digest("first", self.one), self.elsewhere)
        self.wait_phase("first", "Succeeded", self.elsewhere)

    def sleeps(self, nth):
        """The leader is stopped when its n-th write is on its way; another one leads and ends the promotion and brings a third one;
        then the write arrives, and the sleeper wakes."""
        self.begin()
        cluster.eventually("it leads", self.operator.is_leading)
        sleeper, first = self.operator, self.proxy
        rule = first.rule(self.here(write=True, nth=nth), {"kind": "hold", "at": "request"})
        for namespace in (self.namespace, self.elsewhere):
            self.make(by_digest("second", self.two), namespace)
        rule.wait_held()
        sleeper.signal(signal.SIGSTOP)
        self.proxy = self.new_proxy()
        self.operator = self.new_operator("two", 18081, self.flags, self.proxy.kubeconfig).start()
        cluster.eventually("the other one leads", self.operator.is_leading, patience_s=2 * LEASE_S + SLACK_S)
        self.ends_well("second", self.two)
        self.wait_phase("second", "Succeeded", self.elsewhere)
        self.bring("third", self.one)
        self.ends_well("third", self.one)
        self.settles()
        before, versions = self.api.get(self.path("Deployment", "web"))["metadata"]["generation"], self.versions()
        number = len(first.writes())
        rule.release()
        late = cluster.eventually("the write has arrived", lambda: first.writes()[number:])[0]
        time.sleep(1)
        sleeper.signal(signal.SIGCONT)
        self.assertEqual(sleeper.process.wait(30), 1)
        sleeper.process.returncode = 0  # it has ended as it should
        self.assertIn("lost the lease", sleeper.log())
        self.wrote_rightly([first, self.proxy])
        self.assertEqual(first.writes()[number + 1:], [], "the sleeper wrote when it woke")
        self.assertEqual(self.api.get(self.path("Deployment", "web"))["metadata"]["generation"], before, late)
        self.assertEqual(self.versions(), versions, "the apiserver has something that was written since")
        self.assertEqual(self.taken_from_both(first, self.proxy), [late] if late["code"] == 200 else [])
        self.ends_well("third", self.one)
        self.is_at_rest()
        return late

    def taken_from_both(self, old, new):
        """The writes of the old leader that the apiserver took after the first one of the new leader, in whatever channel: by the
        audit log, whose order is that in which they were done. It knows of no write that did not come through these two."""
        events = {}

        def is_complete():
            events.update({one["auditID"]: one for one in self.audit.read() if one["stage"] == "ResponseComplete"})
            return all(one["auditID"] in events for proxy in (old, new) for one in proxy.writes())
        cluster.eventually("the audit log tells of each write", is_complete)
        sent = {one["auditID"] for proxy in (old, new) for one in proxy.records(kind="request")}
        self.assertEqual([one for name, one in events.items() if name not in sent and audit.writes([one])], [])

        def taken(proxy):
            done = [(one, events[one["auditID"]]) for one in proxy.writes()]
            return [(audit.moment(event["stageTimestamp"]), one) for one, event in done if event["responseStatus"]["code"] < 300]
        begins = min(moment for moment, _ in taken(new))
        self.assertGreater(len({one["namespace"] for _, one in taken(new)}), 1, "both channels are in it")
        return [one for moment, one in taken(old) if moment >= begins]

    def versions(self):
        """What the apiserver itself has, whatever the proxies say: each object of ours, the pins and the workload, with its version."""
        found = [one for namespace in (self.namespace, self.elsewhere) for path in (
            cluster.channels(namespace), cluster.promotions(namespace), self.path("Deployment", namespace=namespace),
            f"/api/v1/namespaces/{namespace}/configmaps") for one in self.api.get(path)["items"]]
        return {one["metadata"]["uid"]: one["metadata"]["resourceVersion"] for one in found}

    def conflicts(self, nth):
        late = self.sleeps(nth)
        self.assertEqual(late["code"], 409, late)

    @fault("two leaders")
    def test_a_status_that_comes_late_is_refused(self):
        self.conflicts(1)

    @fault("two leaders")
    def test_another_status_that_comes_late_is_refused(self):
        self.conflicts(2)

    @fault("two leaders")
    def test_pins_that_come_late_are_refused(self):
        self.conflicts(3)

    @fault("two leaders")
    def test_a_pin_that_comes_late_changes_no_image(self):
        """the apiserver holds the image of a pin that comes late against the pins of now"""
        self.sleeps(4)


class Connection(Disturbed):
    @fault("TLS: not the apiserver")
    def test_whoever_is_not_the_apiserver_is_told_nothing(self):
        """a certificate that is expired, for another host, of an unknown authority: nothing is sent, until it is right again"""
        self.begin()
        for number, state in enumerate(("expired", "wrong host", "unknown authority")):
            with self.one_run():
                name, digest = f"tls-{number}", (self.two, self.one)[number % 2]
                self.is_not_believed(state, by_digest(name, digest))
                self.proxy.show("good")
                self.wait_phase(name, "Succeeded")
                self.ends_well(name, digest)
        self.is_at_rest()

    def is_not_believed(self, state, promotion):
        """With that certificate the apiserver gets no request, and the log says why."""
        said = len(self.operator.log(ALL))
        self.proxy.show(state)
        self.proxy.sever()
        time.sleep(0.5)
        known = len(self.proxy.lines())
        self.make(promotion)
        time.sleep(3)
        self.assertEqual(self.proxy.lines()[known:], [])
        self.assertIn("certificate", self.operator.log(ALL)[said:])

    @fault("TLS: the authority is replaced under way")
    def test_the_authority_is_replaced_and_read_again_from_its_file(self):
        """another authority issues the apiserver's certificate: nothing is sent until it is in the file that the kubeconfig names; then it goes on"""
        self.authority = os.path.join(self.enterContext(tempfile.TemporaryDirectory(prefix="sluice-authority-")), "ca.crt")
        self.begin()
        self.is_not_believed("unknown authority", by_digest("second", self.two))
        said = len(self.operator.log(ALL))
        shutil.copy(self.proxy.foreign_authority, self.authority + ".new")
        os.rename(self.authority + ".new", self.authority)
        self.converges()
        self.assertIn('"certificate files"', self.operator.log(ALL)[said:])

    @fault("GOAWAY")
    def test_goaway_with_every_write_and_every_watch(self):
        """GOAWAY with every write, and with each list and each watch when all end; what comes after it takes another connection"""
        self.begin()
        self.proxy.rule({"method": "PATCH"}, {"kind": "goaway"})
        self.proxy.rule({"method": "GET", "times": 40}, {"kind": "goaway"})
        time.sleep(RESYNC_S)  # a list is due
        self.proxy.end_watches()
        for name, digest in (("second", self.two), ("third", self.one)):
            self.bring(name, digest)
        self.ends_well("third", self.one)
        gone = self.proxy.records(done="goaway")
        self.assertEqual({one["kind"] for one in gone if one["method"] == "GET"}, {"request", "watch"})
        self.assertTrue([one for one in gone if one["method"] == "PATCH" and one.get("write")])
        for one in gone:
            late = [after for after in self.proxy.records(connection=one["connection"]) if after["time_ns"] - one["end_ns"] > MOMENT_S * 1e9]
            self.assertEqual(late, [], one)
        self.is_at_rest()

    @fault("connections severed")
    def test_all_connections_are_severed_again_and_again(self):
        """watches that have brought something are resumed without a pause, and without a list"""
        self.begin()
        for number in range(5):
            with self.one_run():
                for resource in BUSY:
                    cluster.eventually(f"the watch of {resource} has brought something", lambda resource=resource: self.has_brought(resource))
                self.make(by_digest(f"cut-{number}", (self.two, self.one)[number % 2]))
                severed_ns = time.time_ns()
                self.proxy.sever()
                self.ends_well(f"cut-{number}", (self.two, self.one)[number % 2])
                for resource in BUSY:
                    after = cluster.eventually("it goes on", lambda resource=resource: [
                        one for one in self.proxy.records(resource=resource, method="GET", name="") if one["time_ns"] > severed_ns])[0]
                    self.assertEqual(after["kind"], "watch", after)
                    self.assertLess(after["time_ns"] - severed_ns, AT_ONCE_S * 1e9, after)
        self.is_at_rest()

    def has_brought(self, resource):
        """Has the watch that was opened last brought something?"""
        return self.proxy.events(watch=self.proxy.records(kind="watch", resource=resource)[-1]["id"])

    @fault("half-open connection")
    def test_connections_that_say_nothing_more_are_left(self):
        """the watches leave theirs within 45 s; a write that comes then leaves its own when its 30 s are over"""
        self.begin()
        self.proxy.hush()
        hushed = time.monotonic()
        self.make(by_digest("second", self.two))
        cluster.eventually("the silence is noticed", lambda: "the connection of the watches is given up" in self.operator.log(ALL),
                           patience_s=NOTICED_S + MOMENT_S)
        print(f"    noticed after {time.monotonic() - hushed:.1f} s", flush=True)
        self.wait_phase("second", "Succeeded", patience_s=ANSWER_S + SLACK_S)
        print(f"    the promotion has succeeded after {time.monotonic() - hushed:.1f} s", flush=True)
        self.converges()

    @fault("names that change")
    def test_the_apiserver_s_name_is_lost_and_then_names_another_address(self):
        """the apiserver's name is not known for some seconds, and then names another address"""
        hosts = os.path.join(self.enterContext(tempfile.TemporaryDirectory(prefix="sluice-hosts-")), "hosts")
        self.name_it(hosts, "127.0.0.1")
        program = os.path.join(os.path.dirname(hosts), "sluice")
        with open(program, "w") as file:
            file.write(f"#!/bin/sh -e\nexec unshare --mount sh -ec 'mount --bind {hosts} /etc/hosts; exec \"$@\"' - {operating.BINARY} \"$@\"\n")
        os.chmod(program, 0o755)
        usual, operating.BINARY = operating.BINARY, program
        self.addCleanup(setattr, operating, "BINARY", usual)
        self.named = True
        self.begin()
        self.name_it(hosts, None)
        self.proxy.listen_at("127.0.0.2")
        time.sleep(3)
        self.name_it(hosts, "127.0.0.2")
        self.make(by_digest("second", self.two))
        self.wait_phase("second", "Succeeded", patience_s=NAME_S + SLACK_S)
        self.converges()

    named = False
    authority = None  # the file that the kubeconfig names, if any

    def new_proxy(self):
        proxy = super().new_proxy()
        if self.authority:
            with open(proxy.kubeconfig) as file:
                config = yaml.safe_load(file)
            server = config["clusters"][0]["cluster"]
            del server["certificate-authority-data"]
            server["certificate-authority"] = self.authority
            shutil.copy(proxy.authority, self.authority)
            proxy.point_at(proxy.address, config)
        if self.named:
            proxy.point_at("apiserver.test:" + proxy.address.rsplit(":", 1)[1])
        return proxy

    @staticmethod
    def name_it(hosts, address):
        with open(hosts, "w") as file:
            file.write("127.0.0.1 localhost\n" + (f"{address} apiserver.test\n" if address else ""))


if __name__ == "__main__":
    cluster.main(own="faults", flags=("--no-metrics", "--audit"))
