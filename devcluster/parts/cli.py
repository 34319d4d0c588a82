"""The command line: words in, one call of the other files, words out."""

import argparse
import json
import os
import shlex
import sys
import time

from . import binaries, certificates, host, image, interruption, namespace, place as places
from .cluster import DEFAULT_OPTIONS, Cluster
from .failure import Failure
from .start import COMPONENTS


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _build(_):
    print(binaries.build())


def _tool(arguments):
    print(binaries.tool(arguments.tool))


def _check(_):
    host.check(binaries.problems())
    when = "are built" if binaries.are_built() else "have yet to be built"
    print(f"A cluster can start here. Its binaries {when}.")


def _flags(words):
    flags = {}
    for word in words:
        component, _, flag = word.partition("=")
        if component not in COMPONENTS or not flag:
            raise Failure(f"--flag={word}: it has to be COMPONENT=FLAG, as in apiserver=--v=4, "
                          "with one of " + ", ".join(sorted(COMPONENTS)))
        flags.setdefault(component, []).append(flag)
    return flags


def _up(arguments):
    options = {**DEFAULT_OPTIONS, "hollow": arguments.hollow, "dns": not arguments.no_dns,
               "metrics": not arguments.no_metrics, "audit": arguments.audit,
               "disable_admission_policies": arguments.disable_admission_policies,
               "flags": _flags(arguments.flag)}
    Cluster(arguments.name).up(options, _say)


def _down(arguments):
    Cluster(arguments.name).down(_say)


def _status(arguments):
    names = [arguments.name] if arguments.name else places.names()
    all_well = True
    for name in names:
        cluster = Cluster(name)
        cluster.require()
        rows = cluster.status()
        is_up = cluster.is_up()
        all_well = all_well and is_up and all(ready for _, _, ready, _ in rows)
        if arguments.json:
            print(json.dumps({"name": name, "up": is_up, "components": [
                {"name": n, "pid": pid, "ready": ready, "seconds": age}
                for n, pid, ready, age in rows]}))
            continue
        print(f"{name}: {'up' if is_up else 'broken'}   {cluster.place.root}")
        for component, pid, ready, age in rows:
            state = "ready" if ready else "not ready" if pid else "dead"
            seconds = f"{age:.0f} s" if pid else "-"
            print(f"  {component:20} {state:10} {pid or '-':>8} {seconds:>9}")
    return 0 if all_well else 1


def _list(_):
    for name in places.names():
        print(name)


def _env(arguments):
    cluster = Cluster(arguments.name)
    cluster.require()
    for key, value in cluster.environment().items():
        print(f"export {key}={shlex.quote(value)}")
    print(f"export PATH={shlex.quote(binaries.folder())}:\"$PATH\"")


def _exec(arguments):
    cluster = Cluster(arguments.name)
    cluster.require()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise Failure("exec needs a command: exec NAME -- CMD…")
    if not namespace.exists(cluster.place):
        raise Failure(f"Cluster '{arguments.name}' has no network namespace: it is not up.")
    os.environ.update(cluster.environment())
    os.environ["PATH"] = f"{binaries.folder()}:{os.environ.get('PATH', '')}:{host.SYSTEM_PATH}"
    argv = namespace.enter_network(cluster.place) + command
    sys.stdout.flush()
    os.execv(argv[0], argv)


def _timed(what, action):
    began = time.monotonic()
    action()
    _say(f"{what}: {time.monotonic() - began:.1f} s.")


def _stop(arguments):
    cluster = Cluster(arguments.name)
    _timed(f"{arguments.component} is stopped",
           lambda: cluster.stop_component(arguments.component, arguments.kill))


def _start(arguments):
    cluster = Cluster(arguments.name)
    _timed(f"{arguments.component} is ready",
           lambda: cluster.start_component(arguments.component))


def _restart(arguments):
    cluster = Cluster(arguments.name)
    _timed(f"{arguments.component} is ready again",
           lambda: cluster.restart_component(arguments.component, arguments.kill))


def _logs(arguments):
    cluster = Cluster(arguments.name)
    cluster.require()
    path = cluster.place.log(arguments.component)
    if not os.path.exists(path):
        there = ", ".join(sorted(f[:-4] for f in os.listdir(cluster.place.path("logs"))))
        raise Failure(f"There is no log of '{arguments.component}'. Logs: {there}.")
    if arguments.follow or arguments.lines is not None:
        tail = [host.find("tail"), "-n", str(arguments.lines or 20)]
        os.execv(tail[0], tail + (["-F"] if arguments.follow else []) + [path])
    with open(path, errors="replace") as file:
        for line in file:
            sys.stdout.write(line)


def _kubeconfig(arguments):
    cluster = Cluster(arguments.name)
    cluster.require()
    print(certificates.user_kubeconfig(cluster.place, arguments.user, arguments.group))


def _pairs(words):
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise Failure(f"'{word}' has to be KEY=VALUE")
        pairs[key] = value
    return pairs


def _image(arguments):
    cluster = Cluster(arguments.name)
    cluster.require()
    recipe = image.Recipe(
        binary=arguments.binary, rootfs=arguments.rootfs, labels=_pairs(arguments.label),
        env=_pairs(arguments.env), entrypoint=arguments.entrypoint, command=arguments.cmd,
        user=arguments.user, workdir=arguments.workdir, ports=arguments.port,
        created=arguments.created)
    print(image.build_and_push(cluster.place, arguments.ref, recipe, arguments.index,
                               arguments.registry))


def _parser():
    parser = argparse.ArgumentParser(
        prog="devcluster", description="A real Kubernetes cluster on one machine, in namespaces of "
        "its own. Several stand side by side by name.")
    commands = parser.add_subparsers(dest="action", required=True, metavar="COMMAND")

    def command(action, function, text, name=True):
        one = commands.add_parser(action, help=text, description=text)
        one.set_defaults(function=function)
        if name:
            one.add_argument("name", metavar="NAME")
        return one

    command("check", _check, "say what this machine lacks for a cluster; starts nothing",
            name=False)
    command("build", _build, "build the cluster's binaries; nothing to do when they are there",
            name=False)
    tool = command("tool", _tool, "print the path of a program that tests need beside a cluster; built when it is "
                   "not there", name=False)
    tool.add_argument("tool", choices=sorted(binaries.TOOLS), metavar="TOOL",
                      help=", ".join(sorted(binaries.TOOLS)))
    up = command("up", _up, "start a cluster; nothing to do when it runs")
    up.add_argument("--hollow", type=int, default=0, metavar="N",
                    help="N more nodes whose pods become Ready without containers")
    up.add_argument("--no-dns", action="store_true", help="without CoreDNS")
    up.add_argument("--no-metrics", action="store_true", help="without metrics-server")
    up.add_argument("--audit", action="store_true",
                    help="log every request's metadata to audit.log in the cluster's folder")
    up.add_argument("--disable-admission-policies", action="store_true",
                    help="an apiserver that does not know MutatingAdmissionPolicy")
    up.add_argument("--flag", action="append", default=[], metavar="COMPONENT=FLAG",
                    help="one more flag for a component, as in apiserver=--v=4")
    command("down", _down, "remove a cluster and everything it made")
    status = commands.add_parser("status", help="what runs; exits 1 unless all is well")
    status.add_argument("name", nargs="?", metavar="NAME")
    status.add_argument("--json", action="store_true", help="one JSON line for each cluster")
    status.set_defaults(function=_status)
    command("list", _list, "the names of all clusters", name=False)
    command("env", _env, "shell exports to eval; addresses work inside `exec` only")
    run = command("exec", _exec,
                  "run a command in the cluster's network, with KUBECONFIG and PATH set")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD")
    for action, function, text in (("stop", _stop, "end one component"),
                                   ("start", _start, "start a stopped component again"),
                                   ("restart", _restart, "end one component and start it again")):
        one = command(action, function, text)
        one.add_argument("component", metavar="COMPONENT")
        if action != "start":
            one.add_argument("--kill", action="store_true", help="by SIGKILL, at once")
    logs = command("logs", _logs, "print the log of one component")
    logs.add_argument("component", metavar="COMPONENT")
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing as it grows")
    logs.add_argument("-n", "--lines", type=int, metavar="N", help="the last N lines only")
    user = command("kubeconfig", _kubeconfig, "make a kubeconfig for any user; prints its path")
    user.add_argument("user", metavar="USER")
    user.add_argument("--group", action="append", default=[],
                      help="a group of the user, repeatable")
    _image_parser(command("image", _image,
                          "make a small image and push it; prints REPOSITORY@DIGEST"))
    return parser


def _image_parser(parser):
    parser.add_argument("--ref", required=True, metavar="REPOSITORY:TAG",
                        help="where in the cluster's registry, as in shop/web:v1")
    parser.add_argument("--registry", default=places.REGISTRY, metavar="HOST:PORT",
                        help="the registry's name in what is printed, or another registry that "
                        "speaks plain HTTP in the cluster's network (default %(default)s)")
    parser.add_argument("--binary", metavar="FILE", help="a static program; it becomes /<its name>")
    parser.add_argument("--rootfs", metavar="DIR", help="a folder that becomes /")
    parser.add_argument("--entrypoint", action="append", metavar="WORD",
                        help="repeatable; without it the binary")
    parser.add_argument("--cmd", action="append", default=[], metavar="WORD",
                        help="repeatable; a word that begins with - is --cmd=-WORD")
    parser.add_argument("--label", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--env", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--port", action="append", default=[], metavar="PORT")
    parser.add_argument("--user", default="65532", metavar="UID[:GID]")
    parser.add_argument("--workdir", metavar="DIR")
    parser.add_argument("--created", default=image.EPOCH_TEXT, metavar="TIME",
                        help="RFC 3339; fixed by default, so that the digest is reproducible")
    parser.add_argument("--index", action="store_true",
                        help="push an image index that holds this one image")


def main(words=None):
    arguments = _parser().parse_args(words)
    interruption.listen()  # an interrupted start ends what it has started
    try:
        return arguments.function(arguments) or 0
    except Failure as failure:
        _say(f"devcluster: {failure}")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        _say("devcluster: interrupted")
        return 130
