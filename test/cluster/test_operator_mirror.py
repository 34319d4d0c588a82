"""A mirror in front of the cluster's registry: it is asked first, the registry where it cannot answer, and pins keep the registry's name."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import REGISTRY, Case, Images  # noqa: E402
from standing import Fake, entry, line, wait_running  # noqa: E402

REPOSITORY = "test/mirrored"
AT_MIRROR = f"good/{REPOSITORY}"


class Mirror(Case):
    @classmethod
    def setUpClass(cls):
        cls.mirror = Fake()
        cls.operator_flags = ["--insecure-registry", cls.mirror.host, "--registry-mirror", f"{REGISTRY}=http://{cls.mirror.host}/good"]
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.mirror.close()

    def mirror_has(self, tag, digest):
        self.mirror.copy_all(AT_MIRROR, {tag: digest}, source=REPOSITORY)

    def wait_pinned(self, digest):
        wait_running(self, ["shop"], digest)
        self.assertEqual(self.image(name="shop"), f"{REGISTRY}/{REPOSITORY}@{digest}")
        self.assertIsNone(self.condition(self.status(), "IntakeFailed"))

    def test_a_mirror_is_asked_first_and_the_registry_where_it_cannot_answer(self):
        """what the mirror alone has under a tag, then what the registry alone has while the mirror is in trouble"""
        one, two, three = (Images.web(tag, repository=REPOSITORY) for tag in ("0.1.0", "0.2.0", "3.0.0"))
        self.mirror_has("1.0.0", one)
        for body in line("shop", **entry(f"{REGISTRY}/{REPOSITORY}")):
            self.make(body)
        self.wait_pinned(one)
        self.mirror_has("2.0.0", two)
        self.wait_pinned(two)
        self.mirror.behave(AT_MIRROR, "trouble")
        self.wait_pinned(three)


if __name__ == "__main__":
    cluster.main()
