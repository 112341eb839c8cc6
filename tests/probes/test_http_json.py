"""What a service says of itself, over HTTP from inside its network."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.kernel.namespaces import in_network
from chaoskit.probes.http_json import http_json
from tests.probes.daemons import observed, opened
from tests.wire import Wire, wired

pytestmark = pytest.mark.lab


PAGES = {"/counters": json.dumps({"strays": 3, "of": {"a": 1}}).encode(), "/list": b"[1]", "/text": b"hello"}


class Page(BaseHTTPRequestHandler):
    """Answers each path with a body of its own."""

    def do_GET(self) -> None:
        """A page, or 404."""
        body = PAGES.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing."""


@contextmanager
def served(wire: Wire) -> Iterator[int]:
    """A server on host a's loopback."""
    server = in_network(wire.networks["a"], lambda: ThreadingHTTPServer(("127.0.0.1", 0), Page))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_a_reading_is_the_object() -> None:
    """Nested ones included; `reading` goes down into them by dots."""
    with wired("a") as wire, served(wire) as port:
        assert opened(wire, http_json("/counters", port), observed(wire, "a"))() == {"strays": 3, "of": {"a": 1}}


@pytest.mark.parametrize(
    ("path", "error"), [("/nowhere", "status 404"), ("/list", "no JSON object"), ("/text", "no JSON")]
)
def test_any_other_answer_is_the_readings_error(path: str, error: str) -> None:
    """It says what came instead."""
    with wired("a") as wire, served(wire) as port, pytest.raises(OSError, match=error):
        opened(wire, http_json(path, port), observed(wire, "a"))()


def test_a_port_nobody_listens_at_is_the_readings_error() -> None:
    """Refused at once."""
    with wired("a") as wire, pytest.raises(ConnectionRefusedError):
        opened(wire, http_json("/counters", 1), observed(wire, "a"))()


def test_a_path_without_a_slash_is_refused() -> None:
    """The right one is named."""
    with wired("a") as wire, pytest.raises(UsageError, match="'counters' is no path"):
        opened(wire, http_json("counters"), observed(wire, "a"))
