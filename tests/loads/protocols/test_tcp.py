"""TCP handshakes as load, against listeners on loopback."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest

from chaoskit.core.connect import connect
from chaoskit.core.errors import UsageError
from chaoskit.core.load import Connections
from chaoskit.core.request import HttpRequest
from chaoskit.core.units import NS
from chaoskit.loads.namings.fixed import fixed
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.servers import Behaviour, generate, job, naming, outcomes, record, serving
from tests.support.ports import free_port

pytestmark = pytest.mark.usefixtures("each_transport")


def ends(seen: list[bytes | str]) -> Behaviour:
    """A server that notes how its connections end: with no bytes, or by a reset."""

    def behave(connection: socket.socket) -> None:
        try:
            seen.append(connection.recv(10))
        except ConnectionResetError:
            seen.append("reset")

    return behave


@pytest.mark.parametrize(("close", "end"), [("rst", "reset"), ("fin", b"")])
def test_a_handshake_is_a_success_and_then_it_ends(close: str, end: bytes | str) -> None:
    """Each connection is established, which is the row's end, and closed at once the way it was asked for."""
    seen: list[bytes | str] = []
    with serving(ends(seen)) as port:
        table, _ = generate(job(connect(f"127.0.0.1:{port}", close=close)))
        deadline = time.monotonic() + 5
        while len(seen) < 10 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert outcomes(table) == {"ok": 10}
    assert seen == [end] * 10
    assert (table.op[0], table.server[0]) == ("connect", "127.0.0.1")
    assert np.all(table.first_byte == -1)
    assert np.all((table.connect >= 0) & (table.sent >= table.lag) & (table.end >= table.sent + table.connect - 1))


def test_a_connection_that_is_held_stays_open_that_long() -> None:
    """The request is over with its handshake, the connection only after its time; the server may end it before."""
    lasted: list[float] = []

    def wait(connection: socket.socket) -> None:
        began = time.monotonic()
        connection.settimeout(5)
        connection.recv(10)
        lasted.append(time.monotonic() - began)

    with serving(wait) as port:
        table, _ = generate(job(connect(f"127.0.0.1:{port}", close="fin", hold="150ms")), seconds=0.5)
    assert outcomes(table) == {"ok": 25}
    assert int(table.end.max()) < 100_000
    assert len([one for one in lasted if one > 0.12]) >= 10
    with serving(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as port:
        table, _ = generate(job(connect(f"127.0.0.1:{port}", hold="1m"), max_connections=2), seconds=0.5)
    assert outcomes(table) == {"ok": 25}


def test_held_connections_count_for_the_limit() -> None:
    """Beyond it a handshake waits for a connection to end, and is a connect time-out when its time is over."""
    with serving(lambda connection: connection.recv(10) and None) as port:
        held = job(connect(f"127.0.0.1:{port}", hold="1m"), max_connections=3, timeout=NS // 5)
        table, _ = generate(held)
    assert outcomes(table) == {"ok": 3, "connect timeout": 7}
    with serving(lambda connection: connection.recv(10) and None) as port:
        freed = job(connect(f"127.0.0.1:{port}", hold="100ms"), max_connections=3)
        table, _ = generate(freed)
    assert outcomes(table) == {"ok": 10}
    assert int(table.end.max()) > 30_000


def test_what_does_not_answer_has_its_class() -> None:
    """Nobody listens: refused. A queue that is full: the handshake times out. Further attempts are counted."""
    table, _ = generate(job(connect(f"127.0.0.1:{free_port()}"), retries=2))
    assert outcomes(table) == {"refused": 10}
    assert set(table.attempts.tolist()) == {3}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        with socket.create_connection(place):  # the one that the queue holds
            full = job(connect(f"127.0.0.1:{place[1]}", hold="1m"), timeout=NS // 5)
            table, _ = generate(full)
    assert outcomes(table) == {"connect timeout": 10}
    assert np.all(table.sent >= 0)


def test_what_came_too_late_is_no_success() -> None:
    """Established, but not as soon as was asked for."""
    with serving(lambda connection: None) as port:
        table, _ = generate(job(connect(f"127.0.0.1:{port}", within=0)))
    assert outcomes(table) == {"bad": 10}


def test_its_host_is_found_as_any_other() -> None:
    """By DNS, with the time that takes in the row; by a list of addresses with ports; never outside the lab."""
    with serving(lambda connection: None) as port:
        with naming(lambda query: record(query, "127.0.0.1")) as (server, asked):
            client = Client("c", nameservers=(server,))
            table, _ = generate(job(connect(f"shop.example.com:{port}"), client=client))
        assert outcomes(table) == {"ok": 10}
        assert len(asked) == 1
        assert int((table.dns >= 0).sum()) == 1
        table, _ = generate(job(connect("shop.example.com:9"), naming=fixed(f"127.0.0.1:{port}")))
        assert outcomes(table) == {"ok": 10}
    with pytest.raises(TargetRefused):
        generate(job(connect("192.0.2.1:80")))


def test_a_client_that_comes_back_lets_go_of_what_it_held() -> None:
    """Its connections of before are closed: room for new ones."""
    with serving(lambda connection: connection.recv(10) and None) as port:
        request = connect(f"127.0.0.1:{port}", hold="1m")
        held = job(request, max_connections=5, connections=Connections.KEEP_ALIVE)
        table, _ = generate(held, meanwhile=(0.15, lambda engine: engine.loop.post(engine._streams[0].moved)))
    assert outcomes(table) == {"ok": 10}


def test_only_handshakes_are_served() -> None:
    """A request that only says it is TCP's is a mistake of its author."""
    with pytest.raises(UsageError, match="is no TCP handshake"):
        generate(job(HttpRequest("GET", "http://127.0.0.1/", protocol="tcp")))
