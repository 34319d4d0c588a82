"""What stands must stand: a look at everything that runs in some namespaces, to be compared with a later one.

And a registry that misbehaves on request, whose good side serves what the cluster's own registry holds, so that real
pods run what it names.
"""

import contextlib
import os
import sys
import threading
import urllib.request

import cluster
from operating import REGISTRY, Images, channel, workload

sys.path.insert(0, os.path.join(cluster.ROOT, "test", "fake"))
import registry  # noqa: E402

def pods_of(case, namespace, apps=None):
    """What each pod of these apps (all, if None) is and carries: it changes when the pod is replaced, restarted or edited."""
    found = {}
    for pod in case.pods(namespace):
        app = pod["metadata"]["labels"].get("app")
        if apps is None or app in apps:
            states = pod["status"].get("containerStatuses", [])
            found[pod["metadata"]["name"]] = (
                pod["metadata"]["uid"], tuple(one["image"] for one in pod["spec"]["containers"]),
                tuple(one["imageID"] for one in states), sum(one["restartCount"] for one in states))
    return found


@contextlib.contextmanager
def untouched(case, apps=None, namespace=None):
    """Inside, no pod of these apps is replaced, restarted or given another image; and there is at least one."""
    namespace = namespace or case.namespace
    before = pods_of(case, namespace, apps)
    case.assertTrue(before, "nothing runs that could be touched")
    yield
    case.assertEqual(pods_of(case, namespace, apps), before, case.operator.log())


def line(name, **spec):
    """A Deployment of one pod and the channel of the same name that pins it."""
    deployment = workload("Deployment", name, channel=name, replicas=1)
    body = channel(name, workloads=[{"kind": "Deployment", "name": name, "containers": {"web": "web"}}], **spec)
    return deployment, body


def entry(image, **spec):
    """The part of a channel's spec that takes new versions in from the image's tags, by itself."""
    return {"artifacts": [{"name": "web", "image": image}], "promotion": {"mode": "Automatic"},
            "intake": {"interval": "10s", "tags": {"artifact": "web", "semver": ">=1.0.0"}}, **spec}


def wait_running(case, names, digest, namespace=None, patience_s=120):
    """Until all of these channels run the digest, and say so."""
    def missing():
        return [name for name in names if not _runs(case.status(name, namespace), digest)]
    try:
        cluster.eventually(f"{names} run {digest}", lambda: not missing(), patience_s, pause_s=0.3)
    except AssertionError as error:
        lacking = {name: case.status(name, namespace) for name in missing()}
        raise AssertionError(f"{error}\n{lacking}\n{case.operator.log()}") from error


def _runs(status, digest):
    ready = next((one for one in status.get("conditions", []) if one["type"] == "Ready"), {"status": "False"})
    artifacts = status.get("current", {}).get("artifacts", [{}])
    return ready["status"] == "True" and artifacts[0].get("digest") == digest


class _Handler(registry.Handler):
    """Layers are the cluster's registry's: so the node can pull what the fake one names."""

    def serve(self, url):
        if self.server.ending.is_set():
            self.close_connection = True  # one that was kept open outlives the listening socket
        elif "/blobs/" in url.path:
            self.answer(307, Location=f"http://{REGISTRY}/v2/test/web/blobs/{url.path.rpartition('/')[2]}")
        else:
            super().serve(url)


class Fake:
    """test/fake/registry.py, in a thread of this process. Behaviours are set for one repository at a time."""

    def __init__(self, retry_after=20):
        self._server = registry.create(["--log", os.devnull, "--user", "robot", "--password", "sesame",
                                        "--retry-after", str(retry_after)])
        self._server.RequestHandlerClass = _Handler
        self.host = "{}:{}".format(*self._server.server_address[:2])
        self._tell_node()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def _tell_node(self):
        """It speaks plain HTTP. containerd looks at this file when it pulls."""
        folder = os.path.join(os.path.dirname(os.path.dirname(os.environ["KUBECONFIG"])), "registries", self.host)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "hosts.toml"), "w") as file:
            file.write(f'server = "http://{self.host}"\n')

    def image(self, repository):
        return f"{self.host}/{repository}"

    def tag(self, repository, tag):
        """The version of the web server that the cluster's registry has under this tag. Returns its digest."""
        self.copy(repository, tag, Images.web(tag))
        return Images.web(tag)

    def copy(self, repository, tag, reference):
        """What the cluster's registry has under this tag or digest of test/web."""
        self.copy_all(repository, {tag: reference})

    def copy_all(self, repository, references, source="test/web"):
        """The same for many tags, and from another repository: nobody sees some of them without the others."""
        documents, tags = {}, {}
        for tag, reference in references.items():
            request = urllib.request.Request(f"http://{REGISTRY}/v2/{source}/manifests/{reference}", headers={"Accept": registry.MANIFEST})
            with urllib.request.urlopen(request, timeout=10) as answer:
                tags[tag] = answer.headers["Docker-Content-Digest"]
                documents[tags[tag]] = (answer.headers["Content-Type"], answer.read())
        state = self._server.state
        with state.lock:
            state.documents.update(documents)
            state.tags.setdefault(repository, {}).update(tags)

    def behave(self, repository, behaviour):
        with self._server.state.lock:
            self._server.state.behaviours[repository] = behaviour

    def requests(self, repository=None, part=""):
        """Those about this repository (all, if None) whose path holds the part."""
        with self._server.state.lock:
            return [one for one in self._server.state.requests
                    if repository in (None, one["repository"]) and part in one["path"]]

    def forget(self):
        with self._server.state.lock:
            self._server.state.requests.clear()

    def close(self):
        """Nobody listens at its port any more."""
        self._server.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
