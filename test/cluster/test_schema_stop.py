"""What the apiserver itself says to a ChannelStop: every limit, at it and beyond it, and every rule."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from schema_refusals import Refusals, put  # noqa: E402

STOP = {
    "apiVersion": "sluice.dev/v1alpha1", "kind": "ChannelStop", "metadata": {"name": "one"}, "spec": {"reason": "the database moves"},
}


def expression(**fields):
    return put("spec.selector.matchExpressions", [{"key": "team", **fields}])


def stop_limit(body):
    """The largest stop there can be."""
    body["spec"] = {"reason": "r" * 512, "selector": {
        "matchLabels": {f"{i:02d}" + "k" * 61: "v" * 63 for i in range(16)},
        "matchExpressions": [{"key": "p" * 253 + "/" + "k" * 63, "operator": "In", "values": ["v" * 63] * 64}] * 16}}


# (sentence, change of the stop, parts of the refusal; none: it is accepted)
STOP_ROWS = [
    ("the smallest stop is accepted", lambda body: None),
    ("the largest stop is accepted", stop_limit),
    ("a stop of no selector is accepted", put("spec.selector", {})),
    ("a stop without a reason is refused", put("spec", {}), "spec.reason: Required"),
    ("a stop with an empty reason is refused", put("spec.reason", ""), "spec.reason"),
    ("a reason of 513 is refused", put("spec.reason", "r" * 513), "spec.reason", "512"),
    ("17 labels are refused", put("spec.selector", {"matchLabels": {f"k{i}": "v" for i in range(17)}}),
     "spec.selector.matchLabels", "Too many: 17"),
    ("a label that is a number is refused", put("spec.selector", {"matchLabels": {"k": 1}}), "spec.selector.matchLabels.k", "string"),
    ("a selector of another kind is refused", put("spec.selector", {"namespaces": ["shop"]}), 'unknown field "spec.selector.namespaces"'),
    ("an expression In is accepted", expression(operator="In", values=["shop"])),
    ("an expression Exists is accepted", expression(operator="Exists")),
    ("an expression of another operator is refused", expression(operator="Like"), "spec.selector.matchExpressions[0].operator",
     '"In", "NotIn", "Exists", "DoesNotExist"'),
    ("an expression In of nothing is refused", expression(operator="In"), "In and NotIn need values, Exists and DoesNotExist take none"),
    ("an expression Exists with values is refused", expression(operator="Exists", values=["shop"]),
     "In and NotIn need values, Exists and DoesNotExist take none"),
    ("an expression without a label is refused", put("spec.selector.matchExpressions", [{"operator": "Exists"}]), "key: Required"),
]


def _try_stop(case, change, *wanted):
    case.try_to_create("/apis/sluice.dev/v1alpha1/channelstops", STOP, change, wanted)


@cluster.rows(STOP_ROWS, _try_stop)
class Stop(Refusals):
    def test_a_stop_belongs_to_no_namespace(self):
        path = f"/apis/sluice.dev/v1alpha1/namespaces/{self.namespace}/channelstops"
        with self.assertRaises(cluster.ApiError) as refused:
            self.api.create(path, STOP)
        self.assertEqual(refused.exception.code, 404)


if __name__ == "__main__":
    cluster.main()
