"""What runs, asked of the pods themselves: neither the operator nor the workload is believed."""

GATE = "sluice.dev/no-release"


def living(kubectl, namespace, selector="app=web"):
    """The pods that are not on their way out."""
    items = kubectl.json("pods", "-n", namespace, "-l", selector)["items"]
    return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]


def _digest(pod):
    """What the container runtime says that it runs: the digest behind the @ of imageID."""
    states = pod["status"].get("containerStatuses") or [{}]
    return states[0].get("imageID", "").rpartition("@")[2]


def digests(kubectl, namespace):
    """The digest of each living pod, sorted."""
    return sorted(_digest(pod) for pod in living(kubectl, namespace))


def uids(kubectl, namespace):
    return sorted(pod["metadata"]["uid"] for pod in living(kubectl, namespace))


def are_gated(kubectl, namespace, count):
    """Do `count` pods wait at the gate for the channel's first release?"""
    pods = living(kubectl, namespace)
    return len(pods) == count and all(
        any(gate["name"] == GATE for gate in pod["spec"].get("schedulingGates", [])) for pod in pods)
