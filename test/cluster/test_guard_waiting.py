"""The pin guard before the first release: a workload without one waits quietly, and one that runs already goes on.

No operator runs here. The tests write the pins in its name, and everything else as some other user.
"""

import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from guarding import (  # noqa: E402
    EVIL, JOBS, KINDS, MARK, NOTHING, PINNED, SIDE, WEB, WEB_2, Guard, at_template, call, for_each_kind, gates_of, images_of, manifest, template_of,
    template_path)


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


@cluster.rows(WAITING, call)
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


@cluster.rows(ADOPTED, call)
class Adopted(Guard):
    pass


if __name__ == "__main__":
    cluster.main()
