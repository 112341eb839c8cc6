"""What becomes of requests: every way a system can answer, or not, has its outcome."""

from __future__ import annotations

import resource
import socket
import threading
import time

import numpy as np
import pytest

from chaoskit.core.load import Connections
from chaoskit.core.request import HttpRequest, Ok, body, get, header, status, within
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.work import Client
from tests.loads.servers import HELLO, Behaviour, answers, generate, job, outcomes, resets, serving, silent
from tests.support.ports import free_port

pytestmark = pytest.mark.usefixtures("each_transport")

CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"


def with_status(code: int) -> bytes:
    """An empty answer with a status."""
    return b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % code


@pytest.mark.parametrize(
    ("behave", "ok", "outcome", "code"),
    [
        (answers(HELLO), Ok(), "ok", 200),
        (answers(HELLO[:20], HELLO[20:60], HELLO[60:]), Ok(), "ok", 200),
        (answers(CLOSED, close=True), Ok(), "ok", 200),
        (answers(b"HTTP/1.1 100 Continue\r\n\r\n", HELLO), Ok(), "ok", 200),
        (answers(HELLO), body("hello") & header("X-Instance", "web-1") & status(200), "ok", 200),
        (answers(HELLO), body("goodbye"), "bad", 200),
        (answers(HELLO), header("X-Instance", "web-2"), "bad", 200),
        (answers(HELLO[:30], HELLO[30:]), within("1us"), "bad", 200),
        (answers(with_status(404)), Ok(), "4xx", 404),
        (answers(with_status(404)), status(404), "ok", 404),
        (answers(with_status(503)), Ok(), "503", 503),
        (answers(with_status(502)), Ok(), "5xx", 502),
        (answers(with_status(302)), status(200), "other status", 302),
        (answers(b"SSH-2.0-x\r\n"), Ok(), "bad response", 0),
        (answers(HELLO[:-1], close=True), Ok(), "reset", 0),
        (answers(b"", close=True), Ok(), "reset", 0),
        (resets, Ok(), "reset", 0),
    ],
)
@pytest.mark.parametrize("connections", list(Connections))
def test_an_answer_has_its_outcome(
    behave: Behaviour, ok: Ok, outcome: str, code: int, connections: Connections
) -> None:
    """Each kind of answer, on new and on kept connections, is one outcome with its status."""
    with serving(behave) as port:
        request = get(f"http://127.0.0.1:{port}/", ok=ok)
        table, _ = generate(job(request, connections=connections))
    assert outcomes(table) == {outcome: 10}
    assert set(table.status.tolist()) == {code}
    assert set(table.attempts.tolist()) == {1}


def test_a_row_tells_the_parts_of_a_request() -> None:
    """Server, instance and client are named; sent, connect, first byte and end are in order, dns is absent."""
    with serving(answers(HELLO[:30], HELLO[30:])) as port:
        table, account = generate(job(f"http://127.0.0.1:{port}/"))
    assert {table.load[0], table.client[0], table.server[0], table.instance[0]} == {
        "shop",
        "client-1",
        "127.0.0.1",
        "web-1",
    }
    assert (table.op[0], table.value[0]) == ("GET", "")
    assert np.all(table.lag >= 0)
    assert np.all(table.lag <= table.sent)
    assert np.all(table.sent <= table.first_byte)
    assert np.all(table.first_byte <= table.end)
    # The pieces are 1 ms apart; a generator that waits for a core may find both there.
    assert np.any(table.first_byte + 900 <= table.end)
    assert np.all(table.connect >= 0)
    assert np.all(table.dns == -1)
    assert np.all((table.intended >= 0) & (table.intended < NS // 5))
    assert [(row.scheduled, row.recorded, row.abandoned) for row in account] == [(10, 10, 0)]


def test_nobody_listens() -> None:
    """A closed port is `refused`, at once."""
    port = free_port()
    table, _ = generate(job(f"http://127.0.0.1:{port}/"))
    assert outcomes(table) == {"refused": 10}
    assert np.all(table.end < 500_000)
    assert np.all(table.sent == -1)


def test_time_outs_say_how_far_a_request_came() -> None:
    """A full listen queue is a connect timeout, silence a response timeout, half an answer a body timeout."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with socket.create_connection(address), serving(silent) as mute, serving(answers(HELLO[:-2])) as half:
            jobs = [
                job(f"http://127.0.0.1:{port}/", name=name, timeout=NS // 4)
                for name, port in (("full", address[1]), ("mute", mute), ("half", half))
            ]
            table, _ = generate(*jobs)
    found = {name: outcomes(table.take(table.load.equals(name))) for name in ("full", "mute", "half")}
    assert found == {"full": {"connect timeout": 10}, "mute": {"response timeout": 10}, "half": {"body timeout": 10}}
    assert np.all((table.end >= 250_000) & (table.end < 450_000))
    assert np.all((table.first_byte >= 0) == table.load.equals("half"))
    assert np.all((table.sent >= 0) == table.load.equals("mute", "half"))


def test_a_slow_handshake_shows_even_if_no_answer_comes() -> None:
    """A first SYN that a full listen queue drops costs a second; the request that then times out has it in its row."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        held = socket.create_connection(address)
        taken: list[socket.socket] = []
        make_room = threading.Timer(0.5 + 1 / 3, lambda: taken.append(full.accept()[0]))
        make_room.start()
        table, _ = generate(job(f"http://127.0.0.1:{address[1]}/", timeout=2 * NS, arrivals=constant("5/s")))
        make_room.join()
        for each in (held, *taken):
            each.close()
    assert outcomes(table) == {"response timeout": 1}
    assert 900_000 <= int(table.connect[0]) < 1_500_000
    assert int(table.sent[0]) >= int(table.connect[0])


def test_kept_connections_are_used_again() -> None:
    """With keep-alive a request connects only when none is idle; without, every one does, and asks to close."""
    with serving(answers(HELLO)) as port:
        kept, _ = generate(job(f"http://127.0.0.1:{port}/", connections=Connections.KEEP_ALIVE))
        new, _ = generate(job(f"http://127.0.0.1:{port}/", connections=Connections.NEW))
    for row in np.flatnonzero(kept.connect >= 0)[1:]:  # on a busy machine the one before may not have its answer yet
        assert np.any((kept.intended < kept.intended[row]) & (kept.ended > kept.intended[row]))
    assert kept.connect[np.argmin(kept.intended)] >= 0
    assert np.any(kept.connect < 0)
    assert np.all(new.connect >= 0)


def test_a_connection_that_the_server_ends_is_not_used_again() -> None:
    """`Connection: close`, or an end of the connection while it is idle, means a new one and no failure."""
    with serving(answers(HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) as told:
        first, _ = generate(job(f"http://127.0.0.1:{told}/", connections=Connections.KEEP_ALIVE))

    def hangs_up(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(HELLO)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(hangs_up) as untold:
        slow = job(f"http://127.0.0.1:{untold}/", connections=Connections.KEEP_ALIVE, arrivals=constant("10/s"))
        second, _ = generate(slow, seconds=0.5)
    for table, count in ((first, 10), (second, 5)):
        assert outcomes(table) == {"ok": count}
        assert np.all(table.connect >= 0)


def test_a_connection_has_a_life() -> None:
    """A kept connection is replaced when its life is over, and closed even if no request comes."""
    with serving(answers(HELLO)) as port:
        table, _ = generate(
            job(f"http://127.0.0.1:{port}/", connections=Connections.KEEP_ALIVE, connection_life=NS // 10),
            seconds=0.5,
        )
    assert outcomes(table) == {"ok": 25}
    assert 4 <= int((table.connect >= 0).sum()) <= 6


def test_a_connection_has_a_life_in_requests() -> None:
    """A kept connection is closed after so many, and the next request has a new one."""
    with serving(answers(HELLO)) as port:
        load = job(f"http://127.0.0.1:{port}/", connections=Connections.KEEP_ALIVE, connection_requests=5)
        table, _ = generate(load, seconds=0.5)
    assert outcomes(table) == {"ok": 25}
    assert 5 <= int((table.connect >= 0).sum()) < 15  # one that comes before an answer has a connection of its own


def test_an_idle_connection_is_closed_when_its_life_is_over() -> None:
    """The server sees the end of a connection of 100 ms, although its client stays and sends nothing more."""
    ended: list[float] = []

    def behave(connection: socket.socket) -> None:
        answers(HELLO)(connection)
        ended.append(time.monotonic())

    with serving(behave) as port:
        keep_running = job(f"http://127.0.0.1:{port}/", name="slow", arrivals=constant("2/s"))
        short = job(
            f"http://127.0.0.1:{port}/",
            arrivals=constant("2/s"),
            connections=Connections.KEEP_ALIVE,
            connection_life=NS // 10,
        )
        started = time.monotonic()
        table, _ = generate(keep_running, short, seconds=1.5)
    assert np.all(table.take(table.load.equals("shop")).connect >= 0)
    assert ended[0] - started < 1.0


def test_retries_are_attempts_of_one_arrival() -> None:
    """A request that fails is tried again at once, as often as allowed; arrivals stay what they were."""
    calls = 0

    def second_time_lucky(connection: socket.socket) -> None:
        nonlocal calls
        calls += 1
        answers(HELLO if calls % 2 == 0 else with_status(500))(connection)

    with serving(second_time_lucky) as port:
        lucky, _ = generate(job(f"http://127.0.0.1:{port}/", retries=1, arrivals=constant("10/s")), seconds=1.0)
    with serving(answers(with_status(503))) as port:
        unlucky, _ = generate(job(f"http://127.0.0.1:{port}/", retries=2))
    assert outcomes(lucky) == {"ok": 10}
    assert set(lucky.attempts.tolist()) == {2}
    assert outcomes(unlucky) == {"503": 10}
    assert set(unlucky.attempts.tolist()) == {3}


def test_retries_end_with_the_timeout() -> None:
    """No retry is worth anything after the timeout: refused over and over, a request ends in time."""
    port = free_port()
    table, _ = generate(job(f"http://127.0.0.1:{port}/", retries=30_000, timeout=NS // 10, arrivals=constant("10/s")))
    assert np.all(table.end < 300_000)
    assert np.all(table.attempts > 10)


def test_a_stalled_system_does_not_cost_endless_connections() -> None:
    """No more than `max_connections` are made; requests beyond them wait, and are then the system's failures."""
    opened = 0

    def count(connection: socket.socket) -> None:
        nonlocal opened
        opened += 1
        silent(connection)

    with serving(count) as port:
        _, (account,) = generate(job(f"http://127.0.0.1:{port}/", max_connections=3), stop_after=0.5)
        assert opened == 3
        assert (account.scheduled, account.abandoned) == (10, 10)
        table, _ = generate(job(f"http://127.0.0.1:{port}/", max_connections=1, timeout=NS // 4))
    assert set(outcomes(table)) <= {"response timeout", "connect timeout"}
    assert len(table) == 10


def test_no_descriptor_left() -> None:
    """Without descriptors requests are `no port`, and those that got one are not disturbed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def limit_then_answer(connection: socket.socket) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        silent(connection)

    try:
        with serving(limit_then_answer) as port:
            table, _ = generate(job(f"http://127.0.0.1:{port}/", timeout=NS))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = outcomes(table)
    assert set(found) == {"response timeout", "no port"}
    assert found["no port"] >= 5


def test_a_head_request_and_a_post() -> None:
    """The answer to HEAD has no body whatever its length says; a large body is sent whole."""

    def swallow(connection: socket.socket) -> None:
        received = 0
        while data := connection.recv(1 << 16):
            received += len(data)
            if received > 2_999_000 and data.endswith(b"\x01"):
                connection.sendall(HELLO)

    with serving(answers(HELLO[:-5])) as port:
        head, _ = generate(job(HttpRequest("HEAD", f"http://127.0.0.1:{port}/"), connections=Connections.KEEP_ALIVE))
    assert outcomes(head) == {"ok": 10}
    with serving(swallow) as port:
        large = HttpRequest("POST", f"http://127.0.0.1:{port}/", {}, b"\0" * 2_999_000 + b"\x01")
        posted, _ = generate(job(large, arrivals=constant("5/s")))
    assert outcomes(posted) == {"ok": 1}


def test_ipv6_literals() -> None:
    """An IPv6 address in a URL is connected to as such."""
    listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    with listener:
        port = listener.getsockname()[1]
    table, _ = generate(job(f"http://[::1]:{port}/", client=Client("six")))
    assert outcomes(table) == {"refused": 10}
    assert table.server[0] == "::1"
