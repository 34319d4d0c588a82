"""An HTTPS server on a free port of loopback, with the pair address.crt, address.key of the folder that it is started in: answers a
query of whoever has the right credentials with 7, others with 401. Says "ACCEPT 127.0.0.1:PORT" once it listens."""

import http.server
import ssl

RIGHT = "Basic am9lOnNlY3JldA=="
BODY = b'{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}'


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200 if self.headers.get("Authorization") == RIGHT else 401)
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("address.crt", "address.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"ACCEPT 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
