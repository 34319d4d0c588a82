"""The development cluster itself, on this machine: as root, with the packages of devcluster/.

Two clusters are started side by side below a state folder of their own, so that clusters that are
up already are neither seen nor touched. How clusters end is in test_devcluster_ends.py, what needs
none in test_devcluster_parts.py.
"""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from devcluster_tool import TOOL, Tool  # noqa: E402
from parts import binaries, image, place  # noqa: E402


class SideBySide(unittest.TestCase):
    """Two clusters at once; what a test changes in one of them it puts back."""

    @classmethod
    def setUpClass(cls):
        cls.tool = Tool()
        cls.addClassCleanup(cls.tool.end, "a", "b")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda words: cls.tool.ok(*words),
                          [("up", "a", "--audit"), ("up", "b", "--no-metrics",
                                                    "--disable-admission-policies")]))
        cls.bundle = tempfile.mkdtemp(prefix="dc-image-")
        cls.addClassCleanup(shutil.rmtree, cls.bundle)
        shutil.copy("/bin/busybox", os.path.join(cls.bundle, "busybox"))

    def web_image(self, *more, tag="v1"):
        return self.tool.ok("image", "a", "--ref", f"test/web:{tag}", "--rootfs", self.bundle,
                            "--entrypoint", "/busybox", "--cmd", "httpd", "--cmd=-f", "--cmd=-p",
                            "--cmd", "8080", *more).strip()

    def test_status_shows_every_component_ready(self):
        rows = [json.loads(line) for line in self.tool.ok("status", "--json").splitlines()]
        self.assertEqual([row["name"] for row in rows], ["a", "b"])
        for row in rows:
            self.assertTrue(row["up"])
            self.assertEqual([c["name"] for c in row["components"] if not c["ready"]], [])
        names = [{c["name"] for c in row["components"]} for row in rows]
        self.assertEqual(names[0] - names[1], {"metrics-server"})
        self.assertIn("kubelet", names[0])

    def test_clusters_do_not_see_each_other(self):
        self.tool.kubectl("a", "create", "configmap", "only-in-a")
        self.addCleanup(self.tool.kubectl, "a", "delete", "configmap", "only-in-a")
        self.assertNotIn("only-in-a", self.tool.kubectl("b", "get", "configmaps"))
        self.assertIn("node-a", self.tool.kubectl("a", "get", "nodes"))
        self.assertIn("node-b", self.tool.kubectl("b", "get", "nodes"))

    def test_up_again_is_quick_and_changes_nothing(self):
        before = self.tool.pids("a")
        began = time.monotonic()
        self.tool.ok("up", "a", "--audit")
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(self.tool.pids("a"), before)

    def test_up_with_other_options_is_refused(self):
        before = self.tool.pids("a")
        answer = self.tool.run("up", "a")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("audit=True", answer.stderr)
        self.assertEqual(self.tool.pids("a"), before)

    def test_a_shell_can_eval_the_environment(self):
        script = f'eval "$({TOOL} env a)" && echo "$SLUICE_REGISTRY" && cat "$KUBECONFIG" && ' \
                 'nsenter --net="$SLUICE_NETNS" kubectl get nodes -o name'
        answer = subprocess.run(["sh", "-euc", script], env=self.tool.env, capture_output=True,
                                text=True, check=True)
        self.assertEqual(answer.stdout.splitlines()[0], "127.0.0.1:5000")
        self.assertEqual(answer.stdout.splitlines()[-1], "node/node-a")

    def test_exec_hands_on_input_and_exit_status(self):
        answer = self.tool.run("exec", "a", "--", "sh", "-c", "cat; exit 7", text="through")
        self.assertEqual((answer.returncode, answer.stdout), (7, "through"))

    def test_the_server_is_the_version_that_is_pinned(self):
        version = json.loads(self.tool.kubectl("a", "version", "-o", "json"))
        self.assertEqual(version["serverVersion"]["gitVersion"], "v" + binaries.KUBERNETES)
        self.assertEqual(version["serverVersion"]["minor"], binaries.KUBERNETES.split(".")[1])

    def test_kubeconfig_makes_any_user(self):
        user = "system:serviceaccount:shop:deployer"
        path = self.tool.ok("kubeconfig", "a", user, "--group", "a $group", "--group", "b").strip()
        self.assertEqual(os.stat(path).st_mode & 0o077, 0)
        who = json.loads(self.tool.kubectl("a", "--kubeconfig", path, "auth", "whoami",
                                           "-o", "json"))
        self.assertEqual(who["status"]["userInfo"]["username"], user)
        self.assertLess({"a $group", "b"}, set(who["status"]["userInfo"]["groups"]))
        refused = self.tool.run("exec", "a", "--", "kubectl", "--kubeconfig", path,
                                "get", "secrets")
        self.assertIn("Forbidden", refused.stderr)
        again = self.tool.ok("kubeconfig", "a", user, "--group", "a $group", "--group", "b").strip()
        self.assertEqual(again, path)

    def test_the_same_image_has_the_same_digest(self):
        first, second = self.web_image(), self.web_image(tag="again")
        self.assertEqual(first, second)
        self.assertRegex(first, r"^127\.0\.0\.1:5000/test/web@sha256:[0-9a-f]{64}$")
        self.assertNotEqual(first, self.web_image("--label", "version=2", tag="v2"))

    def test_an_index_leads_to_the_same_image(self):
        single = self.web_image()
        index = self.web_image("--index", tag="index")
        self.assertNotEqual(single, index)
        raw = json.loads(self.tool.ok("exec", "a", "--", "skopeo", "inspect", "--raw",
                                      "--tls-verify=false", "docker://" + index))
        self.assertEqual(raw["mediaType"], image.INDEX_TYPE)
        self.assertEqual([m["digest"] for m in raw["manifests"]], [single.split("@")[1]])

    def test_pods_serve_and_are_found_by_name(self):
        pinned = self.web_image("--index", "--registry", place.REGISTRY_NAME, tag="served")
        self.addCleanup(self.tool.kubectl, "a", "delete", "namespace", "one", "two", "--wait=false")
        for name in ("one", "two"):
            self.tool.kubectl("a", "create", "namespace", name)
        self.tool.kubectl("a", "-n", "one", "create", "deployment", "web", "--image", pinned)
        self.tool.kubectl("a", "-n", "one", "expose", "deployment", "web", "--port", "80",
                          "--target-port", "8080")
        self.tool.kubectl("a", "-n", "two", "run", "client", "--image", pinned, "--command", "--",
                          "/busybox", "sleep", "600")
        self.tool.kubectl("a", "-n", "one", "rollout", "status", "deployment/web", "--timeout=60s")
        self.tool.kubectl("a", "-n", "two", "wait", "pod/client", "--for=condition=Ready",
                          "--timeout=60s")
        runs = self.tool.kubectl("a", "-n", "two", "get", "pod", "client", "-o",
                                 "jsonpath={.status.containerStatuses[0].imageID}")
        self.assertEqual(runs, pinned)
        got = self.tool.kubectl("a", "-n", "two", "exec", "client", "--", "/busybox", "sh", "-c",
                                "for i in 1 2 3 4 5 6 7 8 9 10; do /busybox wget -qO- "
                                "http://web.one/busybox >/dev/null && echo served && exit; "
                                "/busybox sleep 1; done; exit 1")
        self.assertEqual(got.strip(), "served")
        answer = self.tool.kubectl("a", "-n", "two", "exec", "client", "--", "/busybox", "wget",
                                   "-qO-", f"http://{place.REGISTRY_NAME}/v2/test/web/tags/list")
        self.assertIn("served", json.loads(answer)["tags"])

    def test_a_killed_apiserver_comes_back_with_its_objects(self):
        self.tool.kubectl("a", "create", "configmap", "kept")
        self.addCleanup(self.tool.kubectl, "a", "delete", "configmap", "kept")
        before = self.tool.pids("a")
        self.tool.ok("restart", "a", "apiserver", "--kill")
        after = self.tool.pids("a")
        self.assertEqual([n for n in before if before[n] != after[n]], ["apiserver"])
        self.assertIn("kept", self.tool.kubectl("a", "get", "configmaps"))

    def test_a_stopped_component_is_reported_and_started_again(self):
        self.tool.ok("stop", "b", "registry")
        answer = self.tool.run("status", "b")
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stdout, r"registry +dead")
        self.tool.ok("start", "b", "registry")
        self.tool.ok("status", "b")
        self.assertIn("listening on", self.tool.ok("logs", "b", "registry", "-n", "50"))

    def test_unknown_names_are_answered_with_the_known_ones(self):
        for words, expected in ((("status", "nobody"), "Clusters: a, b"),
                                (("restart", "a", "kublet"), "kubelet"),
                                (("logs", "a", "kublet"), "kubelet")):
            answer = self.tool.run(*words)
            self.assertEqual(answer.returncode, 1)
            self.assertIn(expected, answer.stderr)

    def test_admission_policies_are_there_or_not_as_asked(self):
        for name, expected in (("a", True), ("b", False)):
            kinds = self.tool.kubectl(name, "api-resources", "-o", "name",
                                      "--api-group=admissionregistration.k8s.io")
            self.assertEqual("mutatingadmissionpolicies" in kinds, expected, name)
            self.assertIn("validatingadmissionpolicies", kinds)

    def test_the_audit_log_names_who_did_what(self):
        self.tool.kubectl("a", "create", "configmap", "audited")
        self.tool.kubectl("a", "delete", "configmap", "audited")
        found = []
        end = time.monotonic() + 60
        while not found and time.monotonic() < end:
            with open(self.tool.place("a").path("audit.log")) as file:
                events = [json.loads(line) for line in file if '"audited"' in line]
            found = [e for e in events if e["verb"] == "delete"]
            time.sleep(0.2)
        self.assertEqual(found[0]["user"]["username"], "kubernetes-admin")
        self.assertFalse(os.path.exists(self.tool.place("b").path("audit.log")))


if __name__ == "__main__":
    unittest.main()
