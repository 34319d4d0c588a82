"""A token server of the tests' own, for docker-registry (auth: token) and for whoever asks it: TLS, Basic credentials, and tokens
as distribution's specification has them: JWTs signed with RS256, whose certificate is in their head (x5c).

    with token_server.running(folder, users={"reader": "let-me-in"}) as server:
        server.realm, server.certificate    # what a registry's configuration wants
        server.requests                     # what was asked: {"scope", "service", "user"}

Certificates are made by openssl and lie in the folder."""

import base64
import contextlib
import http.server
import json
import ssl
import subprocess
import threading
import time
import urllib.parse

import listener

SERVICE = "the tests' registry"
ISSUER = "the tests"


def make_certificate(folder, name, algorithm=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
    """A self-signed certificate for 127.0.0.1 and its key: two paths."""
    key, certificate = f"{folder}/{name}.key", f"{folder}/{name}.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def user(self):
        """Whose credentials came along; "" without any, None for wrong ones."""
        kind, _, pair = (self.headers.get("Authorization") or "").partition(" ")
        if not kind:
            return ""
        name, _, password = base64.b64decode(pair).decode().partition(":")
        return name if self.server.users.get(name) == password else None

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        user = self.user()
        self.server.asked.append({"scope": query.get("scope"), "service": query.get("service"), "user": user})
        if not user:
            self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]})
        else:
            self.answer(200, {"token": self.server.sign(user, query["scope"][0]), "expires_in": 300})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What was asked stands in asked."""


class TokenServer(listener.Listener):
    def __init__(self, folder, users, grants):
        super().__init__(("127.0.0.1", 0), Handler)
        self.users, self.grants, self.asked = users, grants, []
        self.certificate, self.signing_key = make_certificate(folder, "signer", ("rsa:2048",))
        self.tls_certificate, tls_key = make_certificate(folder, "token-server")
        self.host = "127.0.0.1:%d" % self.server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls_certificate, tls_key)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def realm(self):
        return f"https://{self.host}/token"

    def sign(self, user, scope):
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        allowed = [action for action in actions.split(",") if action in self.grants]
        now = int(time.time())
        der = subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"], check=True, capture_output=True).stdout
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {"iss": ISSUER, "sub": user, "aud": SERVICE, "exp": now + 300, "nbf": now - 10, "iat": now, "jti": str(time.time_ns()),
                  "access": [{"type": kind, "name": name, "actions": allowed}] if allowed else []}
        text = ".".join(encode(json.dumps(part).encode()) for part in (head, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.signing_key], input=text.encode(), check=True,
                                   capture_output=True).stdout
        return text + "." + encode(signature)


@contextlib.contextmanager
def running(folder, users, grants=("pull",)):
    server = TokenServer(folder, users, grants)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
