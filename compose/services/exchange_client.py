"""The bogon lab's client: one exchange after another, each over a connection of its own, from the lowest free port.

    GET /counters   200, JSON: {"exchanges": 41, "failed": 0, "reused": 0, "stray_answers": 0, "stray_bytes": 0}

`exchanges` were answered in full, `failed` were not, `reused` came from a source port that an earlier one had had,
`stray_answers` held bytes of another connection, `stray_bytes` so many in all. It closes first, so that the state
TIME_WAIT is its own; it takes a port as bindresvport(3) does, the first one that bind(2) grants.

Environment: SERVICE (address), SERVICE_PORT (7000), BATCH (4194304 bytes each way), PORTS (20000-20999), GAP_S (0.02),
the slept time between two exchanges, COUNTERS_PORT (9100). Standard library only.
"""

import contextlib
import errno
import json
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SERVICE = (os.environ.get("SERVICE", "127.0.0.1"), int(os.environ.get("SERVICE_PORT", "7000")))
BATCH = int(os.environ.get("BATCH", str(4 << 20)))
GAP_S = float(os.environ.get("GAP_S", "0.02"))
FIRST, LAST = (int(port) for port in os.environ.get("PORTS", "20000-20999").split("-"))
COUNTERS_PORT = int(os.environ.get("COUNTERS_PORT", "9100"))

PATIENCE_S = 2.0
"""Seconds of silence after which an exchange has failed."""
STAMPS = 251
"""So many exchanges later a stamp comes again: a stray byte is told from its own while it is younger than that."""

counters = {"exchanges": 0, "failed": 0, "reused": 0, "stray_answers": 0, "stray_bytes": 0}


class Page(BaseHTTPRequestHandler):
    """Gives out the counters."""

    def do_GET(self) -> None:
        """Send them as JSON."""
        body = json.dumps(counters).encode()
        self.send_response(200 if self.path == "/counters" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Answer; whoever asked may have gone."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing: it is asked ten times a second."""


def from_lowest_free_port() -> socket.socket:
    """A socket bound to the first port that is neither in use nor in TIME_WAIT."""
    for port in range(FIRST, LAST + 1):
        caller = socket.socket()
        try:
            caller.bind(("", port))
        except OSError as error:
            caller.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return caller
    raise OSError(errno.EADDRNOTAVAIL, "every source port is taken")


def exchange(caller: socket.socket, stamp: bytes) -> int:
    """Send a batch, take the answer, close; the number of bytes in it that are not the connection's."""
    caller.settimeout(PATIENCE_S)
    caller.connect(SERVICE)
    caller.sendall(stamp * BATCH)
    buffer = bytearray(1 << 18)
    left, strays = BATCH, 0
    while left:
        taken = caller.recv_into(buffer, min(left, len(buffer)))
        if not taken:
            raise ConnectionResetError(errno.ECONNRESET, "the answer ended early")
        strays += taken - buffer.count(stamp, 0, taken)
        left -= taken
    return strays


def one(number: int, used: set[int]) -> None:
    """One exchange, counted."""
    with from_lowest_free_port() as caller:
        port = caller.getsockname()[1]
        strays = exchange(caller, bytes([number % STAMPS]))
    counters["exchanges"] += 1
    counters["reused"] += port in used
    counters["stray_answers"] += strays > 0
    counters["stray_bytes"] += strays
    used.add(port)


def main() -> None:
    """Exchange for ever, and tell of it."""
    threading.Thread(target=ThreadingHTTPServer(("", COUNTERS_PORT), Page).serve_forever, daemon=True).start()
    used: set[int] = set()
    number = 0
    while True:
        try:
            one(number, used)
        except OSError as error:
            counters["failed"] += 1
            print(f"exchange {number}: {error}", flush=True)
        number += 1
        time.sleep(GAP_S)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
