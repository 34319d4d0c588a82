"""The parts of the devcluster tool by themselves: what needs no cluster, but root and the packages of devcluster/."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from devcluster_tool import Tool  # noqa: E402
from parts import binaries, cgroup, failure, host, place  # noqa: E402


class Words(unittest.TestCase):
    """What needs no cluster."""

    def test_names_that_can_not_be(self):
        for name in ("", "-a", "a-", "A", "a/b", "..", "a b", "a" * 21):
            with self.assertRaises(failure.Failure, msg=name):
                place.Place(name)
        self.assertEqual(place.Place("a" * 20).name, "a" * 20)

    def test_a_state_folder_too_long_for_sockets_is_refused(self):
        with mock.patch.dict(os.environ, SLUICE_STATE="/tmp/" + "x" * 80):
            with self.assertRaisesRegex(failure.Failure, "SLUICE_STATE"):
                place.Place("a")

    def test_without_root_it_says_what_it_would_need(self):
        with mock.patch("os.geteuid", return_value=1000):
            with self.assertRaisesRegex(failure.Failure, "must run as root"):
                host.check([])

    def test_missing_packages_come_with_the_line_that_installs_them(self):
        with mock.patch.object(host, "_is_there", lambda what: what not in ("umoci", "runc")):
            with self.assertRaisesRegex(failure.Failure, r"apt-get install .* runc umoci(\n|$)"):
                host.check([])

    def test_every_needed_command_belongs_to_a_package_of_the_list(self):
        with open(host.PACKAGES_FILE) as file:
            self.assertLessEqual(set(host.NEEDED), set(file.read().split()))

    def test_an_old_go_is_named_with_the_version_that_is_needed(self):
        with tempfile.TemporaryDirectory() as folder:
            old = os.path.join(folder, "go")
            with open(old, "w") as file:
                file.write("#!/bin/sh\necho go1.19.8\n")
            os.chmod(old, 0o755)
            with mock.patch.object(host, "find", lambda _: old):
                with self.assertRaisesRegex(failure.Failure, r"Go 1\.26.* is needed.*go1\.19\.8"):
                    binaries.find_go()
                with mock.patch.object(binaries, "are_built", lambda: False):
                    self.assertRegex(binaries.problems()[0], "go1.19.8")
                with mock.patch.object(binaries, "are_built", lambda: True):
                    self.assertEqual(binaries.problems(), [])

    def test_the_hash_of_the_pins_changes_with_any_pin(self):
        before = binaries.pins_hash()
        with tempfile.TemporaryDirectory() as folder:
            modules = os.path.join(folder, "modules")
            shutil.copytree(binaries.MODULES_FOLDER, modules)
            with mock.patch.object(binaries, "MODULES_FOLDER", modules):
                self.assertEqual(binaries.pins_hash(), before)
                with open(os.path.join(modules, "node", "go.sum"), "a") as file:
                    file.write("\n")
                self.assertNotEqual(binaries.pins_hash(), before)

    def test_every_flag_needs_a_component(self):
        tool = Tool()
        self.addCleanup(tool.end)
        for flag in ("--v=4", "kublet=--v=4", "kubelet="):
            answer = tool.run("up", "x", "--flag=" + flag)
            self.assertEqual(answer.returncode, 1, flag)
            self.assertIn("COMPONENT=FLAG", answer.stderr)
            self.assertEqual(os.listdir(tool.state), [])


class Unified(unittest.TestCase):
    """The cgroup code as on a host with version 2 only, on a real unified hierarchy."""

    def setUp(self):
        points = [point for kind, point, _ in cgroup._mounts() if kind == "cgroup2"]
        self.assertTrue(points, "no cgroup2 hierarchy is mounted on this machine")
        patch = mock.patch.object(cgroup, "_mounts", lambda: [("cgroup2", points[0], ["rw"])])
        patch.start()
        self.addCleanup(patch.stop)
        self.cgroup = f"/sluice-devcluster/unified-{os.getpid()}"

    def test_processes_are_found_frozen_or_not_and_the_groups_go_with_them(self):
        self.assertEqual(cgroup.version(), 2)
        cgroup.create(self.cgroup)
        child = subprocess.Popen(["sleep", "600"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        procs = cgroup.procs_file(self.cgroup)
        with open(procs, "w") as file:
            file.write(str(child.pid))
        with open(os.path.join(os.path.dirname(procs), "cgroup.freeze"), "w") as file:
            file.write("1")
        self.assertEqual(cgroup.pids(self.cgroup), {child.pid})
        self.assertEqual(cgroup.kill_all(self.cgroup, 5), set())
        self.assertEqual(child.wait(5), -signal.SIGKILL)
        self.assertEqual(cgroup.remove(self.cgroup), [])
        self.assertFalse(cgroup.exists(self.cgroup))


if __name__ == "__main__":
    unittest.main()
