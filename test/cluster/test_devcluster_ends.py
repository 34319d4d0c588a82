"""How development clusters end on this machine: crashed, interrupted, broken or taken down, and nothing of them is left.

As root, with the packages of devcluster/, and with clusters below a state folder of their own.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from devcluster_tool import TOOL, Tool, machine, processes_naming, traces  # noqa: E402
from parts import cgroup, process  # noqa: E402

HOLLOW_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: many}
spec:
  replicas: 40
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec:
      nodeSelector: {sluice.dev/hollow: "true"}
      tolerations: [{key: sluice.dev/hollow, operator: Exists}]
      containers: [{name: none, image: "registry.example.com/none:1"}]
"""


class Ends(unittest.TestCase):
    """One cluster that crashes, comes back and is taken down with pods running."""

    def test_a_crashed_cluster_is_cleaned_and_leaves_nothing_when_it_goes(self):
        tool, before = Tool(), machine()
        self.addCleanup(tool.end, "c")
        tool.ok("up", "c", "--no-metrics", "--no-dns")
        self.assertEqual(len([t for t in traces(tool, "c") if t.startswith("state")]), 1)
        self._run_a_pod(tool)
        where = tool.place("c")
        pods = cgroup.pids(where.cgroup) - set(tool.pids("c").values())
        self.assertGreaterEqual(len(pods), 2)  # a shim and a container, at the least
        for name in ("etcd", "anchor", "kubelet"):
            os.kill(tool.pids("c")[name], signal.SIGKILL)
        self.assertEqual(tool.run("status", "c").returncode, 1)
        answer = tool.run("up", "c", "--no-metrics", "--no-dns")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("left of an earlier cluster", answer.stderr)
        self.assertEqual([p for p in pods if process.start_time(p)], [])
        self.assertNotIn("sleeper", tool.kubectl("c", "get", "pods"))
        self._run_a_pod(tool)
        tool.ok("down", "c")
        self.assertEqual(traces(tool, "c"), [])
        self.assert_unchanged(before)
        tool.ok("down", "c")

    def assert_unchanged(self, before):
        after = machine()
        self.assertEqual(after["folders"], before["folders"])
        for what in ("links", "rules", "temporary"):
            self.assertEqual(after[what] - before[what], set(), what)

    def test_hollow_nodes_make_pods_ready_and_leave_nothing(self):
        tool, before = Tool(), machine()
        self.addCleanup(tool.end, "h")
        tool.ok("up", "h", "--hollow", "1", "--no-metrics", "--no-dns")
        tool.kubectl("h", "apply", "-f", "-", text=HOLLOW_DEPLOYMENT)
        tool.kubectl("h", "rollout", "status", "deployment/many", "--timeout=60s")
        nodes = tool.kubectl("h", "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")
        self.assertEqual(nodes.split(), ["hollow-0"] * 40)
        tool.ok("down", "h")
        self.assertEqual(traces(tool, "h"), [])
        self.assert_unchanged(before)

    def test_an_interrupted_start_ends_what_it_has_started(self):
        tool = Tool()
        self.addCleanup(tool.end, "e")
        up = subprocess.Popen([TOOL, "up", "e"], env=tool.env, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 30
        while not os.path.exists(tool.place("e").log("apiserver")) and time.monotonic() < end:
            time.sleep(0.02)
        up.terminate()
        self.assertIn("interrupted", up.communicate(timeout=30)[1])
        self.assertEqual(up.returncode, 130)
        self.assertEqual(cgroup.pids(tool.place("e").cgroup), set())
        self.assertIn("broken", tool.run("status", "e").stdout)
        tool.ok("down", "e")
        self.assertEqual(traces(tool, "e"), [])

    @staticmethod
    def _run_a_pod(tool):
        pinned = tool.ok("image", "c", "--ref", "test/sleeper:v1", "--binary", "/bin/busybox",
                         "--cmd", "sleep", "--cmd", "600").strip()
        tool.kubectl("c", "run", "sleeper", "--image", pinned)
        tool.kubectl("c", "wait", "pod/sleeper", "--for=condition=Ready", "--timeout=60s")


class BrokenStart(unittest.TestCase):
    def test_the_component_that_failed_is_named_with_the_end_of_its_log(self):
        tool = Tool()
        self.addCleanup(tool.end, "d")
        # Components have a /tmp of their own: they would not see a file that is made there.
        garbage = tempfile.NamedTemporaryFile("w", prefix="dc-garbage-", dir="/var/tmp")
        self.addCleanup(garbage.close)
        garbage.write("this is not a folder")
        garbage.flush()
        answer = tool.run("up", "d", "--flag", "etcd=--data-dir=" + garbage.name)
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stderr, r"devcluster: etcd (ended with exit status|was ended by)")
        self.assertRegex(answer.stderr, r"(?m)^    .*not a directory")
        self.assertIn("not a directory", tool.ok("logs", "d", "etcd"))
        self.assertEqual(processes_naming(tool.place("d").root + "/"), set())
        tool.ok("down", "d")
        self.assertEqual(traces(tool, "d"), [])


if __name__ == "__main__":
    unittest.main()
