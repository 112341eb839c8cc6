"""The admin port: life, health and metrics, answered beside the workers, however busy they are."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from meter import Meter
from service import JSON, TEXT, Service
from settings import Settings


class Admin(ThreadingHTTPServer):
    """Serves `/alive`, `/health`, `/metrics` and `/state`."""

    daemon_threads = True

    def __init__(self, settings: Settings, meter: Meter, service: Service) -> None:
        self.instance = settings.instance
        self.meter = meter
        self.service = service
        super().__init__(("", settings.admin_port), Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse look-up of the own name, which would wait for a resolver."""
        TCPServer.server_bind(self)


class Handler(BaseHTTPRequestHandler):
    """One connection to the admin port."""

    server: Admin
    timeout = 5

    def do_GET(self) -> None:
        """Answer with the page of that path."""
        pages = {
            "/alive": lambda: (200, b"yes\n", TEXT),
            "/health": self.server.service.health,
            "/state": lambda: (200, json.dumps(self.server.meter.state()).encode(), JSON),
            "/metrics": lambda: (200, self.server.meter.exposition().encode(), f"{TEXT}; version=0.0.4"),
        }
        status, body, kind = pages.get(self.path, lambda: (404, b"", TEXT))()
        self.send_response(status)
        self.send_header("X-Instance", self.server.instance)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Nothing: checks come every second."""
