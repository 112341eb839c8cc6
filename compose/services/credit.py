"""The lab's service with personal data: for every request it asks a business partner about one customer.

    GET /customers/N   200, the partner's answer about customer N; 503 when the partner cannot be reached in time
    GET /health        200, "ok": about this service alone

The customer's record goes to PARTNER (http://198.18.84.10:8080/rate, for example) as JSON in plain HTTP: whatever
protects it is the network's business. Environment: PARTNER, PATIENCE (0.8: seconds it waits for a connection, and for
an answer), PORT (8080). A thread for each caller's connection, which keeps one to the partner. Standard library only:
it runs wherever Python does.
"""

import http.client
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PARTNER = urlsplit(os.environ["PARTNER"])
PATIENCE = float(os.environ.get("PATIENCE", "0.8"))
PORT = int(os.environ.get("PORT", "8080"))
INSTANCE = os.environ.get("INSTANCE", "credit")


def record(number: str) -> bytes:
    """What is known of a customer: nobody's business on the way."""
    return json.dumps({"customer": number, "name": "Jane Doe", "born": "1980-02-29", "iban": "DE00"}).encode()


def ask(connection: http.client.HTTPConnection, number: str) -> tuple[int, bytes]:
    """Ask the partner; 503 and the reason where there is no answer in time, and then a new connection."""
    try:
        connection.request("POST", PARTNER.path, record(number), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return 503, f"partner: {error}\n".encode()


class Handler(BaseHTTPRequestHandler):
    """Answers GET; connections are kept."""

    protocol_version = "HTTP/1.1"
    timeout = 15
    wbufsize = -1
    """Buffer headers and body into one segment."""

    def setup(self) -> None:
        """Get ready for a caller's connection."""
        super().setup()
        self.partner = http.client.HTTPConnection(PARTNER.hostname or "", PARTNER.port or 80, timeout=PATIENCE)

    def finish(self) -> None:
        """End with the caller's connection."""
        self.partner.close()
        super().finish()

    def do_GET(self) -> None:
        """Answer one request."""
        first, _, rest = self.path.lstrip("/").partition("/")
        if first == "customers" and rest:
            self.answer(*ask(self.partner, rest))
        elif first == "health":
            self.answer(200, b"ok\n")
        else:
            self.answer(404, b"")

    def answer(self, status: int, body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("X-Instance", INSTANCE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing: callers see the status."""


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
