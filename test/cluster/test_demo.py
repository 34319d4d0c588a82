"""The demo, told from beginning to end in a cluster of its own, then again in that cluster as if it were the user's."""

import os
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402

DEMO = os.path.join(cluster.ROOT, "demo", "demo")
NAME = "demo-test"
REGISTRY = "10.11.0.1:5000/mine"
NOBODY = ["unshare", "--user"]  # a user namespace in which we are nobody


def demo(*words, inside=False, enter=()):
    """Runs the demo; `inside` the cluster's network, whose apiserver can be reached from nowhere else."""
    enter = [cluster.DEVCLUSTER, "exec", NAME, "--"] if inside else enter
    return subprocess.run([*enter, DEMO, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=800)


def kubectl(*words):
    done = subprocess.run([cluster.DEVCLUSTER, "exec", NAME, "--", "kubectl", *words], text=True, capture_output=True, timeout=60)
    return done.stdout + done.stderr


def kubeconfig():
    env = subprocess.run([cluster.DEVCLUSTER, "env", NAME], text=True, capture_output=True, check=True).stdout
    return re.search(r"KUBECONFIG=(\S+)", env).group(1)


class Demo(unittest.TestCase):
    """The tests are stages of one story, in the order of their names."""

    @classmethod
    def tearDownClass(cls):
        demo("down", "--cluster", NAME)

    def assert_told(self, done):
        self.assertEqual(done.returncode, 0, done.stdout)
        counts = re.findall(r"requests sent to Stable: (\d+), failed: (\d+)", done.stdout)
        self.assertEqual(len(counts), 2, done.stdout)
        self.assertGreater(int(counts[-1][0]), 500)
        self.assertEqual(counts[-1][1], "0")

    def assert_refused(self, done, text):
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(text, done.stdout)

    def test_1_without_root_it_says_what_it_would_need_and_starts_nothing(self):
        self.assert_refused(demo("up", "--cluster", NAME, enter=NOBODY), "needs root, and would do this with it")
        listed = subprocess.run([cluster.DEVCLUSTER, "list"], text=True, capture_output=True, check=True).stdout
        self.assertNotIn(NAME, listed.split())

    def test_2_the_story_comes_to_its_end_and_stable_loses_no_request(self):
        self.assert_told(demo("up", "--cluster", NAME))

    def test_3_afterwards_the_cluster_is_up_and_every_channel_ready(self):
        ready = kubectl("get", "rch", "-A", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}")
        self.assertEqual(ready.split(), ["True"] * 5)

    def test_4_in_a_cluster_of_one_s_own_it_needs_a_registry_and_says_so(self):
        self.assert_refused(demo("up", "--kubeconfig", kubeconfig(), inside=True), "REGISTRY=")

    def test_5_it_takes_no_namespace_that_is_not_its_own(self):
        kubectl("label", "namespace", "shop-beta", "app.kubernetes.io/part-of-")
        done = demo("up", "--kubeconfig", kubeconfig(), "--registry", REGISTRY, "--insecure", inside=True)
        kubectl("label", "namespace", "shop-beta", "app.kubernetes.io/part-of=sluice-demo")
        self.assert_refused(done, "exist already and are not the demo's: shop-beta")

    def test_6_a_second_time_in_that_cluster_by_its_kubeconfig(self):
        self.assert_told(demo("up", "--kubeconfig", kubeconfig(), "--registry", REGISTRY, "--insecure", inside=True))

    def test_7_down_takes_what_the_demo_brought_and_nothing_else(self):
        done = demo("down", "--kubeconfig", kubeconfig(), inside=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        left = kubectl("get", "namespaces,crds,clusterroles,mutatingadmissionpolicies,validatingadmissionpolicies", "-o", "name")
        self.assertIn("namespace/kube-system", left)
        self.assertEqual([line for line in left.splitlines() if "sluice" in line or "shop-" in line], [])

    def test_8_down_of_its_own_cluster_leaves_nothing(self):
        self.assertEqual(demo("down", "--cluster", NAME).returncode, 0)
        listed = subprocess.run([cluster.DEVCLUSTER, "list"], text=True, capture_output=True, check=True).stdout
        self.assertNotIn(NAME, listed.split())
        self.assertFalse(os.path.exists(f"/run/netns/sluice-{NAME}"))


if __name__ == "__main__":
    cluster._run()
