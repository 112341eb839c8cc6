"""The lab's business partner: rates whatever customer it is told about, whichever way the record came.

    POST /rate     200, JSON {"customer": "7", "rating": "A"}
    GET /health    200, "ok"

Environment: PORT (8080). A thread a connection. Standard library only: it runs wherever Python does.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "8080"))


class Handler(BaseHTTPRequestHandler):
    """Answers POST /rate and GET /health; connections are kept."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    """Seconds a kept connection may be idle: longer than callers keep theirs."""
    wbufsize = -1
    """Buffer headers and body into one segment."""

    def do_GET(self) -> None:
        """Say that it is there."""
        self.answer(b"ok\n")

    def do_POST(self) -> None:
        """Read a customer's record and rate it."""
        record = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self.answer(json.dumps({"customer": record["customer"], "rating": "A"}).encode())

    def answer(self, body: bytes) -> None:
        """Send an answer."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing: callers see the status."""


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
