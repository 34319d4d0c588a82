"""What the tests of the pin guard share: workloads of every kind with their pins, a look at what came of them, and the base of the tests.

No operator runs in these. They write the pins in its name, and everything else as some other user.
"""

import unittest

import cluster

MARK = "sluice.dev/no-release"
NOTHING = "sluice.dev/no-release:none"
WEB = "registry.example.com/shop/web@sha256:" + "a" * 64
WEB_2 = "registry.example.com/shop/web@sha256:" + "b" * 64
JOBS = "registry.example.com/shop/jobs@sha256:" + "c" * 64
SIDE = "registry.example.com/sidecar:v3"
EVIL = "evil.example.com/web:latest"

PATHS = {"Deployment": ("apps/v1", "deployments"), "StatefulSet": ("apps/v1", "statefulsets"),
         "DaemonSet": ("apps/v1", "daemonsets"), "CronJob": ("batch/v1", "cronjobs")}
KINDS = list(PATHS)


def manifest(kind, name="web", labels=None, **images):
    """A workload with the containers web, side and the init container migrate; images by name, None for none."""
    images = {"web": None, "side": SIDE, "migrate": None, **images}

    def container(one):
        return {"name": one, **({"image": images[one]} if images[one] else {})}
    pod = {"initContainers": [container("migrate")], "containers": [container("side"), container("web")]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    if kind == "CronJob":
        pod["restartPolicy"] = "Never"
        del template["metadata"]
        spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
    else:
        spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
        if kind != "DaemonSet":
            spec["replicas"] = 0
    labels = {"sluice.dev/channel": "shop"} if labels is None else labels
    return {"apiVersion": PATHS[kind][0], "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": spec}


def template_of(body):
    spec = body["spec"]
    return spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]


def images_of(body):
    pod = template_of(body)["spec"]
    return {one["name"]: one.get("image") for one in pod["containers"] + pod.get("initContainers", [])}


def gates_of(body):
    return [gate["name"] for gate in template_of(body)["spec"].get("schedulingGates", [])]


def template_path(body):
    return "/spec/jobTemplate/spec/template" if "jobTemplate" in body["spec"] else "/spec/template"


def at_template(kind, template):
    return {"spec": {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}}


PINNED = {"web": WEB, "side": SIDE, "migrate": JOBS}


class Guard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api, cls.acting = cluster.api(), cluster.operator()

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        cls.acting.close()

    def setUp(self):
        self._namespace = cluster.namespace("guard")
        self.namespace = self._namespace.__enter__()

    def tearDown(self):
        self._namespace.__exit__(None, None, None)

    def path(self, kind, name=""):
        group, plural = PATHS[kind]
        return f"/apis/{group}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def create(self, body):
        return self.api.create(self.path(body["kind"]), body)

    def get(self, kind, name="web"):
        return self.api.get(self.path(kind, name))

    def pin(self, kind, name="web", web=WEB, **more):
        """Writes the pins of one workload, as the operator does, and waits until the apiserver acts on them."""
        pins = {f"{kind}.{name}.web": web, f"{kind}.{name}.migrate": JOBS, **more}
        cluster.write_pins(self.acting, self.namespace, pins)
        probe = manifest(kind, name, labels={}, web=EVIL, migrate=EVIL)
        query = "?dryRun=All&fieldManager=probe&force=true"
        cluster.eventually("the apiserver knows the pins", lambda: images_of(self.api.call(
            "PATCH", self.path(kind, name) + query, probe, "application/apply-patch+yaml"))["web"] == web)

    def pin_all_kinds(self):
        """The same pins for a workload of each kind, all in force when this returns."""
        containers = (("web", WEB), ("migrate", JOBS))
        self.pin("Deployment", **{f"{kind}.web.{name}": image for kind in KINDS for name, image in containers})

    def assert_pinned(self, body, images=None):
        self.assertEqual(images_of(body), images or PINNED)
        self.assertEqual(gates_of(body), [])
        self.assertNotIn(MARK, template_of(body).get("metadata", {}).get("labels", {}))
        if body["kind"] == "CronJob":
            self.assertFalse(body["spec"]["suspend"])
            self.assertNotIn(MARK, body["metadata"].get("annotations", {}))

    def assert_waiting(self, body, images=None):
        self.assertEqual(images_of(body), images or {"web": NOTHING, "side": SIDE, "migrate": NOTHING})
        self.assertIn(MARK, gates_of(body))
        self.assertEqual(template_of(body)["metadata"]["labels"][MARK], "true")
        if body["kind"] == "CronJob":
            self.assertTrue(body["spec"]["suspend"])


def for_each_kind(table):
    return [(f"a {kind} {sentence}", kind, check) for sentence, check in table for kind in KINDS]


def call(case, kind, check):
    check(case, kind)
