"""A protocol of somebody else's: a line there, a line back, by a blocking client library.

What the server says decides: `ok ...`, `no ...` (a definite failure), or whatever the socket does.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaoskit.core.load import Outcome
from chaoskit.loads.session import Answer, Failed, Operation
from chaoskit.loads.sessions import Sessions
from tests.loads.servers import Behaviour

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client, Job


@dataclass(frozen=True)
class Echo:
    """Send each operation's name to a server.

    Attributes:
        dawdle: seconds between having a connection and sending.
        broken: the library has a mistake.
    """

    host: str
    port: int
    dawdle: float = 0.0
    broken: bool = False
    protocol: str = "echo"
    op: str = "echo"
    title: str = "echo"


class EchoSession:
    """One connection, opened by the first operation."""

    def __init__(self, request: Echo) -> None:
        self._request = request
        self._socket: socket.socket | None = None

    def perform(self, operation: Operation) -> Answer:
        """A line there and a line back."""
        if self._request.broken:
            raise ZeroDivisionError("the library's own mistake")
        address, port = operation.place(self._request.host, self._request.port)
        if self._socket is None:
            operation.connecting(address)
            self._socket = socket.create_connection((address, port), operation.left())
            operation.connected()
        time.sleep(self._request.dawdle)
        operation.value = operation.name
        operation.sending(address)
        self._socket.sendall(operation.name.encode() + b"\r\n\r\n")
        self._socket.settimeout(operation.left())
        answer = self._socket.recv(100)
        operation.answering()
        if not answer:
            raise Failed(Outcome.RESET)
        good = answer.startswith(b"ok")
        return Answer(Outcome.OK if good else Outcome.SERVER_ERROR, definite=not good)

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()


def open_stream(engine: Engine, job: Job, client: Client) -> Stream:
    """What the entry point names."""
    request = job.request
    assert isinstance(request, Echo)
    return Sessions(engine, job, client, (request.host,), lambda: EchoSession(request))


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that brings the protocol is installed."""
    info = tmp_path / "echo_protocol-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-protocol\nVersion: 1\n")
    lines = ["[chaoskit.protocols]", "echo = tests.loads.echo:open_stream", "wrong = tests.loads.echo:__doc__"]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for a generator's process


def repeats(first: bytes = b"ok\n", then: bytes = b"ok\n") -> Behaviour:
    """Answer the first request of each connection, and the further ones."""

    def behave(connection: socket.socket) -> None:
        said = first
        while connection.recv(1000):
            connection.sendall(said)
            said = then

    return behave
