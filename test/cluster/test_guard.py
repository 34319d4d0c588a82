"""The pin guard: no writer brings another digest into a pinned workload, and one without a release waits quietly.

No operator runs here. The tests write the pins in its name, and everything else as some other user.
"""

import copy
import http.client
import json
import os
import sys
import threading
import time
import unittest

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402

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


def _call(case, kind, check):
    check(case, kind)


# ---- before the first release -------------------------------------------------------------------------------

def waits(case, kind):
    case.assert_waiting(case.create(manifest(kind)))
    case.assert_waiting(case.get(kind))


def waits_beside_others(case, kind):
    case.pin(kind, "other")
    case.assert_waiting(case.create(manifest(kind)))


def waits_with_its_own_image(case, kind):
    case.assert_waiting(case.create(manifest(kind, web=EVIL, migrate=EVIL)), {"web": EVIL, "side": SIDE, "migrate": EVIL})


def goes_on_waiting(case, kind):
    """Neither an image nor the removal of the gate by others lets it run."""
    body = case.create(manifest(kind))
    root = template_path(body)
    case.api.json_patch(case.path(kind, "web"), [
        {"op": "remove", "path": root + "/spec/schedulingGates"},
        {"op": "remove", "path": root + "/metadata/labels/sluice.dev~1no-release"},
        {"op": "replace", "path": root + "/spec/containers/1/image", "value": EVIL}])
    case.assert_waiting(case.get(kind), {"web": EVIL, "side": SIDE, "migrate": NOTHING})
    case.api.replace(case.path(kind, "web"), manifest(kind, web=EVIL, migrate=EVIL))
    case.assert_waiting(case.get(kind), {"web": EVIL, "side": SIDE, "migrate": EVIL})


def starts_with_the_first_pin(case, kind):
    body = case.create(manifest(kind))
    case.pin(kind)
    done = case.acting.apply(case.path(kind, "web"), {
        "apiVersion": body["apiVersion"], "kind": kind, "metadata": {"name": "web", "uid": body["metadata"]["uid"]},
        **at_template(kind, {"spec": {"containers": [{"name": "web", "image": WEB}],
                                      "initContainers": [{"name": "migrate", "image": JOBS}]}})}, "sluice", True)
    case.assert_pinned(done)
    case.assert_pinned(case.get(kind))


def starts_with_any_write(case, kind):
    case.create(manifest(kind))
    case.pin(kind)
    case.assert_pinned(case.api.merge(case.path(kind, "web"), {"metadata": {"annotations": {"a": "b"}}}))


def waits_for_all_pins(case, kind):
    """A container that no pin names, and that has no image, keeps it waiting."""
    case.create(manifest(kind, side=None))
    case.pin(kind)
    done = case.api.merge(case.path(kind, "web"), {"metadata": {"annotations": {"a": "b"}}})
    case.assert_waiting(done, {**PINNED, "side": NOTHING})
    case.pin(kind, **{f"{kind}.web.side": WEB_2})
    done = case.api.merge(case.path(kind, "web"), {"metadata": {"annotations": {"a": "c"}}})
    case.assert_pinned(done, {**PINNED, "side": WEB_2})


def waits_for_pins_that_fit(case, kind):
    """Pins of containers that it does not have let nothing run."""
    case.create(manifest(kind, web=EVIL, migrate=EVIL))
    case.pin(kind, "other", **{f"{kind}.web.elsewhere": WEB})
    done = case.api.merge(case.path(kind, "web"), {"metadata": {"annotations": {"a": "b"}}})
    case.assert_waiting(done, {"web": EVIL, "side": SIDE, "migrate": EVIL})


def keeps_gates_of_others(case, kind):
    body = manifest(kind)
    template_of(body)["spec"]["schedulingGates"] = [{"name": "example.com/first"}, {"name": "example.com/last"}]
    case.assertEqual(gates_of(case.create(body)), ["example.com/first", "example.com/last", MARK])
    case.pin(kind)
    done = case.api.merge(case.path(kind, "web"), {"metadata": {"annotations": {"a": "b"}}})
    case.assertEqual(gates_of(done), ["example.com/first", "example.com/last"])
    case.assertEqual(images_of(done), PINNED)


def is_not_confused_by_dots(case, kind):
    case.pin(kind, "web.eu")
    case.assert_waiting(case.create(manifest(kind)))
    case.assert_pinned(case.create(manifest(kind, "web.eu")))


def without_the_label_is_left_alone(case, kind):
    images = {"web": EVIL, "side": SIDE, "migrate": EVIL}
    body = case.create(manifest(kind, labels={}, **images))
    case.assertEqual((images_of(body), gates_of(body)), (images, []))
    with case.assertRaises(cluster.ApiError) as refusal:
        case.create(manifest(kind, "bare", labels={}))
    case.assertIn("image: Required value", refusal.exception.message)


WAITING = for_each_kind([
    ("without a release waits quietly", waits),
    ("without a release waits beside one that has pins", waits_beside_others),
    ("without a release waits even with images of its own", waits_with_its_own_image),
    ("without a release is not made to run by others", goes_on_waiting),
    ("starts with the operator's first apply", starts_with_the_first_pin),
    ("starts with anybody's next write once it is pinned", starts_with_any_write),
    ("waits until every container has an image", waits_for_all_pins),
    ("does not start by pins of containers that it lacks", waits_for_pins_that_fit),
    ("keeps the scheduling gates of others", keeps_gates_of_others),
    ("without the label is left alone", without_the_label_is_left_alone),
]) + [(f"a {kind} is not taken for one whose name begins the same", kind, is_not_confused_by_dots)
      for kind in KINDS if kind != "StatefulSet"]  # whose name may have no dots


# ---- adoption of what runs ------------------------------------------------------------------------------------

RUNNING = {"web": "registry.example.com/shop/web:v1", "side": SIDE, "migrate": "registry.example.com/shop/jobs:v1"}


def runs_on_when_labelled(case, kind):
    case.create(manifest(kind, labels={}, **RUNNING))
    done = case.api.merge(case.path(kind, "web"), {"metadata": {"labels": {"sluice.dev/channel": "shop"}}})
    case.assertEqual((images_of(done), gates_of(done)), (RUNNING, []))
    done = case.api.merge(case.path(kind, "web"), {"metadata": {"annotations": {"a": "b"}}})
    case.assertEqual((images_of(done), gates_of(done)), (RUNNING, []))


def runs_on_when_its_images_are_left_out(case, kind):
    case.create(manifest(kind, labels={}, **RUNNING))
    done = case.api.replace(case.path(kind, "web"), manifest(kind))
    case.assertEqual((images_of(done), gates_of(done)), (RUNNING, []))


def runs_on_when_its_owner_lets_go_of_the_image(case, kind):
    case.api.apply(case.path(kind, "web"), manifest(kind, labels={}, **RUNNING), "gitops")
    done = case.api.apply(case.path(kind, "web"), manifest(kind), "gitops")
    case.assertEqual((images_of(done), gates_of(done)), (RUNNING, []))


def waits_for_a_new_container(case, kind):
    """Never with a placeholder and without the gate."""
    case.create(manifest(kind, **RUNNING, labels={}))
    more = manifest(kind)
    template_of(more)["spec"]["containers"].append({"name": "more"})
    case.assert_waiting(case.api.replace(case.path(kind, "web"), more), {**RUNNING, "more": NOTHING})


ADOPTED = for_each_kind([
    ("that runs goes on when it is labelled", runs_on_when_labelled),
    ("that runs goes on when its manifest leaves the images out", runs_on_when_its_images_are_left_out),
    ("that runs goes on when its owner gives the image up", runs_on_when_its_owner_lets_go_of_the_image),
    ("that runs waits for a new container without an image", waits_for_a_new_container),
])


# ---- pinned ---------------------------------------------------------------------------------------------------

def _old(case, kind):
    return manifest(kind, web=EVIL, migrate=EVIL)


def by_set_image(case, kind):
    cluster.kubectl("set", "image", f"{kind.lower()}/web", f"web={EVIL}", f"migrate={EVIL}", "-n", case.namespace)


def by_apply(case, kind):
    cluster.kubectl("apply", "-n", case.namespace, "-f", "-", stdin=yaml.safe_dump(_old(case, kind)))


def by_kubectl_replace(case, kind):
    def is_done():
        # It reads and writes; between the two the kind's controller may write the status.
        done = cluster.kubectl("replace", "-n", case.namespace, "-f", "-", stdin=yaml.safe_dump(_old(case, kind)), check=False)
        if done.returncode and "(Conflict)" not in done.stderr:
            raise AssertionError(done.stderr)
        return done.returncode == 0
    cluster.eventually("kubectl has replaced it", is_done)


def by_recreation(case, kind):
    cluster.kubectl("replace", "--force", "-n", case.namespace, "-f", "-", stdin=yaml.safe_dump(_old(case, kind)))


def by_kubectl_patch(case, kind):
    change = at_template(kind, {"spec": {"containers": [{"name": "web", "image": EVIL}]}})
    cluster.kubectl("patch", f"{kind.lower()}/web", "-n", case.namespace, "--type=strategic", "-p", json.dumps(change))


def by_forced_apply(case, kind):
    case.api.apply(case.path(kind, "web"), _old(case, kind), "gitops", force=True)


def by_json_patch(case, kind):
    root = template_path(manifest(kind))
    case.api.json_patch(case.path(kind, "web"), [{"op": "replace", "path": root + "/spec/containers/1/image", "value": EVIL},
                                                 {"op": "replace", "path": root + "/spec/initContainers/0/image", "value": EVIL}])


def by_merge_patch(case, kind):
    containers = template_of(_old(case, kind))["spec"]["containers"]
    case.api.merge(case.path(kind, "web"), at_template(kind, {"spec": {"containers": containers}}))


def by_replace(case, kind):
    case.api.replace(case.path(kind, "web"), _old(case, kind))


def by_order(case, kind):
    """The same containers in another order: the pins go by name."""
    body = _old(case, kind)
    template_of(body)["spec"]["containers"].reverse()
    case.api.replace(case.path(kind, "web"), body)


def by_taking_the_label(case, kind):
    case.api.json_patch(case.path(kind, "web"), [{"op": "remove", "path": "/metadata/labels/sluice.dev~1channel"}])
    by_json_patch(case, kind)


def by_taking_the_label_in_one_go(case, kind):
    case.api.replace(case.path(kind, "web"), manifest(kind, labels={}, web=EVIL, migrate=EVIL))


def by_leaving_out_the_image(case, kind):
    case.api.replace(case.path(kind, "web"), manifest(kind))


def by_the_operator(case, kind):
    """Even the operator's own apply of something else gets the pin."""
    case.acting.apply(case.path(kind, "web"), {
        "apiVersion": PATHS[kind][0], "kind": kind, "metadata": {"name": "web"},
        **at_template(kind, {"spec": {"containers": [{"name": "web", "image": EVIL}]}})}, "sluice", True)


def by_the_old_history(case, kind):
    """What kubectl rollout undo does: the template of a revision from before the pin."""
    cluster.kubectl("annotate", f"{kind.lower()}/web", "note=x", "-n", case.namespace)
    case.api.json_patch(case.path(kind, "web"), [{"op": "replace", "path": template_path(manifest(kind)),
                                                  "value": {**template_of(case.get(kind)), **template_of(_old(case, kind)),
                                                            "metadata": {"labels": {"app": "web"}}}}])


WRITERS = [
    ("kubectl set image", by_set_image), ("kubectl apply of an old manifest", by_apply),
    ("kubectl replace", by_kubectl_replace), ("deletion and creation", by_recreation), ("kubectl patch", by_kubectl_patch),
    ("a forced server-side apply", by_forced_apply), ("a JSON patch", by_json_patch), ("a merge patch", by_merge_patch),
    ("a replacement of the object", by_replace), ("another order of the containers", by_order),
    ("somebody who takes the label off first", by_taking_the_label),
    ("somebody who takes the label off at the same time", by_taking_the_label_in_one_go),
    ("a manifest without images", by_leaving_out_the_image), ("the operator itself", by_the_operator),
    ("a return to an old template", by_the_old_history),
]


def holds(writer):
    def check(case, kind):
        case.pin(kind)
        case.create(manifest(kind))
        writer(case, kind)
        case.assert_pinned(case.get(kind))
    return check


def is_born_pinned(case, kind):
    case.pin(kind)
    case.assert_pinned(case.create(manifest(kind)))


def is_pinned_without_the_label(case, kind):
    case.pin(kind)
    case.assert_pinned(case.create(manifest(kind, labels={}, web=EVIL, migrate=EVIL)))


def keeps_its_sidecar(case, kind):
    case.pin(kind)
    case.create(manifest(kind))
    done = case.api.replace(case.path(kind, "web"), manifest(kind, side="registry.example.com/sidecar:v4"))
    case.assert_pinned(done, {**PINNED, "side": "registry.example.com/sidecar:v4"})


def moves_with_the_pin(case, kind):
    case.pin(kind)
    case.create(manifest(kind))
    case.pin(kind, web=WEB_2)
    done = case.acting.apply(case.path(kind, "web"), {
        "apiVersion": PATHS[kind][0], "kind": kind, "metadata": {"name": "web"},
        **at_template(kind, {"spec": {"containers": [{"name": "web", "image": WEB_2}]}})}, "sluice", True)
    case.assert_pinned(done, {**PINNED, "web": WEB_2})


def has_no_guard_against_its_owner(case, kind):
    """The rest of the object stays everybody's."""
    case.pin(kind)
    case.create(manifest(kind))
    root = template_path(manifest(kind))
    done = case.api.json_patch(case.path(kind, "web"), [
        {"op": "add", "path": root + "/spec/containers/1/env", "value": [{"name": "A", "value": "b"}]}])
    case.assert_pinned(done)
    case.assertEqual(template_of(done)["spec"]["containers"][1]["env"], [{"name": "A", "value": "b"}])


def is_free_in_an_emergency(case, kind):
    case.pin(kind)
    case.create(manifest(kind))
    space = f"/api/v1/namespaces/{case.namespace}"
    case.api.merge(space, {"metadata": {"labels": {"sluice.dev/guard": "off"}}})
    cluster.eventually("the guard is off", lambda: (by_json_patch(case, kind), images_of(case.get(kind))["web"] == EVIL)[1])
    case.api.merge(space, {"metadata": {"labels": {"sluice.dev/guard": None}}})
    cluster.eventually("the guard is back", lambda: images_of(case.api.merge(
        case.path(kind, "web"), {"metadata": {"annotations": {"at": str(time.monotonic())}}}))["web"] == WEB)
    case.assert_pinned(case.get(kind))


HELD = for_each_kind([
    ("is born pinned", is_born_pinned),
    ("that has pins is pinned without the label", is_pinned_without_the_label),
    *[(f"is held against {sentence}", holds(writer)) for sentence, writer in WRITERS],
    ("keeps the sidecar that no pin names", keeps_its_sidecar),
    ("moves when the pin moves", moves_with_the_pin),
    ("is changed by its owner in all else", has_no_guard_against_its_owner),
    ("is free where an admin switched the guard off", is_free_in_an_emergency),
])


@cluster.rows(WAITING, _call)
class BeforeTheFirstRelease(Guard):
    def test_a_cronjob_that_its_owner_suspended_stays_so(self):
        body = manifest("CronJob")
        body["spec"]["suspend"] = True
        self.create(body)
        self.pin("CronJob")
        done = self.api.merge(self.path("CronJob", "web"), {"metadata": {"annotations": {"a": "b"}}})
        self.assertTrue(done["spec"]["suspend"])
        self.assertEqual((images_of(done), gates_of(done)), (PINNED, []))

    def test_a_waiting_cronjob_is_not_resumed_by_others(self):
        self.create(manifest("CronJob"))
        self.api.merge(self.path("CronJob", "web"), {"spec": {"suspend": False}})
        self.assert_waiting(self.get("CronJob"))

    def test_pods_of_a_waiting_deployment_are_gated_and_give_way_to_pinned_ones(self):
        body = manifest("Deployment")
        body["spec"]["replicas"] = 1
        body["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
        self.create(body)
        pods = f"/api/v1/namespaces/{self.namespace}/pods"

        def the_pod():
            found = [one for one in self.api.get(pods)["items"] if "deletionTimestamp" not in one["metadata"]]
            return found[0] if len(found) == 1 else None
        waiting = cluster.eventually("there is a pod, and it is gated", lambda: (
            pod := the_pod()) and "SchedulingGated" in json.dumps(pod["status"]) and pod)
        self.assertNotIn("nodeName", waiting["spec"])
        self.assertEqual(waiting["metadata"]["labels"][MARK], "true")
        self.pin("Deployment")
        self.api.merge(self.path("Deployment", "web"), {"metadata": {"annotations": {"a": "b"}}})
        pinned = cluster.eventually("the pod is another", lambda: (pod := the_pod()) and MARK not in pod["metadata"]["labels"] and pod)
        self.assertEqual({one["name"]: one["image"] for one in pinned["spec"]["containers"] + pinned["spec"]["initContainers"]}, PINNED)


@cluster.rows(ADOPTED, _call)
class Adopted(Guard):
    pass


@cluster.rows(HELD, _call)
class Held(Guard):
    def test_scaling_is_untouched(self):
        for kind in ("Deployment", "StatefulSet"):
            with self.subTest(kind):
                self.pin(kind)
                self.create(manifest(kind))
                cluster.kubectl("scale", f"{kind.lower()}/web", "--replicas=0", "-n", self.namespace)
                self.api.merge(self.path(kind, "web/scale"), {"spec": {"replicas": 1}})
                self.assertEqual(self.get(kind)["spec"]["replicas"], 1)
                self.assert_pinned(self.get(kind))

    def test_all_kinds_live_beside_one_another(self):
        self.pin_all_kinds()
        for kind in KINDS:
            self.assert_pinned(self.create(manifest(kind)))

    def test_the_outcome_is_the_same_in_whatever_order_the_policies_are_asked(self):
        # The apiserver draws a new order whenever a policy changes, and looks for changes every second.
        self.pin_all_kinds()
        policy = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/sluice-no-release"
        self.addCleanup(self.api.merge, policy, {"metadata": {"annotations": {"sluice.dev/shuffled": None}}})
        for turn in range(8):
            self.api.merge(policy, {"metadata": {"annotations": {"sluice.dev/shuffled": str(turn)}}})
            time.sleep(1.2)
            for kind in KINDS:
                self.assert_pinned(self.api.create(self.path(kind) + "?dryRun=All", manifest(kind)))
                self.assert_waiting(self.api.create(self.path(kind) + "?dryRun=All", manifest(kind, "unpinned")))

    def test_the_largest_set_of_pins_is_within_the_cost_limits(self):
        # 32 workloads of 16 containers in each of two channels, with long names.
        names = [f"{i:02d}" + "w" * 61 for i in range(64)]
        containers = [f"{i:02d}" + "c" * 61 for i in range(16)]
        pins = {f"Deployment.{name}.{container}": WEB for name in names for container in containers}
        cluster.write_pins(self.acting, self.namespace, pins)
        body = manifest("Deployment", names[-1])
        template_of(body)["spec"] = {"containers": [{"name": one} for one in containers]}
        wanted = {one: WEB for one in containers}
        cluster.eventually("all are pinned", lambda: images_of(
            self.api.create(self.path("Deployment") + "?dryRun=All", body)) == wanted)

    def test_a_foreign_map_with_the_label_of_the_pins_changes_nothing(self):
        self.api.create(f"/api/v1/namespaces/{self.namespace}/configmaps", {
            "metadata": {"name": "forged", "labels": {"sluice.dev/pins": "true"}},
            "data": {"Deployment.web.web": EVIL, "Deployment.web.migrate": EVIL}})
        self.pin("Deployment")
        self.assert_pinned(self.create(manifest("Deployment")))
        self.assert_waiting(self.create(manifest("StatefulSet")))

    def test_a_pin_that_was_just_moved_gives_the_old_image_or_the_new_one(self):
        # The apiserver reads the pins from a cache: an apply right after the pin may meet the old one, never a third.
        self.pin("Deployment")
        self.create(manifest("Deployment"))
        stale = 0
        for turn in range(40):
            new, old = (WEB_2, WEB) if turn % 2 == 0 else (WEB, WEB_2)
            cluster.write_pins(self.acting, self.namespace, {"Deployment.web.web": new, "Deployment.web.migrate": JOBS})
            wish = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
                    "spec": {"template": {"spec": {"containers": [{"name": "web", "image": new}]}}}}
            got = images_of(self.acting.apply(self.path("Deployment", "web"), wish, "sluice", True))["web"]
            self.assertIn(got, (new, old))
            stale += got != new
            cluster.eventually("the next applies meet the new pin", lambda: images_of(
                self.acting.apply(self.path("Deployment", "web"), wish, "sluice", True))["web"] == new, pause_s=0.005)
        print(f"(stale {stale} of 40) ", end="", flush=True)


class Pods(Guard):
    """Below the workload: its pods, and the ReplicaSet of a Deployment. A gate of somebody else keeps them off the node."""

    def workload(self, kind, name="web"):
        body = manifest(kind, name, web=WEB, migrate=JOBS)
        if "replicas" in body["spec"]:
            body["spec"]["replicas"] = 1
        template_of(body)["spec"]["schedulingGates"] = [{"name": "example.com/never"}]
        if kind == "CronJob":  # what its controller makes at the hour
            body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"{name}-29000000"},
                    "spec": body["spec"]["jobTemplate"]["spec"]}
            template_of(body)["metadata"] = {"labels": {"app": name}}
            return self.api.create(f"/apis/batch/v1/namespaces/{self.namespace}/jobs", body)
        return self.create(body)

    def child(self, list_path):
        """The path of the one object in that list."""
        found = cluster.eventually("its controller has made it", lambda: self.api.get(list_path)["items"])
        return f"{list_path}/{found[0]['metadata']['name']}"

    def assert_held(self, path, root):
        for where in ("containers/1", "initContainers/0"):
            with self.assertRaises(cluster.ApiError) as refusal:
                self.api.json_patch(path, [{"op": "replace", "path": f"{root}/{where}/image", "value": EVIL}])
            self.assertEqual(refusal.exception.code, 403, refusal.exception.message)
            self.assertIn("is pinned to registry.example.com/shop/", refusal.exception.message)
            self.assertIn("make a Promotion instead", refusal.exception.message)
        self.api.json_patch(path + "?dryRun=All", [{"op": "replace", "path": f"{root}/containers/0/image", "value": EVIL}])
        self.api.merge(path, {"metadata": {"annotations": {"a": "b"}}})

    def test_pods_of_others_are_left_alone(self):
        self.pin_all_kinds()
        self.workload("Deployment", "other")
        path = self.child(f"/api/v1/namespaces/{self.namespace}/pods")
        self.api.json_patch(path, [{"op": "replace", "path": "/spec/containers/1/image", "value": EVIL}])

    def test_a_replica_set_s_pinned_image_is_not_changed(self):
        self.pin_all_kinds()
        self.workload("Deployment")
        self.assert_held(self.child(f"/apis/apps/v1/namespaces/{self.namespace}/replicasets"), "/spec/template/spec")


def _pod_is_held(case, kind):
    case.pin_all_kinds()
    case.workload(kind)
    case.assert_held(case.child(f"/api/v1/namespaces/{case.namespace}/pods"), "/spec")


cluster.rows([(f"a pod of a {kind} keeps its pinned image", kind) for kind in KINDS], _pod_is_held)(Pods)


class Restart(Guard):
    def test_no_write_gets_another_image_through_while_the_apiserver_comes_back(self):
        self.pin_all_kinds()
        for kind in KINDS:
            self.create(manifest(kind))
        with cluster.apiserver_killed() as start:
            restarting = threading.Thread(target=start)
            restarting.start()
            done, first_s, refusals = self._hammer(restarting)
            restarting.join()
        self.assertGreaterEqual(done, 100)
        print(f"(first write {first_s:.1f} s after the kill, refused before with {sorted(refusals)}) ", end="", flush=True)
        for kind in KINDS:
            self.assert_pinned(self.get(kind))

    def _hammer(self, restarting):
        """Writes an old manifest as often as it can, until the restart is over and 100 writes are done."""
        began, first_s, refusals, done = time.monotonic(), None, set(), 0
        while (restarting.is_alive() or done < 100) and time.monotonic() - began < 120:
            for kind in KINDS:
                try:
                    got = images_of(self.api.replace(self.path(kind, "web"), _old(self, kind)))
                except cluster.ApiError as error:
                    refusals.add(error.code)
                    continue
                except (OSError, http.client.HTTPException):
                    time.sleep(0.02)
                    continue
                first_s = first_s or time.monotonic() - began
                done += 1
                self.assertEqual(got, PINNED)
        return done, first_s, refusals

    def test_a_promotion_can_be_made_soon_after_a_restart(self):
        with cluster.apiserver_killed() as start:
            start()
        began = time.monotonic()
        body = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"generateName": "again-"},
                "spec": {"channel": "shop", "rollback": {"to": "Previous"}}}
        made = cluster.eventually("a promotion is accepted", lambda: self.api.create(cluster.promotions(self.namespace), copy.deepcopy(body)))
        print(f"(after {time.monotonic() - began:.1f} s) ", end="", flush=True)
        self.assertEqual(made["spec"]["requestedBy"], self.api.whoami())


del Guard  # only its children are tests

if __name__ == "__main__":
    cluster.main()
