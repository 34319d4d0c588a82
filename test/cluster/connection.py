"""A connection to the apiserver: the small client of tests and benchmarks."""

import base64
import contextlib
import http.client
import json
import os
import ssl
import tempfile

import yaml

TIMEOUT_S = 60


class ApiError(Exception):
    """What the apiserver answered instead of doing it."""

    def __init__(self, code, status):
        self.code = code
        self.reason = status.get("reason", "")
        self.message = status.get("message", "")
        super().__init__(f"{code} {self.reason}: {self.message}")


def _inline(user, key):
    return base64.b64decode(user[key]).decode()


class Api:
    """One connection to the apiserver, as one user. Not for several threads."""

    def __init__(self, kubeconfig=None, user=None, groups=()):
        with open(kubeconfig or os.environ["KUBECONFIG"]) as file:
            config = yaml.safe_load(file)
        cluster, account = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._host = cluster["server"].removeprefix("https://")
        self._tls = ssl.create_default_context(cadata=_inline(cluster, "certificate-authority-data"))
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
            pair.write(_inline(account, "client-certificate-data") + "\n" + _inline(account, "client-key-data"))
            pair.flush()
            self._tls.load_cert_chain(pair.name)
        self._user, self._groups = user, groups
        self._connection = None

    def _send(self, method, path, body=None, content_type=None):
        try:
            return self._send_once(method, path, body, content_type)
        except (http.client.HTTPException, OSError):
            # The server closed an idle connection, or the one before it was restarted.
            self.close()
            return self._send_once(method, path, body, content_type)

    def _send_once(self, method, path, body, content_type):
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(self._host, context=self._tls, timeout=TIMEOUT_S)
        connection = self._connection
        connection.putrequest(method, path)
        connection.putheader("Accept", "application/json")
        if self._user:
            connection.putheader("Impersonate-User", self._user)
            for group in self._groups or ("system:authenticated",):
                connection.putheader("Impersonate-Group", group)
        if body is not None:
            connection.putheader("Content-Type", content_type)
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def call(self, method, path, body=None, content_type="application/json"):
        """The answer as a dictionary; ApiError when the apiserver refuses."""
        data = None if body is None else json.dumps(body).encode()
        code, text = self._send(method, path, data, content_type)
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"message": text.decode(errors="replace")}
        if code >= 300:
            raise ApiError(code, answer)
        return answer

    def get(self, path):
        return self.call("GET", path)

    def get_bytes(self, path):
        """What is no JSON, as it comes."""
        code, data = self._send("GET", path)
        if code >= 300:
            raise ApiError(code, {"message": data.decode(errors="replace")})
        return data

    def stream(self, path):
        """The lines of an answer that goes on, such as a watch, as they come; on a connection of its own."""
        connection = http.client.HTTPSConnection(self._host, context=self._tls)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            if answer.status >= 300:
                raise ApiError(answer.status, json.loads(answer.read()))
            yield from answer

    def create(self, path, body, dry_run=False):
        return self.call("POST", path + ("?dryRun=All" if dry_run else ""), body)

    def replace(self, path, body):
        return self.call("PUT", path, body)

    def merge(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def json_patch(self, path, body):
        return self.call("PATCH", path, body, "application/json-patch+json")

    def apply(self, path, body, manager="test", force=False):
        """A server-side apply."""
        query = f"?fieldManager={manager}" + ("&force=true" if force else "")
        return self.call("PATCH", path + query, body, "application/apply-patch+yaml")

    def delete(self, path):
        return self.call("DELETE", path)

    def whoami(self):
        """The name by which the apiserver knows this user."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        return self.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)["status"]["userInfo"]["username"]

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
