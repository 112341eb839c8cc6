"""The shop: counts its visitors in the store, and says who served them."""

import http.server
import os
import socket

HOST = socket.gethostname()


def visits() -> bytes:
    """Count one more visit."""
    with socket.create_connection((os.environ["STORE"], 6379), timeout=1) as store:
        store.sendall(b"INCR visits\r\n")
        return store.recv(64).strip().lstrip(b":")


class Handler(http.server.BaseHTTPRequestHandler):
    """Every path but `/health` is a visit."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        try:
            status, body = 200, b"ok" if self.path == "/health" else b"visit " + visits()
        except OSError as error:
            status, body = 503, str(error).encode()
        self.send_response(status)
        self.send_header("X-Instance", HOST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


class Server(http.server.ThreadingHTTPServer):
    """A thread a connection."""

    request_queue_size = 128


Server(("", 8000), Handler).serve_forever()
