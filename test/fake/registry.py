#!/usr/bin/python3
"""A registry that does everything wrong, on request; for the tests of the registry room and of the cluster ring.

The first component of a repository's name decides how it behaves:

  good/…       serves tags and manifests properly
  basic/…      the same, but wants user:password (--user, --password)
  token/…      the same, but wants a Bearer token, which its own /token gives (Basic there if --user is set)
  paged/…      the same, but tag lists come in pages of three, with Link headers
  nodigest/…   the same, without Docker-Content-Digest
  nohead/…     the same, but answers HEAD with 405
  etag/…       the same without HEAD, but with entity-tags: 304 to If-None-Match
  down/…       closes the connection without an answer
  silent/…     takes the request and never answers
  denied/…     401, whatever comes        forbidden/…  403        missing/…  404
  busy/…       429 with Retry-After (--retry-after, 30 s)         trouble/…  503
  html/…       an HTML page with status 200
  liar/…       Docker-Content-Digest names other bytes than it sends
  endless/…    a body without an end      gigabyte/…   announces a gigabyte, and begins to send it
  drip/…       one byte a second, without an end
  elsewhere/…  Link and redirects point at another host (--elsewhere)
  realm/…      a challenge whose realm is the value of --realm
  moved/…      a challenge whose realm is here, and sends on to another host

Requests are logged as JSON lines (--log FILE, or standard error): so that a test can count polls.

Control, from the tests (not part of the distribution API):
  PUT  /control/tags/<repository>/<tag>       a new image is pushed under the tag: a manifest whose content
                                              depends on the body of the request; answers {"digest": …}
  PUT  /control/tags/<repository>/<tag>?index the same, an image index
  DELETE /control/tags/<repository>/<tag>     the tag is gone
  PUT  /control/behaviour/<repository>        body = a name from the list above, or "" for its own again
  GET  /control/requests                      the log as a JSON list
  DELETE /control/requests                    forgets the log
"""

import argparse
import base64
import hashlib
import http.server
import json
import re
import ssl
import sys
import threading
import time
import urllib.parse

import listener

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
PAGE = 3
SERVING = ("good", "basic", "token", "paged", "nodigest", "nohead", "etag", "liar", "elsewhere")
API = re.compile(r"/v2/(?P<repository>.+)/(?:tags/(?P<list>list)|manifests/(?P<reference>[^/]+))")


def digest_of(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


def make_document(seed, is_index):
    """A manifest or an index whose bytes depend on the seed."""
    blob = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(seed),
            "digest": digest_of(seed)}
    if is_index:
        return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            dict(blob, mediaType=MANIFEST, platform={"os": "linux", "architecture": "amd64"})]}).encode()
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": blob, "layers": []}).encode()


class State:
    """What all connections share."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.tags = {}        # repository → {tag: digest}
        self.documents = {}   # digest → (content type, bytes)
        self.behaviours = {}  # repository → name, instead of its first component
        self.requests = []
        self.log = open(options.log, "a", encoding="utf-8") if options.log else sys.stderr

    def push(self, repository, tag, seed, is_index):
        body = make_document(seed, is_index)
        with self.lock:
            self.documents[digest_of(body)] = (INDEX if is_index else MANIFEST, body)
            self.tags.setdefault(repository, {})[tag] = digest_of(body)
        return digest_of(body)

    def find(self, repository, reference):
        with self.lock:
            digest = self.tags.get(repository, {}).get(reference, reference)
            document = self.documents.get(digest)
        return (digest, *document) if document else None

    def behaviour(self, repository):
        with self.lock:
            return self.behaviours.get(repository) or repository.split("/")[0]

    def note(self, entry):
        with self.lock:
            self.requests.append(entry)
            print(json.dumps(entry), file=self.log, flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hostile"

    @property
    def state(self):
        return self.server.state

    # ---- answers ----

    def answer(self, status, body=b"", content_type="application/json", **headers):
        self.status = status
        self.note()  # before: who has the answer finds the request in the log
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_once(self, body, content_type="application/json"):
        """With an entity-tag; who shows it gets no body again."""
        etag = f'"{digest_of(body)}"'
        if self.headers.get("If-None-Match") == etag:
            self.answer(304, b"", content_type, ETag=etag)
        else:
            self.answer(200, body, content_type, ETag=etag)

    def fail(self, status, code, **headers):
        body = json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode()
        self.answer(status, body, **headers)

    def stream(self, content_type, length, piece, pause_s=0.0):
        """Sends pieces for as long as somebody listens."""
        self.status = 200
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Docker-Content-Digest", "sha256:" + "e" * 64)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.sent = 0
        while self.command != "HEAD":
            self.wfile.write(piece)
            self.wfile.flush()
            self.sent += len(piece)
            time.sleep(pause_s)

    # ---- the distribution API ----

    def is_user(self):
        pair = f"{self.state.options.user}:{self.state.options.password}"
        return self.headers.get("Authorization") == "Basic " + base64.b64encode(pair.encode()).decode()

    def origin(self):
        scheme = "https" if self.state.options.cert else "http"
        return f"{scheme}://{self.headers.get('Host')}"

    def is_admitted(self, behaviour):
        """Answers with a challenge and returns False when the request may not pass."""
        if behaviour == "basic" and not self.is_user():
            self.fail(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="hostile"')
            return False
        if behaviour == "token" and self.headers.get("Authorization") != "Bearer let-me-in":
            challenge = f'Bearer realm="{self.origin()}/token",service="hostile"'
            self.fail(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
            return False
        return True

    def serve_tags(self, repository, behaviour, query):
        with self.state.lock:
            tags = sorted(self.state.tags.get(repository, {}))
            is_known = repository in self.state.tags
        if not is_known:
            self.fail(404, "NAME_UNKNOWN")
            return
        headers = {}
        if behaviour == "paged":
            rest = [tag for tag in tags if tag > query.get("last", [""])[0]]
            tags = rest[:PAGE]
            if len(rest) > PAGE:
                headers["Link"] = f'</v2/{repository}/tags/list?last={tags[-1]}&n={PAGE}>; rel="next"'
        if behaviour == "elsewhere":
            headers["Link"] = f'<{self.state.options.elsewhere}/v2/{repository}/tags/list?last=x>; rel="next"'
        body = json.dumps({"name": repository, "tags": tags}).encode()
        if behaviour == "etag":
            self.answer_once(body)
        else:
            self.answer(200, body, **headers)

    def serve_manifest(self, repository, behaviour, reference):
        found = self.state.find(repository, reference)
        if behaviour == "elsewhere":
            self.fail(307, "MOVED", Location=f"{self.state.options.elsewhere}/v2/{repository}/manifests/{reference}")
        elif behaviour in ("nohead", "etag") and self.command == "HEAD":
            self.fail(405, "UNSUPPORTED")
        elif found is None and behaviour != "liar":
            self.fail(404, "MANIFEST_UNKNOWN")
        elif behaviour == "liar":
            body = make_document(b"a lie", False)
            self.answer(200, body, MANIFEST, Docker_Content_Digest="sha256:" + "a" * 64)
        elif behaviour == "etag":
            self.answer_once(found[2], found[1])
        elif behaviour == "nodigest":
            self.answer(200, found[2], found[1])
        else:
            self.answer(200, found[2], found[1], Docker_Content_Digest=found[0])

    def misbehave(self, behaviour, is_list):
        """Answers as a behaviour that serves nothing; False when it is not one."""
        content_type = "application/json" if is_list else MANIFEST
        options = self.state.options
        if behaviour == "down":
            self.close_connection = True
        elif behaviour == "silent":
            self.server.ending.wait()
            self.close_connection = True
        elif behaviour == "denied":
            self.fail(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="hostile"')
        elif behaviour == "forbidden":
            self.fail(403, "DENIED")
        elif behaviour == "missing":
            self.fail(404, "NAME_UNKNOWN" if is_list else "MANIFEST_UNKNOWN")
        elif behaviour == "busy":
            self.fail(429, "TOOMANYREQUESTS", Retry_After=str(options.retry_after))
        elif behaviour == "trouble":
            self.fail(503, "UNAVAILABLE")
        elif behaviour == "html":
            self.answer(200, b"<html><body>Please log in</body></html>", "text/html")
        elif behaviour == "endless":
            self.stream(content_type, None, b" " * 65536)
        elif behaviour == "gigabyte":
            self.stream(content_type, 1 << 30, b" " * 65536)
        elif behaviour == "drip":
            self.stream(content_type, None, b" ", 1.0)
        elif behaviour == "realm":
            self.fail(401, "UNAUTHORIZED", WWW_Authenticate=f'Bearer realm="{options.realm}"')
        elif behaviour == "moved":
            self.fail(401, "UNAUTHORIZED", WWW_Authenticate=f'Bearer realm="{self.origin()}/moved"')
        else:
            return False
        return True

    def serve(self, url):
        match = API.fullmatch(urllib.parse.unquote(url.path))
        if url.path == "/token":
            if self.state.options.user and not self.is_user():
                self.fail(401, "UNAUTHORIZED")
            else:
                self.answer(200, b'{"token": "let-me-in", "expires_in": 300}')
        elif url.path == "/moved":
            self.fail(302, "MOVED", Location=f"{self.state.options.elsewhere}/token")
        elif url.path in ("/v2", "/v2/"):
            self.answer(200, b"{}")
        elif match is None:
            self.fail(404, "NAME_INVALID")
        else:
            self.repository = match["repository"]
            behaviour = self.state.behaviour(self.repository)
            if self.misbehave(behaviour, match["list"] is not None) or not self.is_admitted(behaviour):
                return
            if behaviour not in SERVING:
                self.fail(404, "NAME_UNKNOWN")
            elif match["list"]:
                self.serve_tags(self.repository, behaviour, urllib.parse.parse_qs(url.query))
            else:
                self.serve_manifest(self.repository, behaviour, match["reference"])

    # ---- control ----

    def control(self, url):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what, _, rest = url.path.removeprefix("/control/").partition("/")
        state = self.state
        if (self.command, what) == ("PUT", "tags"):
            repository, _, tag = rest.rpartition("/")
            digest = state.push(repository, tag, body, url.query == "index")
            self.answer(200, json.dumps({"digest": digest}).encode())
        elif (self.command, what) == ("DELETE", "tags"):
            repository, _, tag = rest.rpartition("/")
            with state.lock:
                state.tags.get(repository, {}).pop(tag, None)
            self.answer(200, b"{}")
        elif (self.command, what) == ("PUT", "behaviour"):
            with state.lock:
                state.behaviours[rest] = body.decode()
            self.answer(200, b"{}")
        elif (self.command, what) == ("GET", "requests"):
            with state.lock:
                log = json.dumps(state.requests).encode()
            self.answer(200, log)
        elif (self.command, what) == ("DELETE", "requests"):
            with state.lock:
                state.requests.clear()
            self.answer(200, b"{}")
        else:
            self.fail(404, "NO_SUCH_CONTROL")

    # ---- every request ----

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        self.is_noted = url.path.startswith("/control/")
        if self.is_noted:
            self.control(url)
            return
        self.status, self.repository, self.sent = 0, "", None
        try:
            self.serve(url)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True
        finally:
            self.note()

    def note(self):
        """Once for each request."""
        if self.is_noted:
            return
        self.is_noted = True
        self.state.note({
            "time": time.time(), "method": self.command, "path": self.path, "repository": self.repository,
            "authorization": (self.headers.get("Authorization") or "").split(" ")[0],
            "agent": self.headers.get("User-Agent"), "status": self.status, "sent": self.sent})

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = handle_request

    def log_message(self, *_):
        """The log is note()'s."""


class Server(listener.Listener):
    allow_reuse_address = True

    def __init__(self, address, options):
        super().__init__(address, Handler)
        self.state = State(options)
        self.ending = threading.Event()


def parse(args):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="port 0: a free one")
    parser.add_argument("--log", metavar="FILE", help="where requests go, as JSON lines (default: stderr)")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--retry-after", type=int, default=30, metavar="SECONDS")
    parser.add_argument("--realm", default="http://169.254.169.254/token", help="of realm/… repositories")
    parser.add_argument("--elsewhere", default="http://127.0.0.2:1", metavar="URL", help="where to send people on to")
    parser.add_argument("--cert", metavar="FILE", help="serve TLS with this certificate and key")
    parser.add_argument("--key", metavar="FILE")
    return parser.parse_args(args)


def create(args):
    """A server that listens; serve_forever() is the caller's."""
    options = parse(args)
    host, _, port = options.listen.rpartition(":")
    server = Server((host, int(port)), options)
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def main():
    server = create(sys.argv[1:])
    host, port = server.server_address[:2]
    print(f"{host}:{port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.ending.set()


if __name__ == "__main__":
    main()
