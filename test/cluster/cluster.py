"""A cluster for tests: where it comes from, how it is spoken to, and namespaces that go away again.

A test file ends with `cluster.main()`. Started by hand it brings up a cluster of its own, runs itself inside that
cluster's network, and takes the cluster down again if it was not there before. With SLUICE_TEST_CLUSTER=NAME it
uses that one and leaves it up.

Two ways to speak to the apiserver: `kubectl(...)`, as a user does, and the `Api` of connection.py, a small client that is a hundred times
quicker, for tables. Both can act as any user, by impersonation.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
import uuid

from connection import Api, ApiError

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEVCLUSTER = os.path.join(ROOT, "devcluster", "devcluster")
OWN_CLUSTER = "test"

OPERATOR = "system:serviceaccount:sluice-system:sluice"
OPERATOR_GROUPS = ("system:serviceaccounts", "system:serviceaccounts:sluice-system", "system:authenticated")
GROUP = "/apis/sluice.dev/v1alpha1"
PATIENCE_S = 60
NO_RELEASE = "sluice.dev/no-release"
PROBE_IMAGE = "registry.example.com/probe@sha256:" + "0" * 64

PROBE_PROMOTION = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": "probe"},
                   "spec": {"channel": "probe", "rollback": {"to": "Previous"}}}


def api(user=None, groups=()):
    return Api(user=user, groups=groups)


def operator():
    """Acts as the operator's account, with the rights that deploy/rbac.yaml gives it."""
    return Api(user=OPERATOR, groups=OPERATOR_GROUPS)


def channels(namespace, name=""):
    return f"{GROUP}/namespaces/{namespace}/releasechannels" + (f"/{name}" if name else "")


def promotions(namespace, name=""):
    return f"{GROUP}/namespaces/{namespace}/promotions" + (f"/{name}" if name else "")


def kubectl(*words, stdin=None, user=None, check=True):
    """Runs kubectl as a user would. Its text output is in the result's stdout and stderr."""
    command = ["kubectl", *(["--as", user, "--as-group", "system:authenticated"] if user else []), *words]
    done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=300)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done


def apply_files(*words, **more):
    """Makes what a file (-f) or a folder (-k) has, whoever owned it before."""
    return kubectl("apply", "--server-side", "--force-conflicts", *words, **more)


def devcluster(*words):
    """Runs the devcluster tool on the cluster that the tests use."""
    action, *rest = words
    done = subprocess.run([DEVCLUSTER, action, os.environ["SLUICE_CLUSTER"], *rest],
                          text=True, capture_output=True, timeout=300)
    if done.returncode:
        raise AssertionError(f"devcluster {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def apiserver_killed(has_controllers=True):
    """Inside, the apiserver is gone (by SIGKILL) or on its way back; afterwards it is ready again, and lets promotions be made
    where it did before: it refuses them (503) until a mutating policy that looks at them knows their schema, for which it looks every 5 s.
    Yields how to start it.

    An apiserver that comes back names the groups of CRDs only a moment after it answers. A namespace whose end is due in that moment
    (it is 5 s after its deletion) ends without its channels: they stay for ever, in no namespace. So the ends are awaited before, where
    controllers run that bring them about.
    """
    if has_controllers:
        namespaces_are_gone()
    could_be_made = _can_promotions_be_made()
    devcluster("stop", "apiserver", "--kill")
    try:
        yield lambda: devcluster("start", "apiserver")
    finally:
        devcluster("start", "apiserver")
        if could_be_made:
            _wait_for_promotions()


def _can_promotions_be_made():
    with contextlib.closing(api()) as admin:
        try:
            return _stamps_promotions(admin)
        except ApiError:
            return False


def _wait_for_promotions():
    """Until they can be made; fails with what the apiserver has said of schemas."""
    try:
        eventually("a promotion can be made after a restart", _can_promotions_be_made, patience_s=180)
    except AssertionError as error:
        said = [line for line in devcluster("logs", "apiserver").splitlines() if "openapi" in line.lower() and "no schema for" not in line]
        raise AssertionError("\n".join([str(error), *said[-40:]])) from error


def eventually(sentence, question, patience_s=PATIENCE_S, pause_s=0.1):
    """Asks until the answer is true, and returns it. A refusal counts as no, and so does a server that is away."""
    end = time.monotonic() + patience_s
    while True:
        last = None
        try:
            answer = question()
            if answer:
                return answer
        except (ApiError, OSError, http.client.HTTPException) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"not in {patience_s} s: {sentence}" + (f" (last: {last})" if last else ""))
        time.sleep(pause_s)


@contextlib.contextmanager
def namespace(prefix, labels=None):
    """A namespace that nobody else uses, deleted in the end. Yields its name."""
    name = f"{prefix}-{uuid.uuid4().hex[:6]}"
    admin = api()
    admin.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                        "metadata": {"name": name, "labels": labels or {}}})
    try:
        yield name
    finally:
        admin.delete(f"/api/v1/namespaces/{name}")
        admin.close()


def namespaces_are_gone():
    """Waits until each namespace that was deleted has gone, with all that it held; after a long sweep that may be hundreds."""
    admin = api()

    def going():
        return [one for one in admin.get("/api/v1/namespaces")["items"] if one["status"]["phase"] == "Terminating"]
    try:
        eventually("no namespace is going", lambda: not going(), patience_s=400)
    except AssertionError as error:
        left = going()
        why = [condition["message"] for condition in left[0]["status"].get("conditions", []) if condition["status"] == "True"] if left else []
        raise AssertionError(f"{error}: {len(left)} are, as {', '.join(one['metadata']['name'] for one in left[:3])}: {'; '.join(why)}") from error
    finally:
        admin.close()


def _refuses_foreign_pins(admin):
    pins = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sluice-pins"}}
    try:
        admin.create("/api/v1/namespaces/default/configmaps", pins, dry_run=True)
    except ApiError as error:
        return "sluice-operator-only" in error.message
    return False


def _stamps_promotions(admin):
    answer = admin.create(promotions("default"), PROBE_PROMOTION, dry_run=True)
    return "requestedBy" in answer["spec"]


def _guarded(admin, name, workload, kind, plural, group_version):
    """How a new workload of that kind, without an image, comes out in that namespace, as text."""
    template = {"metadata": {"labels": {"app": "probe"}}, "spec": {"containers": [{"name": "probe"}]}}
    spec = {"selector": {"matchLabels": {"app": "probe"}}, "template": template}
    if kind == "CronJob":
        template["spec"]["restartPolicy"] = "Never"
        spec = {"schedule": "@yearly", "jobTemplate": {"spec": {"template": template}}}
    probe = {"apiVersion": group_version, "kind": kind, "spec": spec,
             "metadata": {"name": workload, "labels": {"sluice.dev/channel": "probe"}}}
    return json.dumps(admin.create(f"/apis/{group_version}/namespaces/{name}/{plural}", probe, dry_run=True)["spec"])


def has_guard():
    """Does this apiserver know MutatingAdmissionPolicy at all? Those before 1.36 do not."""
    found = api().get("/apis/admissionregistration.k8s.io/v1")["resources"]
    return any(one["name"] == "mutatingadmissionpolicies" for one in found)


def install():
    """Installs CRDs, policies and RBAC (not the operator), and waits until the apiserver acts on all of them.

    Where the apiserver does not know MutatingAdmissionPolicy, what can be installed is."""
    guarded = has_guard()
    # Without the guard's kind, kubectl applies the rest and complains; whether the rest is there is asked below.
    apply_files("-k", os.path.join(ROOT, "crds"), check=guarded)
    for part in ("namespace", "rbac", "roles"):
        apply_files("-f", os.path.join(ROOT, "deploy", part + ".yaml"))
    admin, acting = api(), operator()
    with namespace("install") as name:
        eventually("the policy sluice-operator-only acts", lambda: _refuses_foreign_pins(admin))
        eventually("channels are served", lambda: admin.get(channels("default")))
        eventually("promotions are served and stamped", lambda: _stamps_promotions(admin) or not guarded)
        _wait_for_who_may(admin, name)
        if guarded:
            _wait_for_guard(admin, acting, name)
    admin.close()
    acting.close()


def _wait_for_who_may(admin, name):
    """Asks as somebody who may make promotions, and may not promote."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}"
    admin.create(rbac + "/roles", {"metadata": {"name": "probe"}, "rules": [
        {"apiGroups": ["sluice.dev"], "resources": ["promotions"], "verbs": ["create"]}]})
    admin.create(rbac + "/rolebindings", {
        "metadata": {"name": "probe"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "probe"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "probe"}]})
    asking = api("probe")

    def is_refused():
        try:
            asking.create(promotions(name), PROBE_PROMOTION, dry_run=True)
        except ApiError as error:
            return "sluice-who-may" in error.message
        return False
    eventually("the policy sluice-who-may acts", is_refused)
    asking.close()


def _wait_for_guard(admin, acting, name):
    pins = {"Deployment.probe.probe": PROBE_IMAGE, "CronJob.probe.probe": PROBE_IMAGE}
    eventually("the operator has its rights", lambda: write_pins(acting, name, pins))

    def is_pinned(*kind):
        text = _guarded(admin, name, "probe", *kind)
        return PROBE_IMAGE in text and NO_RELEASE not in text
    for kind in (("Deployment", "deployments", "apps/v1"), ("CronJob", "cronjobs", "batch/v1")):
        eventually(f"the pin guard acts on a {kind[0]}", lambda: is_pinned(*kind))
        eventually(f"a {kind[0]} without a release waits", lambda: NO_RELEASE in _guarded(admin, name, "unpinned", *kind))


def write_pins(acting, name, pins):
    """What the operator does when it pins: a server-side apply of the namespace's ConfigMap sluice-pins."""
    return acting.apply(f"/api/v1/namespaces/{name}/configmaps/sluice-pins", {
        "apiVersion": "v1", "kind": "ConfigMap", "data": pins,
        "metadata": {"name": "sluice-pins", "labels": {"sluice.dev/pins": "true"}}}, manager="sluice", force=True)


def rows(table, check):
    """Class decorator: one test for each row of the table. A row's first item is its sentence, the test's name."""
    def decorate(case):
        for row in table:
            slug = "test_" + re.sub(r"[^a-z0-9]+", "_", row[0].lower()).strip("_")
            if hasattr(case, slug):
                raise ValueError(f"two rows are called '{row[0]}'")

            def test(self, row=row):
                check(self, *row[1:])
            test.__name__, test.__doc__ = slug, row[0]
            setattr(case, slug, test)
        return case
    return decorate


class _Result(unittest.TextTestResult):
    """Says of each test its sentence, and counts those that passed."""

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def getDescription(self, test):
        if not hasattr(test, "_testMethodName"):
            return str(test)  # a sub-test, or a whole class whose preparation failed
        return f"{type(test).__name__}: {test.shortDescription() or test._testMethodName[5:].replace('_', ' ')}"


def _run():
    program = unittest.main(module="__main__", exit=False,
                            testRunner=unittest.TextTestRunner(verbosity=2, resultclass=_Result, stream=sys.stdout))
    result = program.result
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{result.passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not result.passed else 0)


def is_inside():
    return bool(os.environ.get("SLUICE_NETNS"))


def end_in_order():
    """SIGTERM ends the program as sys.exit() does, so that what it has started is ended as well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _is_there(name):
    listed = subprocess.run([DEVCLUSTER, "list"], text=True, capture_output=True, check=True)
    return name in listed.stdout.split()


def _run_inside(name):
    words = [DEVCLUSTER, "exec", name, "--", "/usr/bin/python3", os.path.abspath(sys.argv[0]), *sys.argv[1:]]
    return subprocess.run(words).returncode


def inside(own=OWN_CLUSTER, flags=("--no-metrics",), always_own=False):
    """Runs the calling program once more, in a cluster's network: SLUICE_TEST_CLUSTER, or one of its own, made with these flags.

    Returns its exit status."""
    name = os.environ.get("SLUICE_TEST_CLUSTER")
    if name and not always_own:
        return _run_inside(name)
    was_there = _is_there(own)
    subprocess.run([DEVCLUSTER, "up", own, *flags], check=True)
    try:
        return _run_inside(own)
    finally:
        if not was_there:
            subprocess.run([DEVCLUSTER, "down", own], check=True)


def main(own=OWN_CLUSTER, flags=("--no-metrics",), always_own=False):
    """Runs the tests of the calling file, in a cluster, as inside() says."""
    sys.dont_write_bytecode = True
    if is_inside():
        _run()
    sys.exit(inside(own, flags, always_own))
