"""The bogon lab's service: takes a batch, thinks, and answers with a batch of the same size, stamped by the connection.

Every byte of a batch is the connection's stamp, which the first byte of the request names: whoever finds another
byte in it has been given something of another connection. It closes when its client has closed.

Environment: PORT (7000), BATCH (4194304 bytes), THINK_S (0.05), the slept time between the last byte of the request
and the first of the answer. A thread a connection. Standard library only: it runs wherever Python does.
"""

import os
import time
from socketserver import BaseRequestHandler, ThreadingTCPServer

PORT = int(os.environ.get("PORT", "7000"))
BATCH = int(os.environ.get("BATCH", str(4 << 20)))
THINK_S = float(os.environ.get("THINK_S", "0.05"))

PATIENCE_S = 2.0
"""Seconds to wait for a client that has gone silent."""


class Exchange(BaseRequestHandler):
    """One connection: a batch in, a batch out."""

    def handle(self) -> None:
        """Serve it to its end; a client that leaves before has ended it too."""
        self.request.settimeout(PATIENCE_S)
        try:
            stamp = self.receive()
            if stamp:
                time.sleep(THINK_S)
                self.request.sendall(stamp * BATCH)
                while self.request.recv(1):  # until the client has closed: it is the one in TIME_WAIT
                    pass
        except OSError as error:
            print(f"{self.client_address}: {error}", flush=True)

    def receive(self) -> bytes:
        """Take the request; its first byte is the stamp. Empty when the client left half way."""
        buffer = bytearray(1 << 18)
        left, stamp = BATCH, b""
        while left:
            taken = self.request.recv_into(buffer, min(left, len(buffer)))
            if not taken:
                return b""
            stamp = stamp or bytes(buffer[:1])
            left -= taken
        return stamp


class Server(ThreadingTCPServer):
    """A thread a connection."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("", PORT), Exchange) as server:
        server.serve_forever()
