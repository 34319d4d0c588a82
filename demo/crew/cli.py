"""demo up, demo down: on a cluster of this machine's own, or in one that the user names."""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import time

import foreign
import images
import machine
from kubectl import Kubectl
from story import Story
from teller import Failure, Teller

DEFAULT_CLUSTER = "demo"
BEGAN = "SLUICE_DEMO_BEGAN"  # inside the cluster's network the clock goes on
OWN_REGISTRY = images.Registry("registry.devcluster:5000", "127.0.0.1:5000", True)

_LOOK_AROUND = """\
The cluster stays up. To look around:
    devcluster/devcluster exec {name} -- bash          a shell with kubectl
      kubectl get rch,promo -A
      kubectl -n shop-stable describe rch shop
      kubectl -n shop-stable get configmap sluice-pins -o yaml
      kubectl -n sluice-system logs deploy/sluice
      kubectl --as olga create -f demo/manifests/promotions/stable.yaml
To end it: make demo-down"""


def _tell(teller, kubectl, registry, operator):
    """Tells the story; whatever goes wrong is followed by what the operator has to say."""
    try:
        Story(teller, kubectl, registry, operator).tell()
    except Failure:
        for words in (["get", "rch,promo", "-A"],
                      ["-n", "sluice-system", "get", "pods"],
                      ["-n", "sluice-system", "logs", "-l", "app.kubernetes.io/component=operator", "--prefix", "--tail=40"]):
            done = kubectl.try_(*words)
            print("\n$ kubectl " + " ".join(words) + "\n" + done.stdout + done.stderr, flush=True)
        raise


def _devcluster(*words):
    done = subprocess.run([machine.DEVCLUSTER, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(done.stderr.strip())


def _build_binaries(teller):
    """Only what the cache lacks; the first time it takes long, and shows how far it is."""
    teller.step("The cluster's binaries: built from Go modules the first time (ten minutes or more), then kept")
    if subprocess.run([machine.DEVCLUSTER, "build"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise Failure("The cluster's binaries could not be built.")


def _start_cluster(name):
    _devcluster("down", name)
    _devcluster("up", name, "--no-metrics")


def _prepare(teller, name):
    """The cluster, the operator's image and the shop's, side by side."""
    teller.step("A new cluster starts, while the operator's image is built from the Dockerfile, and the shop's with umoci")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        cluster = pool.submit(_start_cluster, name)
        operator = pool.submit(images.make_operator, teller.say)
        shop = pool.submit(images.make_shop)
        for one in (cluster, operator, shop):
            one.result()
    teller.say(f"the operator's image: {operator.result()}")
    teller.end_step()


def _up_own(teller, name):
    machine.require_for_own_cluster()
    _build_binaries(teller)
    _prepare(teller, name)
    sys.stdout.flush()
    script = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo")
    environment = {**os.environ, BEGAN: str(teller.began)}
    done = subprocess.run([machine.DEVCLUSTER, "exec", name, "--", sys.executable, script, "inside"], env=environment, check=False)
    if done.returncode == 0:
        print(_LOOK_AROUND.format(name=name))
    return done.returncode


def _inside(teller):
    """The story itself, in the network of the demo's own cluster."""
    kubectl = Kubectl(teller)
    foreign.mark(kubectl)
    _tell(teller, kubectl, OWN_REGISTRY, images.push_operator(OWN_REGISTRY))


def _up_foreign(teller, arguments):
    cluster = foreign.Foreign(teller, arguments)
    cluster.require()
    registry, operator = cluster.prepare()
    _tell(teller, cluster.kubectl, registry, operator)
    print("The demo stays in the cluster. To remove it: make demo-down KUBECONFIG=…")


def _up(teller, arguments):
    code = _up_foreign(teller, arguments) if arguments.kubeconfig is not None else _up_own(teller, arguments.cluster)
    if not code:
        print(f"\nThe whole story took {teller.elapsed_s():.0f} s.")
    return code or 0


def _down(teller, arguments):
    if arguments.kubeconfig is not None:
        cluster = foreign.Foreign(teller, arguments)
        cluster.remove()
    elif os.geteuid() != 0:
        raise Failure("make demo-down needs root, as make demo does.")
    else:
        _devcluster("down", arguments.cluster)
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="demo", description="Five channels, one container, two commands: told and checked on a "
                                     "real cluster.")
    commands = parser.add_subparsers(dest="action", required=True, metavar="COMMAND")
    for action, text in (("up", "tell the story; leaves the cluster up"), ("down", "leave nothing of it behind")):
        one = commands.add_parser(action, help=text, description=text)
        one.add_argument("--cluster", default=DEFAULT_CLUSTER, metavar="NAME", help="what the cluster made here is called (default: "
                         "%(default)s)")
        one.add_argument("--kubeconfig", metavar="FILE", help="your own cluster instead of one made here")
        one.add_argument("--context", metavar="NAME", help="a context of that file")
        one.add_argument("--registry", metavar="HOST/PATH", help="where images go, for your own cluster: this machine must be able "
                         "to push there, and your nodes and pods to pull without a secret")
        one.add_argument("--insecure", action="store_true", help="that registry speaks plain HTTP")
        one.add_argument("--image", metavar="REPOSITORY@DIGEST", help="or REPOSITORY:TAG: the operator's image, if it has been pushed already")
    commands.add_parser("inside")
    return parser


def main():
    arguments = _parser().parse_args()
    teller = Teller(float(os.environ.get(BEGAN) or time.monotonic()))
    try:
        if arguments.action == "inside":
            _inside(teller)
            return 0
        return _up(teller, arguments) if arguments.action == "up" else _down(teller, arguments)
    except Failure as failure:
        sys.stdout.flush()
        print(f"\ndemo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
        return 130
