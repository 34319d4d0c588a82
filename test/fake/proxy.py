#!/usr/bin/python3
"""A proxy for tests: forwards every connection to 127.0.0.1, whatever name it was asked for, and says so.

    proxy.py http|https|socks5 [--pair NAME] [--user NAME:PASSWORD]

--pair: the NAME.crt and NAME.key that https speaks TLS with. It prints "ACCEPT 127.0.0.1:PORT" when it listens, and
appends to the file "proxied" a line "NAME:PORT" for each connection that it was asked for.
"""

import argparse
import base64
import selectors
import socket
import ssl
import threading


def exactly(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise ConnectionError("the client is gone")
        data += more
    return data


def asked_by_connect(stream, user):
    """CONNECT (RFC 9110, 9.3.6): where to; None when the client may not."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += exactly(stream, 1)
    wanted = b"" if user is None else b"proxy-authorization: basic " + base64.b64encode(user.encode()).lower()
    if wanted not in head.lower():
        stream.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
        return None
    if b"\r\nauthorization:" in head.lower():
        raise ValueError("the proxy was told what only the server may know")
    name, port = head.split(b" ")[1].decode().rsplit(":", 1)
    stream.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
    return name, int(port)


def asked_by_socks(stream, user):
    """SOCKS 5 (RFC 1928, RFC 1929): where to; an address is told from a name."""
    methods = exactly(stream, exactly(stream, 2)[1])
    method = 0 if user is None else 2
    if method not in methods:
        stream.sendall(b"\x05\xff")
        return None
    stream.sendall(bytes([5, method]))
    if user is not None:
        name = exactly(stream, exactly(stream, 2)[1])
        password = exactly(stream, exactly(stream, 1)[0])
        if b":".join((name, password)) != user.encode():
            stream.sendall(b"\x01\x01")
            return None
        stream.sendall(b"\x01\x00")
    kind = exactly(stream, 4)[3]
    name = exactly(stream, exactly(stream, 1)[0]).decode() if kind == 3 else socket.inet_ntoa(exactly(stream, 4))
    port = int.from_bytes(exactly(stream, 2), "big")
    stream.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    return name, port


def pump(one, other):
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
                while isinstance(key.fileobj, ssl.SSLSocket) and key.fileobj.pending():
                    key.data.sendall(key.fileobj.recv(65536))


def serve(stream, context, asked, user):
    try:
        with (context.wrap_socket(stream, server_side=True) if context else stream) as client:
            target = asked(client, user)
            if target is None:
                return
            with open("proxied", "a") as file:
                file.write("%s:%d\n" % target)
            with socket.create_connection(("127.0.0.1", target[1])) as server:
                pump(client, server)
    except (OSError, ConnectionError):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("http", "https", "socks5"))
    parser.add_argument("--pair", default="address")
    parser.add_argument("--user")
    args = parser.parse_args()
    context = None
    if args.kind == "https":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.pair + ".crt", args.pair + ".key")
    asked = asked_by_socks if args.kind == "socks5" else asked_by_connect
    listener = socket.create_server(("127.0.0.1", 0))
    print("ACCEPT 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=serve, args=(stream, context, asked, args.user), daemon=True).start()


if __name__ == "__main__":
    main()
