"""A real Toxiproxy server in a host of a wire, before a small server of HTTP."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chaoskit.kernel.namespaces import in_network
from tests.wire import Wire, until

PROGRAM = "toxiproxy-server"
API, PROXY, UPSTREAM = 8474, 8666, 8080
BODY = b"x" * 20_000


@dataclass(frozen=True)
class Running:
    """The server on host `host`, with the proxies `web`, which carries, and `off`, which is not enabled."""

    wire: Wire
    host: str
    process: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One question to its API, without the library under test."""

        def exchange() -> Any:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", API, timeout=5)) as connection:
                connection.request(method, path, json.dumps(body) if body is not None else None)
                said = connection.getresponse().read()
                return json.loads(said) if said else None

        return in_network(self.wire.networks[self.host], exchange)

    @property
    def toxics(self) -> list[str]:
        """The names of the toxics of `web`."""
        return sorted(each["name"] for each in self.ask("GET", "/proxies/web/toxics"))


@contextlib.contextmanager
def toxiproxy(wire: Wire, folder: Path, host: str = "a") -> Iterator[Running]:
    """Start both on a host; ends them with the block."""
    config = folder / "toxiproxy.json"
    config.write_text(
        json.dumps(
            [
                {"name": "web", "listen": f"0.0.0.0:{PROXY}", "upstream": f"127.0.0.1:{UPSTREAM}"},
                {"name": "off", "listen": "0.0.0.0:8667", "upstream": "127.0.0.1:9", "enabled": False},
            ]
        )
    )
    network = wire.networks[host]
    server = in_network(network, lambda: _Web(("127.0.0.1", UPSTREAM), _Page))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    argv = ["nsenter", f"--net={network}", "--", PROGRAM, f"-config={config}"]
    with server, subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        thread.start()
        running = Running(wire, host, process)
        try:
            assert until(lambda: _answers(running)), "Toxiproxy does not answer"
            yield running
        finally:
            process.kill()
            server.shutdown()
            thread.join()


def _answers(running: Running) -> bool:
    try:
        return "web" in running.ask("GET", "/proxies")
    except OSError:
        return False


class _Web(ThreadingHTTPServer):
    """Room in its listen queue for all exchanges at once."""

    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: connections that are cut off are what is tested."""


class _Page(BaseHTTPRequestHandler):
    """Answers every question with the same page, and keeps the connection where it is asked to."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        """The page."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        if self.request_version == "HTTP/1.0":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing."""
