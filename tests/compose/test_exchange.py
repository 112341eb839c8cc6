"""The bogon lab's service and client, as processes on loopback."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.wire import until

SERVICES = Path(__file__).parents[2] / "compose" / "services"
BATCH = 10_000


@contextmanager
def running(program: str, **environment: object) -> Iterator[subprocess.Popen[str]]:
    """A program of the lab with small batches; killed when the block ends."""
    settings = {**os.environ, "BATCH": str(BATCH), **{key: str(value) for key, value in environment.items()}}
    argv = [sys.executable, "-S", str(SERVICES / f"{program}.py")]
    with subprocess.Popen(argv, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def service() -> Iterator[int]:
    """The service's port, once it answers."""
    port = free_port()
    with running("exchange_service", PORT=port, THINK_S=0.05):
        assert until(lambda: listens(port))
        yield port


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def counted(port: int) -> dict[str, int]:
    """The client's counters; none while it does not give them out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/counters")
        found: dict[str, int] = json.loads(connection.getresponse().read())
        return found
    except ConnectionRefusedError:
        return {}
    finally:
        connection.close()


def test_the_service_answers_a_batch_with_as_much_of_the_same_stamp_and_lets_its_client_close(service: int) -> None:
    """Every byte is the stamp; then the connection stays open until the client ends it."""
    with socket.create_connection(("127.0.0.1", service), timeout=5) as caller:
        caller.sendall(b"\x07" * BATCH)
        taken = b""
        while len(taken) < BATCH:
            taken += caller.recv(BATCH)
        assert taken == b"\x07" * BATCH
        caller.settimeout(0.1)
        with pytest.raises(TimeoutError):
            caller.recv(1)
        caller.settimeout(5)
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(1) == b""


def test_a_client_that_leaves_half_way_harms_nobody(service: int) -> None:
    """The next one is served."""
    with socket.create_connection(("127.0.0.1", service), timeout=5) as caller:
        caller.sendall(b"\x07")
    with socket.create_connection(("127.0.0.1", service), timeout=5) as caller:
        caller.sendall(b"\x08" * BATCH)
        assert caller.recv(1) == b"\x08"


def test_the_client_exchanges_from_ports_of_its_own_and_counts(service: int) -> None:
    """TIME_WAIT keeps each port: none comes again, nothing fails, nothing is stray."""
    counters = free_port()
    with running("exchange_client", SERVICE_PORT=service, COUNTERS_PORT=counters, GAP_S=0, PORTS="21000-21999"):
        assert until(lambda: counted(counters).get("exchanges", 0) >= 5)
        found = counted(counters)
        assert (found["failed"], found["reused"], found["stray_answers"], found["stray_bytes"]) == (0, 0, 0, 0)


def test_bytes_of_another_connection_are_counted() -> None:
    """A service that puts three foreign bytes into the answer is told from one that fails, and from a good one."""
    counters = free_port()
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=spoiling, args=(listening,), daemon=True).start()
        port = listening.getsockname()[1]
        stack.enter_context(
            running("exchange_client", SERVICE_PORT=port, COUNTERS_PORT=counters, GAP_S=0.01, PORTS="22000-22999")
        )
        assert until(lambda: counted(counters).get("exchanges", 0) >= 2 and counted(counters)["failed"] >= 1)
        found = counted(counters)
        assert (found["exchanges"], found["stray_answers"], found["stray_bytes"]) == (2, 1, 3)


def spoiling(listening: socket.socket) -> None:
    """A good answer, one with three foreign bytes, and one that breaks off; then nothing more."""
    for foreign in (0, 3, BATCH):
        serving, _ = listening.accept()
        with serving:
            stamp = serving.recv(1, socket.MSG_PEEK)
            left = BATCH
            while left:
                left -= len(serving.recv(left))
            serving.sendall(bytes([stamp[0] ^ 1]) * foreign if foreign < BATCH else b"")
            serving.sendall(stamp * (BATCH - foreign))
            if foreign < BATCH:
                serving.recv(1)
    listening.close()


def test_the_client_says_when_every_port_is_taken() -> None:
    """With one port in TIME_WAIT there is none left; that is a failed exchange, not a silent wait."""
    counters, port = free_port(), free_port()
    only = free_port()
    with (
        running("exchange_service", PORT=port, THINK_S=0),
        running("exchange_client", SERVICE_PORT=port, COUNTERS_PORT=counters, PORTS=f"{only}-{only}") as client,
    ):
        assert until(lambda: counted(counters).get("exchanges", 0) == 1 and counted(counters)["failed"] > 0)
        client.kill()
        assert client.stdout
        assert "every source port is taken" in client.stdout.read()
