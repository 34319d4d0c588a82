"""The operator's address space is bounded while it works: it serves on, or says that there is no memory and leaves."""

import contextlib
import os
import resource
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disturbed import Disturbed, by_digest, channel, cluster, fault, load_tests  # noqa: E402, F401

MORE_KIB = (0, 64, 256, 1024, 4096, 16384)  # beyond what it has when it is bounded
NO_MEMORY = 71  # MEMORY_EXIT of controller/base/memory.h
MOST_LARGE = 500  # channels of 40 KB each: long before that nothing fits


def large(number):
    """A channel as large as the schema lets it be: 32 workloads, which nobody has, of 16 containers each."""
    containers = {f"{i:02d}" + "c" * 61: "web" for i in range(16)}
    return channel(f"large-{number}", workloads=[
        {"kind": "Deployment", "name": f"{number:03d}-{i:02d}-" + "w" * 56, "containers": containers} for i in range(32)])


class Memory(Disturbed):
    @contextlib.contextmanager
    def bounded(self, more_kib):
        """RLIMIT_AS of the process, which cannot be told from a machine that has no more."""
        pid = self.operator.process.pid
        with open(f"/proc/{pid}/status") as file:
            now_kib = next(int(line.split()[1]) for line in file if line.startswith("VmSize"))
        before = resource.prlimit(pid, resource.RLIMIT_AS, ((now_kib + more_kib) * 1024, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            if self.operator.process.poll() is None:
                resource.prlimit(pid, resource.RLIMIT_AS, before)

    def has_ended(self):
        return self.operator.process.poll() is not None

    @fault("no address space left")
    def test_it_serves_on_or_leaves(self):
        """with so much more than it has, all connections new and everything listed again: it serves on, or leaves with exit code 71"""
        self.begin()
        for number, more_kib in enumerate(MORE_KIB):
            with self.one_run():
                name, digest = f"bounded-{more_kib}", (self.two, self.one)[number % 2]
                with self.bounded(more_kib):
                    self.proxy.sever()
                    self.make(by_digest(name, digest))
                    cluster.eventually("it has served or left", lambda name=name: self.has_ended() or
                                       self.promo(name).get("phase") == "Succeeded")
                has_left = self.has_ended()
                print(f"    {more_kib} KiB more: {'left' if has_left else 'served'}", flush=True)
                if has_left:
                    self.assertEqual(self.operator.process.returncode, NO_MEMORY, self.operator.log(100))
                    self.assertIn("no memory for", self.operator.log(5))
                    self.operator.start()
                self.ends_well(name, digest)
        self.is_at_rest()

    @fault("no address space left")
    def test_it_leaves_when_there_is_more_than_fits(self):
        """no more than it has, and more and more large channels: it leaves with exit code 71, and knows them all when it is started again"""
        self.begin()
        made = 0
        with self.bounded(0):
            while not self.has_ended() and made < MOST_LARGE:
                self.make(large(made))
                made += 1
            cluster.eventually("it has left", self.has_ended)
        self.assertEqual(self.operator.process.returncode, NO_MEMORY, self.operator.log(100))
        self.assertIn("no memory for", self.operator.log(5))
        print(f"    it left at {made} large channels", flush=True)
        self.operator.start()
        self.bring("second", self.two)
        for number in range(made):
            self.wait_condition("Ready", name=f"large-{number}", true=False)
            self.api.delete(cluster.channels(self.namespace, f"large-{number}"))
        self.converges()


if __name__ == "__main__":
    cluster.main(own="faults")
