"""The lab's web instance: answers with its name and region, so that a caller sees who served it.

    GET /         200, JSON {"instance": "web-eu-1", "region": "eu"}
    GET /health   200, "ok"
    GET /stream   200, a text of ten lines, one every tenth of STREAM seconds: something to be in the middle of

Every answer carries `X-Instance`. Environment: INSTANCE (the host's name), REGION (empty), PORT (8080), BACKLOG
(128), the length of the listen queue, and STREAM (1), how many seconds /stream takes. A thread a connection; SIGTERM
stops accepting, ends what is under way, exits 0.
Standard library only: it runs wherever Python does.
"""

import contextlib
import json
import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

INSTANCE = os.environ.get("INSTANCE") or socket.gethostname()
REGION = os.environ.get("REGION", "")
PORT = int(os.environ.get("PORT", "8080"))
BACKLOG = int(os.environ.get("BACKLOG", "128"))
STREAM = float(os.environ.get("STREAM", "1"))
LINES = 10

PAGES = {
    "/": ("application/json", json.dumps({"instance": INSTANCE, "region": REGION}).encode()),
    "/health": ("text/plain", b"ok\n"),
    "/stream": ("text/plain", b"one of ten\n" * LINES),
}


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD of the known pages; connections are kept."""

    protocol_version = "HTTP/1.1"
    server_version = "web"
    timeout = 15
    """Seconds a kept connection may be idle: longer than a balancer's own keep-alive, which then closes first."""

    wbufsize = -1
    """Buffer headers and body into one segment."""

    def handle(self) -> None:
        """Serve the connection to its end; a peer that resets it has ended it too."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def do_GET(self) -> None:
        """Send the page; of a stream the headers first, then each line in its time."""
        body = self.head()
        if self.path != "/stream":
            self.wfile.write(body)
            return
        for line in body.splitlines(keepends=True):
            self.wfile.flush()
            time.sleep(STREAM / LINES)
            self.wfile.write(line)

    def do_HEAD(self) -> None:
        """Send what would come before the page."""
        self.head()

    def head(self) -> bytes:
        """Send status and headers; return the body they announce."""
        kind, body = PAGES.get(self.path.partition("?")[0], ("text/plain", b""))
        self.send_response(200 if body else 404)
        self.send_header("X-Instance", INSTANCE)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing: the balancer logs."""


class Server(ThreadingHTTPServer):
    """A thread a connection; closing it ends idle connections and waits for answers under way."""

    request_queue_size = BACKLOG
    daemon_threads = False

    def __init__(self) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(("", PORT), Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse look-up of the own name, which would wait for a resolver."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = INSTANCE, PORT

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection and remember it."""
        connection, peer = super().get_request()
        self.open.add(connection)
        return connection, peer

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection and forget it."""
        if isinstance(request, socket.socket):
            self.open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Let idle connections read their end and busy ones finish their answer first; then wait for both."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):  # the peer was quicker
                connection.shutdown(socket.SHUT_RD)
        super().server_close()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    with Server() as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            # shutdown() waits for the serving loop, which this handler interrupts: it must not run here.
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"{INSTANCE} serves port {PORT}, listen queue {BACKLOG}", flush=True)
        server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
