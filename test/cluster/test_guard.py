"""The pin guard on what has pins: no writer brings another digest in, not even while the apiserver comes back.

No operator runs here. The tests write the pins in its name, and everything else as some other user.
"""

import copy
import http.client
import json
import os
import sys
import threading
import time

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from guarding import (  # noqa: E402
    EVIL, JOBS, KINDS, PATHS, PINNED, WEB, WEB_2, Guard, at_template, call, for_each_kind, images_of, manifest, template_of, template_path)


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


@cluster.rows(HELD, call)
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
        body = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"generateName": "again-"},
                "spec": {"channel": "shop", "rollback": {"to": "Previous"}}}
        with cluster.apiserver_killed() as start:
            start()
            began = time.monotonic()
            made = cluster.eventually("a promotion is accepted",
                                      lambda: self.api.create(cluster.promotions(self.namespace), copy.deepcopy(body)))
            print(f"(after {time.monotonic() - began:.1f} s) ", end="", flush=True)
        self.assertEqual(made["spec"]["requestedBy"], self.api.whoami())


if __name__ == "__main__":
    cluster.main()
