"""The operator's connection to a real apiserver that is killed, frozen, or lacks a kind: what is noticed when, and that nothing is missed.

Two operators stand for election, so that one loses its Lease while the apiserver is frozen and the other one, whose watches are
looked at, has to take over.
"""

import json
import os
import re
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import Case, Images, OwnOperators, by_digest, channel, workload  # noqa: E402

NOTICED_S = 45    # silence and answer limit of controller/kube/watchset.h
RECONNECT_S = 60  # back-off of controller/kube/backoff.h, with its chance
FROZEN_S = 60
LEASE_LOST_S = 10
SLACK_S = 15      # for a machine that has more to do


def process_id(component):
    """The process id of a component of the cluster."""
    return next(one["pid"] for one in json.loads(cluster.devcluster("status", "--json"))["components"] if one["name"] == component)


def series(operator, name):
    """The values of a metric by its first label."""
    found = re.findall(rf'^{name}\{{kind="(\w+)"(?:,\w+="\w+")*\}} (\S+)$', operator.get("/metrics")[1], re.M)
    values = {}
    for kind, value in found:
        values[kind] = values.get(kind, 0) + float(value)
    return values


class Connection(OwnOperators):
    def wait(self, sentence, question, patience_s=RECONNECT_S + SLACK_S):
        """As cluster.eventually(); what the operator has to say is shown when it fails."""
        try:
            return cluster.eventually(sentence, question, patience_s=patience_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.operator.get('/readyz?verbose')[1]}\n{self.operator.log(80)}") from error

    def objects(self, kind):
        return series(self.operator, "sluice_store_objects").get(kind)

    def knows_all_promotions(self):
        """Also those of a namespace that is being deleted go meanwhile, so both are counted at the same moment."""
        return self.objects("Promotion") == len(self.api.get(cluster.GROUP + "/promotions")["items"])

    def lists(self):
        return series(self.operator, "sluice_watch_relists_total")

    def bring(self, name, digest):
        """Where the apiserver has only just learnt the kind, the policies about it, which want its schema, refuse for some seconds."""
        self.wait("a promotion can be made", lambda: self.make(by_digest(name, digest)))
        self.wait_phase(name, "Succeeded")

    def test_killed_and_restarted_every_watch_goes_on(self):
        """each kind is listed again at most once: a new apiserver knows nothing of before its start"""
        self.operator = self.new_operator().start()
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.bring("first", Images.web("1.0.0"))
        before = self.lists()
        with cluster.apiserver_killed() as start:
            start()
            began = time.monotonic()
            self.api.delete(cluster.promotions(self.namespace, "first"))
            self.wait("the deletion was seen", self.knows_all_promotions)
            self.wait("all watches have synced", lambda: self.operator.get("/readyz")[0] == 200)
            print(f"    a killed apiserver: all is seen {time.monotonic() - began:.1f} s after its start", flush=True)
        again = {kind: count - before.get(kind, 0) for kind, count in self.lists().items()}
        print(f"    lists after it: {sum(again.values()):.0f} of {len(again)} kinds", flush=True)
        self.assertLessEqual(max(again.values()), 1, again)
        self.bring("second", Images.web("2.0.0"))

    def test_frozen_for_a_minute_nothing_is_missed(self):
        """noticed within 45 s; the leader gives up; the other one resumes its watches without a list, and takes over"""
        one = self.new_operator("one", 18081, ("--leader-elect",)).start()
        cluster.eventually("it leads", one.is_leading)
        two = self.new_operator("two", 18082, ("--leader-elect",)).start()
        self.operator = two
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.bring("first", Images.web("1.0.0"))
        lists = self.lists()
        apiserver = process_id("apiserver")
        deleting = threading.Thread(target=self.delete_slowly, args=(cluster.promotions(self.namespace, "first"),))
        os.kill(apiserver, signal.SIGSTOP)
        began = time.monotonic()
        try:
            deleting.start()
            self.assertEqual(one.process.wait(LEASE_LOST_S + SLACK_S), 1)
            print(f"    frozen: the leader has given up after {time.monotonic() - began:.1f} s", flush=True)
            self.assertIn("lost the lease", one.log())
            one.process.returncode = 0  # it has ended as it should: finish() has nothing to complain of
            self.wait("the silence is noticed", lambda: "the connection of the watches is given up" in two.log(400),
                               patience_s=NOTICED_S + SLACK_S)
            print(f"    frozen: noticed after {time.monotonic() - began:.1f} s", flush=True)
            time.sleep(max(0, FROZEN_S - (time.monotonic() - began)))
        finally:
            os.kill(apiserver, signal.SIGCONT)
        thawed = time.monotonic()
        deleting.join(RECONNECT_S)
        self.wait("the deletion was seen", self.knows_all_promotions)
        self.wait("every watch has brought something", lambda: self.all_heard_since(thawed))
        print(f"    thawed: every watch goes on after {time.monotonic() - thawed:.1f} s", flush=True)
        self.assertEqual(self.lists(), lists)
        self.wait("the other one leads", two.is_leading)
        print(f"    thawed: the other one leads after {time.monotonic() - thawed:.1f} s", flush=True)
        self.bring("second", Images.web("2.0.0"))

    def delete_slowly(self, path):
        """In a thread, with a connection of its own: the answer comes when the apiserver runs again."""
        api = cluster.api()
        api.delete(path)
        api.close()

    def all_heard_since(self, moment):
        ages = series(self.operator, "sluice_watch_last_byte_age_seconds")
        return all(age < time.monotonic() - moment for age in ages.values())

    def test_a_kind_that_comes_late_goes_and_comes_back(self):
        crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/promotions.sluice.dev"
        self.addCleanup(cluster.install)
        self.remove(crd)
        self.operator = self.new_operator().launch()
        self.wait("it says what it lacks", lambda: self.lacks("promotions"))
        self.put_back()
        self.wait("it is ready", lambda: self.operator.get("/readyz")[0] == 200)
        self.make(workload("Deployment", replicas=1))
        self.make(channel())
        self.bring("first", Images.web("1.0.0"))
        self.remove(crd)
        self.wait("its objects are gone", lambda: self.objects("Promotion") == 0)
        self.wait("it says what it lacks", lambda: self.lacks("promotions"))
        self.assertEqual(self.image(), f"127.0.0.1:5000/test/web@{Images.web('1.0.0')}")
        self.put_back()
        self.wait("it is ready again", lambda: self.operator.get("/readyz")[0] == 200)
        self.bring("second", Images.web("2.0.0"))

    def remove(self, crd):
        def is_gone():
            try:
                self.api.get(crd)
            except cluster.ApiError as error:
                return error.code == 404
            return False
        self.api.delete(crd)
        cluster.eventually("the kind is gone", is_gone)

    def put_back(self):
        """As a person does; the policies about the kind are still there."""
        cluster.apply_files("-f", os.path.join(cluster.ROOT, "crds", "promotions.yaml"))

    def lacks(self, plural):
        code, text = self.operator.get("/readyz?verbose")
        return code == 503 and f"the watch of {plural}" in text


if __name__ == "__main__":
    cluster.main()
