"""The operator on a machine that gives it nothing more: no file descriptors, no place to write, a disk that is full.

It has no need of a disk but for the file of crashes, without which it goes on, and waits for descriptors.
"""

import os
import resource
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import Images, OwnOperators, by_digest, channel, promotion, workload  # noqa: E402
from standing import Fake, line  # noqa: E402

# Every mount is read-only, as in the deployment (readOnlyRootFilesystem), but for one folder, where the disk is full; then
# the operator. It fails when something can be written after all.
READ_ONLY = """
mount --make-rprivate / && mount -t tmpfs -o size=4k none /var/tmp && head -c 4096 /dev/zero > /var/tmp/full || exit 97
awk '$2 != "/var/tmp" {print $2}' /proc/self/mounts | while read -r place; do mount -o remount,bind,ro "$place" 2> /dev/null; done
if touch /tmp/written /run/written 2> /dev/null || echo more >> /var/tmp/full; then exit 98; fi
TMPDIR=/var/tmp exec "$@"
"""


NO_ROOM = [
    ("without a crash file nothing is lacking", "", ""),
    ("the disk of the crash file is full", "/var/tmp/crashes", "there is no room for it: No space left on device"),
    ("the place of the crash file is read-only", "/tmp/crashes", "cannot be opened: Read-only file system"),
]


def starts_promotes_and_stops(case, path, lack):
    """everything is read-only or full: it starts, says what it lacks, promotes a tag, and stops well"""
    case.begin(within=["unshare", "--mount", "sh", "-c", READ_ONLY, "sluice"], flags=["--crash-file", path] if path else [])
    digest = Images.web("1.0.0")
    case.make(promotion("tag", artifacts=[{"name": "web", "tag": "1.0.0"}]))
    case.wait_phase("tag", "Succeeded")
    case.assertEqual(case.running_digests(), {digest})
    case.assertEqual(case.operator.stop(), 0, case.operator.log())
    said = [line for line in case.operator.log(10000).splitlines() if "not put into quarantine" in line]
    case.assertEqual(len(said), 1, case.operator.log())
    case.assertIn(f"crash file {path}: {lack}" if path else "there is no --crash-file", said[0])


@cluster.rows(NO_ROOM, starts_promotes_and_stops)
class Limits(OwnOperators):
    def begin(self, **options):
        self.operator = self.new_operator(**options).start()
        self.make(workload("Deployment", replicas=1))
        self.make(channel())

    def limit_descriptors(self, soft):
        """Returns what the limit was. What is open stays open."""
        _, hard = resource.prlimit(self.operator.process.pid, resource.RLIMIT_NOFILE)
        return resource.prlimit(self.operator.process.pid, resource.RLIMIT_NOFILE, (soft, hard))[0]

    def cpu_seconds(self):
        with open(f"/proc/{self.operator.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_no_file_descriptor_is_left(self):
        """all connections are lost, and none can be made: it waits, and is not ended"""
        self.begin()
        self.bring("first", Images.web("1.0.0"))
        before = self.limit_descriptors(3)
        try:
            with cluster.apiserver_killed() as start:
                start()
            second = by_digest("second", Images.web("1.1.0"))
            cluster.eventually("the kinds are known again", lambda: self.make(second))
            began = self.cpu_seconds()
            time.sleep(10)
            self.assertLess(self.cpu_seconds() - began, 4, "it waits, and does not spin")
            self.assertIsNone(self.operator.process.poll(), self.operator.log())
            self.assertNotIn("phase", self.promo("second"))
        finally:
            self.limit_descriptors(before)
        self.wait_phase("second", "Succeeded")

    def test_no_file_descriptor_is_left_for_the_registry(self):
        """the apiserver's connections are there: another channel is served, and the promotion says what it waits for"""
        fake = Fake()
        self.addCleanup(fake.close)
        fake.tag("good/limits", "1.0.0")
        self.begin(flags=("--insecure-registry", fake.host))
        self.bring("first", Images.web("1.0.0"))
        for body in line("other", artifacts=[{"name": "web", "image": fake.image("good/limits")}]):
            self.make(body)
        before = self.limit_descriptors(3)
        try:
            self.make(promotion("tag", to="other", artifacts=[{"name": "web", "tag": "1.0.0"}]))
            cluster.eventually("it waits for the registry", lambda: any(
                one["gate"] == "Registry" and fake.host in one["message"] for one in self.promo("tag").get("waitingFor", [])))
            self.assertEqual(fake.requests("good/limits"), [])
            self.make(promotion("back", release=self.status()["current"]["release"]))
            self.wait_phase("back", "Succeeded")
            self.assertIsNone(self.operator.process.poll(), self.operator.log())
        finally:
            self.limit_descriptors(before)
        self.wait_phase("tag", "Succeeded")


if __name__ == "__main__":
    cluster.main()
