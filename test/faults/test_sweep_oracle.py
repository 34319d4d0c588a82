"""The oracle of the crash sweep: what it takes for the same, and that it sees what is not."""

import copy
import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import sweep_oracle  # noqa: E402
from sweep_journal import Change  # noqa: E402

A, B, EVIL = ("sha256:" + letter * 64 for letter in "abe")
UID = "0b0b0b0b-0000-4000-8000-0123456789a{}"


def thing(kind, name, number, namespace, **fields):
    return {"kind": kind, "metadata": {"name": name, "namespace": namespace, "uid": UID.format(number), "resourceVersion": str(number),
                                       "creationTimestamp": f"2026-01-01T00:00:0{number}Z"}, **fields}


def pod(name, digest, namespace, owner="web-5f6d"):
    made = thing("Pod", name, 5, namespace, spec={"containers": [{"name": "web", "image": f"example.com/web@{digest}"}]},
                 status={"conditions": [{"type": "Ready", "status": "True"}]})
    made["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": owner, "controller": True}]
    return made


class Run:
    """What a journal has of one run: a promotion brings A in place of B."""

    def __init__(self, namespace="run-one", second=1):
        self.namespace, self.objects, self.changes = namespace, {}, []
        channel = thing("ReleaseChannel", "shop", second, namespace, status={
            "current": {"release": "r-0123456789", "since": f"2026-01-01T00:00:1{second}Z"}, "message": f"in {namespace} for {second}s"})
        self.put(channel)
        self.phase("Pending")
        self.phase("Succeeded")
        for name, digest in ((f"web-5f6d-{second}", B), (f"web-7c7c-{second}", A)):
            self.put(pod(name, digest, namespace))
        self.drop("Pod", f"web-5f6d-{second}")
        self.put({"kind": "Event", "metadata": {"name": "x", "namespace": namespace}, "reason": "PromotionSucceeded",
                  "regarding": {"kind": "Promotion", "name": "first"}, "reportingController": "sluice.dev/operator"})

    def put(self, body):
        key = (body["kind"], body["metadata"]["name"])
        self.changes.append(Change("MODIFIED" if key in self.objects else "ADDED", *key, copy.deepcopy(body)))
        self.objects[key] = body

    def drop(self, kind, name):
        self.changes.append(Change("DELETED", kind, name, self.objects.pop((kind, name))))

    def phase(self, phase):
        self.put(thing("Promotion", "first", 2, self.namespace, status={"phase": phase}))

    def channel(self):
        return self.objects[("ReleaseChannel", "shop")]

    def picture(self):
        return sweep_oracle.Picture(self.namespace, self.changes, self.objects)


def gated(run, generation):
    """The Deployment as it waits for its first release."""
    run.put(deployment(run, generation, gates=[{"name": "sluice.dev/no-release"}]))


def deployment(run, generation, gates=()):
    made = thing("Deployment", "web", 7, run.namespace, spec={"template": {"spec": {"schedulingGates": list(gates)}}},
                 status={"observedGeneration": generation})
    made["metadata"].update(generation=generation, annotations={
        "deployment.kubernetes.io/revision": str(generation), sweep_oracle.TEMPLATES: str(generation)})
    return made


def deleted_and_made_again(run):
    promotion = run.objects[("Promotion", "first")]
    run.drop("Promotion", "first")
    run.put(promotion)


def another_digest_for_a_moment(run):
    run.put(pod("web-evil", EVIL, run.namespace))
    run.drop("Pod", "web-evil")


def the_other_order(run):
    pods = [one for one in run.changes if one.kind == "Pod" and one.type == "ADDED"]
    for one in pods:
        run.changes.remove(one)
    run.changes += reversed(pods)


def another_release(run):
    run.channel()["status"]["current"]["release"] = "r-9999999999"


def another_owner_of_a_field(run):
    run.channel()["metadata"]["managedFields"] = [{"manager": "sluice", "operation": "Apply", "fieldsV1": {"f:spec": {}}}]


def an_event_too_many(run):
    run.put({"kind": "Event", "metadata": {"name": "y", "namespace": run.namespace}, "reason": "PromotionFailed",
             "regarding": {"kind": "Promotion", "name": "first"}, "reportingController": "sluice.dev/operator"})


def finished_no_more(run):
    run.phase("RollingOut")
    run.phase("Succeeded")


def a_pod_that_stays(run):
    run.put(pod("web-5f6d-2", B, run.namespace))


TOLD = [
    ("an object that was deleted and made again", deleted_and_made_again, "deleted/Promotion/first"),
    ("a digest that ran for a moment", another_digest_for_a_moment, "ran/Deployment.web.web"),
    ("digests in another order", the_other_order, "ran/Deployment.web.web"),
    ("another release in the end", another_release, "r-9999999999"),
    ("a field that is owned by us and was not", another_owner_of_a_field, "managedFields"),
    ("an Event of something that did not happen", an_event_too_many, "PromotionFailed"),
    ("a finished promotion that is unfinished for a moment", finished_no_more, "was Succeeded and became RollingOut"),
    ("one pod more", a_pod_that_stays, "added/Pod/ReplicaSet.web-5f6d"),
]


class Oracle(unittest.TestCase):
    def setUp(self):
        self.expected = Run().picture()
        self.mask = sweep_oracle.learn(self.expected, Run("run-two", 2).picture())

    def told(self, change):
        run = Run("run-three", 3)
        change(run)
        return sweep_oracle.compare(self.expected, self.mask, run.picture())

    def test_another_run_is_the_same(self):
        """names, times, uids and what differed between two undisturbed runs apart"""
        self.assertEqual(self.told(lambda run: None), [])

    def test_an_event_that_died_with_the_process_is_no_difference(self):
        self.assertEqual(self.told(lambda run: run.changes.pop()), [])

    def test_an_apply_that_the_guard_admitted_with_the_gate_is_no_difference(self):
        """but any other change of the workload is one"""
        pictures = []
        for waits, last in (((1,), 2), ((1, 2), 3), ((1,), 3)):
            run = Run()
            for generation in waits:
                gated(run, generation)
            run.put(deployment(run, last))
            pictures.append(run.picture())
        self.assertEqual(sweep_oracle.compare(pictures[0], set(), pictures[1]), [])
        self.assertTrue(any("generation" in line for line in sweep_oracle.compare(pictures[0], set(), pictures[2])))

    def test_nor_is_it_one_of_a_workload_whose_status_tells_no_generation(self):
        pictures = []
        for waits in ((1,), (1, 2)):
            run = Run()
            for generation in (*waits, len(waits) + 1):
                made = deployment(run, generation, gates=[{"name": "sluice.dev/no-release"}] if generation in waits else ())
                run.put({**made, "status": {}})
            pictures.append(run.picture())
        self.assertEqual(sweep_oracle.compare(pictures[0], set(), pictures[1]), [])

    def test_which_of_its_sets_a_finished_deployment_names_is_no_difference(self):
        """but that its rollout is over is one"""
        pictures = []
        for message in ('ReplicaSet "web-2" has successfully progressed.', 'ReplicaSet "web-1" has successfully progressed.', 'ReplicaSet "web-2" is progressing.'):
            run = Run()
            made = deployment(run, 2)
            run.put({**made, "status": {**made["status"], "conditions": [{"type": "Progressing", "message": message}]}})
            pictures.append(run.picture())
        self.assertEqual(sweep_oracle.compare(pictures[0], set(), pictures[1]), [])
        self.assertEqual(len(sweep_oracle.compare(pictures[0], set(), pictures[2])), 1)

    def test_every_difference_is_told(self):
        for sentence, change, part in TOLD:
            with self.subTest(sentence):
                self.assertTrue(any(part in line for line in self.told(change)), self.told(change))

    def test_a_digest_or_a_release_that_differs_by_itself_is_never_masked(self):
        for change in (another_release, another_digest_for_a_moment, deleted_and_made_again):
            other = Run("run-two", 2)
            change(other)
            with self.subTest(change.__name__), self.assertRaisesRegex(AssertionError, "two undisturbed runs differ"):
                sweep_oracle.learn(self.expected, other.picture())


if __name__ == "__main__":
    unittest.main()
