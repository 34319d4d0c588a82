"""The certificates of one cluster and the kubeconfig files made of them: P-256, by openssl."""

import base64
import hashlib
import json
import os
import re
import subprocess

from . import host, place as places
from .failure import Failure

DAYS = "3650"
SERVER_NAMES = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                "kubernetes.default.svc." + places.DOMAIN]


def _run(argv):
    answer = subprocess.run(argv, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Failure(f"openssl: {answer.stderr.strip()}")


def _escape(text):
    """A value for openssl's configuration syntax, in which $, # and quotes have a meaning."""
    return re.sub(r"([\\$#\"'])", r"\\\1", text)


def _configuration(common_name, organizations, extensions):
    lines = ["[req]", "prompt = no", "utf8 = yes", "string_mask = utf8only",
             "distinguished_name = name", "x509_extensions = extensions", "[name]"]
    lines += [f"{i}.O = {_escape(o)}" for i, o in enumerate(organizations)]
    lines += [f"CN = {_escape(common_name)}", "[extensions]"] + extensions
    return "\n".join(lines) + "\n"


class Authority:
    """A certificate authority in a folder of the cluster: `pki/NAME.crt`, `pki/NAME.key`."""

    def __init__(self, place, name):
        self.place = place
        self.name = name

    def _file(self, name, kind):
        return self.place.path("pki", f"{name}.{kind}")

    @property
    def certificate(self):
        return self._file(self.name, "crt")

    def create(self):
        self._make(self.name, self.name, [], [
            "basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign, cRLSign",
            "subjectKeyIdentifier = hash"], [])

    def issue(self, name, common_name, organizations=(), server_names=(), addresses=()):
        """Makes pki/<name>.crt and .key, for clients, and for servers when names are given."""
        usage = "serverAuth, clientAuth" if server_names or addresses else "clientAuth"
        extensions = ["basicConstraints = critical, CA:FALSE",
                      "keyUsage = critical, digitalSignature", f"extendedKeyUsage = {usage}"]
        alternatives = [f"DNS:{n}" for n in server_names] + [f"IP:{a}" for a in addresses]
        if alternatives:
            extensions.append("subjectAltName = " + ", ".join(alternatives))
        self._make(name, common_name, organizations, extensions,
                   ["-CA", self.certificate, "-CAkey", self._file(self.name, "key")])
        return self._file(name, "crt"), self._file(name, "key")

    def _make(self, name, common_name, organizations, extensions, signer):
        config = self.place.write(f"pki/{name}.cnf",
                                  _configuration(common_name, organizations, extensions))
        _run([host.find("openssl"), "req", "-x509", "-newkey", "ec",
              "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", DAYS, "-sha256",
              "-config", config, "-keyout", self._file(name, "key"),
              "-out", self._file(name, "crt"), *signer])
        os.unlink(config)


def create_token_keys(place):
    """The key pair that service account tokens are signed with."""
    private, public = place.path("pki", "tokens.key"), place.path("pki", "tokens.pub")
    _run([host.find("openssl"), "genpkey", "-algorithm", "EC", "-pkeyopt",
          "ec_paramgen_curve:P-256", "-out", private])
    _run([host.find("openssl"), "pkey", "-in", private, "-pubout", "-out", public])


def _base64(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


def write_kubeconfig(place, authority, name, certificate, key):
    """Writes users/<name>.kubeconfig, which stands alone, and returns its path."""
    document = {
        "apiVersion": "v1", "kind": "Config", "current-context": place.name,
        "clusters": [{"name": place.name, "cluster": {
            "server": f"https://127.0.0.1:{places.APISERVER_PORT}",
            "certificate-authority-data": _base64(authority.certificate)}}],
        "users": [{"name": name, "user": {"client-certificate-data": _base64(certificate),
                                          "client-key-data": _base64(key)}}],
        "contexts": [{"name": place.name, "context": {"cluster": place.name, "user": name}}],
    }
    return place.write(f"users/{name}.kubeconfig", json.dumps(document, indent=1) + "\n", 0o600)


def user_kubeconfig(place, user, groups):
    """A kubeconfig for any user name and groups; the same user and groups get the same path."""
    authority = Authority(place, "ca")
    if not os.path.exists(authority.certificate):
        raise Failure(f"There is no cluster '{place.name}'.")
    mark = hashlib.sha256("\0".join([user, *groups]).encode()).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", user) + "-" + mark
    path = place.path("users", name + ".kubeconfig")
    if not os.path.exists(path):
        certificate, key = authority.issue(name, user, groups)
        write_kubeconfig(place, authority, name, certificate, key)
    return path


def create_all(place):
    """Everything that the components need: authorities, certificates, kubeconfigs."""
    os.makedirs(place.path("pki"), mode=0o700, exist_ok=True)
    authority, front = Authority(place, "ca"), Authority(place, "front-proxy-ca")
    authority.create()
    front.create()
    create_token_keys(place)
    everywhere = ["127.0.0.1", places.HOST_ADDRESS]
    authority.issue("apiserver", "kube-apiserver", (), SERVER_NAMES,
                    everywhere + [places.APISERVER_SERVICE])
    authority.issue("apiserver-kubelet-client", "kube-apiserver-kubelet-client", ["system:masters"])
    authority.issue("kubelet-server", place.node_name, (), [place.node_name], everywhere)
    front.issue("front-proxy-client", "front-proxy-client")
    for name, user, groups in (
            ("admin", "kubernetes-admin", ["system:masters"]),
            ("controller-manager", "system:kube-controller-manager", []),
            ("scheduler", "system:kube-scheduler", []),
            ("kubelet", f"system:node:{place.node_name}", ["system:nodes"]),
            ("kube-proxy", "system:kube-proxy", []),
            ("coredns", "system:coredns", []),
            ("metrics-server", "system:metrics-server", []),
            ("hollow-node", "hollow-node", ["system:masters"])):
        certificate, key = authority.issue(name, user, groups)
        write_kubeconfig(place, authority, name, certificate, key)
