"""What the tests of the schemas share: the smallest objects, changes of them, and the base of tests that the apiserver accepts or refuses them.

test_schema_channel.py, test_schema_stop.py and test_schema_promotion.py say what it answers to each change, test_schema_status.py
what people see of a status.
"""

import copy
import unittest

import cluster

HEX64 = "604b6c3e6c8d1c1a8f3f0e0d5e3a2b1c604b6c3e6c8d1c1a8f3f0e0d5e3a2b1c"
DIGEST = "sha256:" + HEX64

CHANNEL = {
    "apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "metadata": {"name": "shop"},
    "spec": {
        "artifacts": [{"name": "web", "image": "registry.example.com/shop/web"}],
        "workloads": [{"kind": "Deployment", "name": "web", "containers": {"web": "web"}}],
    },
}
PROMOTION = {
    "apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": "one"},
    "spec": {"channel": "shop", "release": "r-0a1b2c3d4e"},
}


def put(path, value):
    """A change: sets the value at a path such as spec.artifacts.0.image."""
    def change(body):
        *way, last = path.split(".")
        for step in way:
            body = body[int(step)] if isinstance(body, list) else body.setdefault(step, {})
        body[int(last) if isinstance(body, list) else last] = value
    return change


def both(*changes):
    def change(body):
        for one in changes:
            one(body)
    return change


DURATION_WANTED = "is not a duration of hours, minutes and seconds such as 1h30m, 5m or 30s"


class Refusals(unittest.TestCase):
    """Shared: the object, changed, is accepted, or refused with all the parts of the message."""

    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()
        cls._namespace = cluster.namespace("schema")
        cls.namespace = cls._namespace.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._namespace.__exit__(None, None, None)
        cls.api.close()

    def try_to_create(self, path, base, change, wanted):
        body = copy.deepcopy(base)
        change(body)
        try:
            self.api.call("POST", path + "?dryRun=All&fieldValidation=Strict", body)
        except cluster.ApiError as refusal:
            self.assertIn(refusal.code, (400, 422), refusal.message)
            if not wanted:
                self.fail(f"refused: {refusal.message}")
            for part in wanted:
                self.assertIn(part, refusal.message)
            self.assertLess(len(refusal.message), 4096, "a message stays readable")
        else:
            if wanted:
                self.fail("the apiserver accepted it")
