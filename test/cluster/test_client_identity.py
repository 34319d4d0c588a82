"""Who the operator is at a real apiserver, while that changes: certificates, token files, a program that is asked.

Three operators, each with a kubeconfig of its own. What it says who they are runs out while they run, and something newer is there by
then. Each of them has to go on: nothing is listed anew, and what is made afterwards is seen.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster  # noqa: E402
from operating import Operator, channel  # noqa: E402

ACCOUNT = "/api/v1/namespaces/sluice-system/serviceaccounts/sluice"
SECRETS = "/api/v1/namespaces/sluice-system/secrets"
LIFE_S = 20  # of the first certificate: long enough for the operator to read it
PKI = os.path.join(os.path.dirname(os.path.dirname(os.environ.get("KUBECONFIG", ""))), "pki")

# Signs for seconds; `openssl x509` knows whole days only.
AUTHORITY = """
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
x509_extensions = extensions
unique_subject = no
[policy]
organizationName = optional
commonName = supplied
[extensions]
extendedKeyUsage = clientAuth
[req]
distinguished_name = name
[name]
"""

# Asks the apiserver for a token as an administrator, and says that it lasts 8 s.
PLUGIN = """#!/bin/sh -e
case "$KUBERNETES_EXEC_INFO" in *'"server":"https://127.0.0.1:6443"'*) ;; *) echo "which cluster?" >&2; exit 1;; esac
token=$(kubectl -n sluice-system create token sluice --bound-object-kind Secret --bound-object-name "$(cat "$BOUND")")
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s","expirationTimestamp":"%s"}}' \\
  "$token" "$(date -u -d '+8 seconds' +%FT%TZ)"
"""


class Folder:
    """A kubeconfig and the files that it names."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-identity-")

    def path(self, name):
        return os.path.join(self._folder.name, name)

    def write(self, name, text, mode=0o600):
        """All of it at once, as whoever renews a file should do it."""
        with open(self.path(name + ".new"), "w") as file:
            file.write(text)
        os.chmod(file.name, mode)
        os.rename(file.name, self.path(name))

    def read(self, name):
        with open(os.path.join(self._folder.name, name)) as file:
            return file.read()

    def kubeconfig(self, user):
        """Its path. The authority is the file ca.crt."""
        self.write("kubeconfig", json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority": "ca.crt"}}],
            "users": [{"name": "me", "user": user}]}))
        return self.path("kubeconfig")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self._folder.name, check=True, capture_output=True)

    def remove(self):
        self._folder.cleanup()


def real_authority():
    with open(os.path.join(PKI, "ca.crt")) as file:
        return file.read()


class Renewal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.api = cluster.api()
        cls.folders, cls.operators, cls.relists = {}, {}, {}
        cls.addClassCleanup(cls.api.close)
        for name in ("old", "new"):
            cls.api.create(SECRETS, {"metadata": {"name": f"bound-{name}"}})
            cls.addClassCleanup(cls.forget, name)
        cls.start("plugin", 18181, cls.prepare_plugin())
        cls.start("token", 18182, cls.prepare_token())
        kubeconfig = cls.prepare_certificate()
        renewer = threading.Thread(target=cls.renew_certificate)
        renewer.start()
        cls.start("certificate", 18183, kubeconfig)
        renewer.join()
        cls.renew()

    @classmethod
    def forget(cls, name):
        try:
            cls.api.delete(f"{SECRETS}/bound-{name}")
        except cluster.ApiError as error:
            if error.code != 404:
                raise

    @classmethod
    def folder(cls, name):
        folder = cls.folders[name] = Folder()
        cls.addClassCleanup(folder.remove)
        folder.write("ca.crt", real_authority())
        return folder

    @classmethod
    def token(cls, bound):
        """One that the apiserver takes as long as that Secret is there."""
        answer = cls.api.create(ACCOUNT + "/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": 600, "boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": f"bound-{bound}"}}})
        return answer["status"]["token"] + "\n"

    @classmethod
    def prepare_plugin(cls):
        folder = cls.folder("plugin")
        folder.write("login", PLUGIN, 0o700)
        folder.write("bound", "bound-old")
        return folder.kubeconfig({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "interactiveMode": "Never", "provideClusterInfo": True,
            "env": [{"name": "BOUND", "value": folder.path("bound")}]}})

    @classmethod
    def prepare_token(cls):
        folder = cls.folder("token")
        folder.write("token", cls.token("old"))
        return folder.kubeconfig({"tokenFile": "token"})

    @classmethod
    def prepare_certificate(cls):
        """Two certificates for the operator's account: the first one is in the files, and for a few seconds only."""
        folder = cls.folder("certificate")
        folder.write("authority.cnf", AUTHORITY)
        folder.write("index", "")
        subject = "".join(f"/O={group}" for group in cluster.OPERATOR_GROUPS) + f"/CN={cluster.OPERATOR}"
        for name, life_s in (("first", LIFE_S), ("second", 3600)):
            folder.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
                           "-out", name + ".csr", "-subj", subject)
            end = time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + life_s))
            folder.openssl("ca", "-batch", "-notext", "-config", "authority.cnf", "-cert", os.path.join(PKI, "ca.crt"),
                           "-keyfile", os.path.join(PKI, "ca.key"), "-enddate", end, "-in", name + ".csr", "-out", name + ".crt")
        cls.put_certificate("first")
        return folder.kubeconfig({"client-certificate": "now.crt", "client-key": "now.key"})

    @classmethod
    def put_certificate(cls, name):
        folder = cls.folders["certificate"]
        folder.write("now.key", folder.read(name + ".key"))
        folder.write("now.crt", folder.read(name + ".crt"))

    @classmethod
    def start(cls, name, port, kubeconfig):
        operator = cls.operators[name] = Operator(name, port, ("--leader-elect",), kubeconfig)
        cls.addClassCleanup(operator.finish)
        operator.start()
        cls.relists[name] = operator.metric("sluice_watch_relists_total")

    @classmethod
    def renew_certificate(cls):
        """As soon as the operator has read the first one, which ends in a few seconds, however long the start takes."""
        cluster.eventually("it has read its files", lambda: "certificate" in cls.operators and '"started"' in cls.operators["certificate"].log())
        cls.put_certificate("second")

    @classmethod
    def renew(cls):
        """From here on the old ones are worth nothing."""
        cls.folders["plugin"].write("bound", "bound-new")
        cls.folders["token"].write("token", cls.token("new"))
        cls.api.delete(f"{SECRETS}/bound-old")

    def renewals(self, name, source):
        """How often its log says so."""
        lines = [json.loads(line) for line in self.operators[name].log(1000).splitlines() if line.startswith("{")]
        return sum(line["msg"] == "a credential was renewed" and line["source"] == source for line in lines)

    def refusals(self, name):
        lines = self.operators[name].get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith("rest_client_requests_total{") and 'code="401"' in line)

    def sees_what_is_there(self, name):
        """Does it hold as many channels as the apiserver has? Other tests' namespaces may still be on their way out."""
        lines = self.operators[name].get("/metrics")[1].splitlines()
        held = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith('sluice_store_objects{kind="ReleaseChannel"}')]
        return held == [len(self.api.get(cluster.GROUP + "/releasechannels")["items"])]

    def goes_on(self, name):
        operator = self.operators[name]
        with cluster.namespace("identity") as namespace:
            for one in ("one", "two", "three"):
                self.api.create(cluster.channels(namespace), channel(one))
            cluster.eventually(f"{name} sees new channels", lambda: self.sees_what_is_there(name))
        cluster.eventually(f"{name} sees that they are gone", lambda: self.sees_what_is_there(name))
        self.assertIsNone(operator.process.poll(), operator.log())
        self.assertEqual(operator.get("/readyz")[0], 200, operator.log())
        self.assertEqual(operator.metric("sluice_watch_relists_total"), self.relists[name], operator.log())

    def test_a_certificate_that_runs_out_is_replaced_by_the_one_that_is_in_the_files_by_then(self):
        cluster.eventually("the files are looked at", lambda: self.renewals("certificate", "certificate files") >= 1)
        self.assertLessEqual(self.refusals("certificate"), 3)
        self.goes_on("certificate")

    def test_a_token_that_is_refused_is_replaced_by_the_one_that_is_in_the_file_by_then(self):
        cluster.eventually("the file is read", lambda: self.renewals("token", "token file") >= 1)
        self.assertEqual(self.renewals("token", "token file"), 1)
        self.assertLessEqual(self.refusals("token"), 3)
        self.goes_on("token")

    def test_a_program_is_asked_again_before_what_it_said_runs_out(self):
        before = self.renewals("plugin", "credential plugin")
        cluster.eventually("it was asked twice more", lambda: self.renewals("plugin", "credential plugin") >= before + 2)
        self.assertLessEqual(self.refusals("plugin"), 3)
        self.goes_on("plugin")


if __name__ == "__main__":
    cluster.main()
