"""Another version of the operator, or of its kinds: an older one from the repository's history is replaced by the present one in the middle of
a rollout, and the other way round.

What may be mixed is written in deploy/README.md: kinds first, then the operator; the older operator serves under newer kinds.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import FINISHED, Disturbed, by_digest, cluster, fault, load_tests, operating  # noqa: E402, F401

OLD = "4368441"  # before windows, soaks, signatures, approvals and stops
PLACE = os.path.join(cluster.ROOT, "build", "old")
OLD_BINARY = os.path.join(PLACE, "build", "controller", "sluice")
WRITES = 4
LOOKS = 2  # for the kind that is missing: in that time something could be touched


def build_old():
    """That commit, in a folder of its own, once."""
    if os.path.exists(OLD_BINARY):
        return
    os.makedirs(PLACE, exist_ok=True)
    tree = subprocess.run(["git", "-C", cluster.ROOT, "archive", OLD], check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", PLACE], input=tree, check=True)
    subprocess.run(["meson", "setup", "--buildtype=debug", "-Dtests=false", "build"], cwd=PLACE, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", "build", "controller/sluice"], cwd=PLACE, check=True, stdout=subprocess.DEVNULL)


class Version(Disturbed):
    @classmethod
    def setUpClass(cls):
        build_old()
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.binary = operating.BINARY

    def new_operator(self, *args, flags=(), **kwargs):
        return super().new_operator(*args, flags=flags if self.binary == operating.BINARY else (), binary=self.binary, **kwargs)

    def replace(self, binary):
        """The process is killed; one of that version takes its place."""
        self.operator.kill()
        self.binary = binary
        self.operator = self.new_operator(flags=self.flags, kubeconfig=self.proxy.kubeconfig).start()

    def ran_well(self, name, digest):
        """What both versions promise; how statuses are written is the present one's."""
        self.wait_phase(name, "Succeeded")
        cluster.eventually("the channel says so", lambda: self.status()["current"]["promotion"] == name)
        self.assertEqual(self.status()["current"]["artifacts"][0]["digest"], digest)
        image = f"{operating.WEB}@{digest}"
        self.assertEqual(self.image(), image)
        pins = self.api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/sluice-pins")["data"]
        self.assertEqual(pins, {"Deployment.web.web": image})

    def changes(self, old, new):
        """One version is replaced by the other with each write on its way, which is lost, or arrives."""
        self.begin()
        for nth in range(1, WRITES + 1):
            for is_lost in (True, False):
                with self.one_run():
                    self.replace(old)
                    name, digest = f"mid-{nth}-{'lost' if is_lost else 'sent'}", self.two if is_lost else self.one
                    rule = self.proxy.rule(self.here(write=True, nth=nth), {"kind": "hold", "at": "request" if is_lost else "reply"})
                    self.make(by_digest(name, digest))
                    rule.wait_held()
                    self.operator.kill()
                    rule.drop()
                    self.replace(new)
                    self.ran_well(name, digest)
        self.replace(operating.BINARY)
        self.bring("last", self.two)
        self.ran_well("last", self.two)
        self.is_at_rest()

    @fault("another version of the operator or of its kinds")
    def test_the_operator_is_upgraded_amid_a_rollout(self):
        self.changes(OLD_BINARY, operating.BINARY)

    @fault("another version of the operator or of its kinds")
    def test_the_operator_is_downgraded_amid_a_rollout(self):
        self.changes(operating.BINARY, OLD_BINARY)

    def put_old_kinds(self):
        """The cluster as the older version installed it."""
        cluster.kubectl("delete", "crd", "channelstops.sluice.dev")
        for name in ("releasechannels", "promotions"):
            cluster.apply_files("-f", os.path.join(PLACE, "crds", name + ".yaml"))

    @fault("another version of the operator or of its kinds")
    def test_the_present_operator_meets_the_kinds_of_the_older_one(self):
        """amid a promotion it says which kind it lacks, and touches nothing; when the kinds are there it goes on where the older one stood"""
        self.addCleanup(cluster.install)  # when the operator has gone: it takes back the pins by which the guard is tried
        self.begin()
        self.replace(OLD_BINARY)
        self.put_old_kinds()
        self.bring("second", self.two)
        self.ran_well("second", self.two)
        rule = self.proxy.rule(self.here(write=True, nth=2), {"kind": "hold", "at": "request"})
        self.make(by_digest("third", self.one))
        rule.wait_held()
        self.operator.kill()
        rule.drop()
        self.binary = operating.BINARY
        before, lists = len(self.landed()), len(self.proxy.lists(resource="promotions"))
        self.operator = self.new_operator(flags=self.flags, kubeconfig=self.proxy.kubeconfig).launch()
        self.lacks_stops()
        cluster.eventually("it knows the promotion", lambda: len(self.proxy.lists(resource="promotions")) > lists)
        looks = len(self.looks())
        cluster.eventually("it has looked for the kind again", lambda: len(self.looks()) >= looks + LOOKS)
        self.assertEqual(len(self.landed()), before, self.operator.log())
        self.assertNotIn(self.promo("third").get("phase"), FINISHED)
        cluster.apply_files("-k", os.path.join(cluster.ROOT, "crds"))
        self.ran_well("third", self.one)
        self.is_at_rest()

    def lacks_stops(self):
        def said():
            code, text = self.operator.get("/readyz?verbose")
            return code == 503 and "the watch of channelstops" in text
        cluster.eventually("it says what it lacks", said)

    def looks(self):
        """Its questions for the kind that is not there."""
        return self.proxy.records(resource="channelstops", code=404)

    @fault("a kind that is not served")
    def test_a_kind_that_goes_later_keeps_nothing_else_back(self):
        """a kind goes under way: it says which one it lacks, and promotions go on; it finds it when it comes back"""
        self.addCleanup(cluster.install)
        self.begin()
        cluster.kubectl("delete", "crd", "channelstops.sluice.dev")
        self.proxy.end_watches("channelstops")
        self.lacks_stops()
        self.bring("second", self.two)
        self.ran_well("second", self.two)
        self.lacks_stops()
        cluster.apply_files("-k", os.path.join(cluster.ROOT, "crds"))
        cluster.eventually("it has found the kind", lambda: self.operator.get("/readyz")[0] == 200)
        self.converges()


if __name__ == "__main__":
    cluster.main(own="faults")
