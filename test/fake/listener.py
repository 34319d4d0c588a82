"""What the servers of the tests have in common."""

import http.server
import ssl
import sys


class Listener(http.server.ThreadingHTTPServer):
    """A thread for each connection. A client that goes away, or does not trust us, is no error; all else is told."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)
