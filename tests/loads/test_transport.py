"""Which way to the kernel the load engine takes, and what the two have in common beyond `test_flow`."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.load import Connections
from chaoskit.core.request import HttpRequest, get
from chaoskit.core.units import NS
from chaoskit.loads import ring_loop
from chaoskit.loads import transport as module
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.transport import EPOLL, IO_URING, VARIABLE, Transport, transport
from chaoskit.loads.work import Client
from tests.loads.servers import HELLO, answers, generate, job, naming, outcomes, record, requests_on, serving

BIG = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 5_000_000


@pytest.mark.parametrize(
    ("chosen", "refused", "used"),
    [
        ("", "", IO_URING),
        ("auto", "", IO_URING),
        ("", "Operation not permitted", EPOLL),
        ("auto", "Operation not permitted", EPOLL),
        ("epoll", "", EPOLL),
        ("epoll", "Operation not permitted", EPOLL),
        ("io_uring", "", IO_URING),
    ],
)
def test_which_transport_is_used(chosen: str, refused: str, used: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names, else io_uring where the kernel lets this process use it, else epoll."""
    monkeypatch.setattr(module, "refusal", lambda: refused)
    monkeypatch.setenv(VARIABLE, chosen)
    assert transport() is used


def test_a_transport_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped name, and one that the kernel refuses, are errors with a remedy; epoll does not step in unasked."""
    monkeypatch.setattr(module, "refusal", lambda: "Operation not permitted")
    monkeypatch.setenv(VARIABLE, "iouring")
    with pytest.raises(UsageError, match="names no transport") as mistyped:
        transport()
    assert "Did you mean 'io_uring'?" in mistyped.value.remedy
    monkeypatch.setenv(VARIABLE, "io_uring")
    with pytest.raises(LabError, match="Operation not permitted") as refused:
        transport()
    assert "kernel.io_uring_disabled" in refused.value.remedy


def test_a_ring_that_is_not_to_be_had_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a descriptor for it a load ends before it begins, with a way out; its loop leaves nothing open."""

    def none_left() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(module, "refusal", lambda: "")
    monkeypatch.setenv(VARIABLE, "io_uring")
    monkeypatch.setattr(ring_loop, "Ring", none_left)
    before = loop_files()
    with pytest.raises(LabError, match="Too many open files") as caught:
        generate(job("http://127.0.0.1:1/"))
    assert "CHAOSKIT_TRANSPORT=epoll" in caught.value.remedy
    assert loop_files() == before


@pytest.mark.usefixtures("each_transport")
def test_an_answer_larger_than_all_buffers() -> None:
    """Bodies of 5 MB, several at once, arrive whole: ok says that every byte that was announced came."""
    with serving(answers(BIG)) as port:
        table, _ = generate(job(f"http://127.0.0.1:{port}/", timeout=20 * NS, connections=Connections.KEEP_ALIVE))
    assert outcomes(table) == {"ok": 10}


@pytest.mark.usefixtures("each_transport")
def test_more_connections_than_one_submission_holds() -> None:
    """A burst of arrivals on new connections, and 1,500 of them idle at once, is one answer each and none lost."""
    released = threading.Event()

    def behave(connection: socket.socket) -> None:
        for _ in requests_on(connection):
            released.wait(20)
            connection.sendall(HELLO)

    timer = threading.Timer(1.5, released.set)
    timer.start()
    with serving(behave) as port:
        burst = job(f"http://127.0.0.1:{port}/", arrivals=constant("1500/s"), timeout=20 * NS)
        table, _ = generate(burst, seconds=1.0)
    timer.join()
    assert outcomes(table) == {"ok": 1500}


@pytest.mark.usefixtures("each_transport")
def test_a_request_that_times_out_ends_its_connection() -> None:
    """The server sees the end of the connection right when the request's time is up, although nothing else happens."""
    ended: list[float] = []

    def mute(connection: socket.socket) -> None:
        begun = time.monotonic()
        assert connection.recv(65536)
        assert not connection.recv(65536)
        ended.append(time.monotonic() - begun)

    with serving(mute) as port:
        table, _ = generate(
            job(f"http://127.0.0.1:{port}/", timeout=NS // 5, arrivals=constant("2/s")),
            job(f"http://127.0.0.1:{port}/", name="later", timeout=NS // 5, arrivals=constant("2/s"), start=NS // 2),
            seconds=1.0,
        )
    assert set(outcomes(table)) == {"response timeout"}
    assert len(ended) == len(table)
    assert max(ended) < 0.4


@pytest.mark.usefixtures("each_transport")
def test_an_early_answer_to_a_large_request() -> None:
    """A server that refuses a large body without reading it is heard, and the connection is not used again."""
    connected = 0

    def refuses(connection: socket.socket) -> None:
        nonlocal connected
        connected += 1
        assert connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.3)

    with serving(refuses) as port:
        large = HttpRequest("POST", f"http://127.0.0.1:{port}/", {}, b"\0" * 20_000_000)
        posted, _ = generate(job(large, connections=Connections.KEEP_ALIVE, arrivals=constant("10/s")), seconds=0.5)
    assert outcomes(posted) == {"4xx": 5}
    assert connected == 5


@pytest.mark.usefixtures("each_transport")
def test_names_are_looked_up_beside_http() -> None:
    """What is not HTTP - here a look-up, and a stop from another thread - has its events on either transport."""
    with serving(answers(HELLO)) as port, naming(lambda query: record(query, "127.0.0.1")) as (server, asked):
        client = Client("c", nameservers=(server,))
        table, _ = generate(job(f"http://shop.example:{port}/", client=client))
    assert outcomes(table) == {"ok": 10}
    assert asked
    with serving(answers(HELLO)) as port:
        begun = time.monotonic()
        generate(job(f"http://127.0.0.1:{port}/", arrivals=constant("1/s")), seconds=60, stop_after=0.5)
    assert time.monotonic() - begun < 5


@pytest.mark.usefixtures("each_transport")
def test_an_open_loop_holds_its_schedule() -> None:
    """At 1,000/s arrivals are taken up within a millisecond of their moment, and sent right after, nearly always."""
    with serving(answers(HELLO)) as port:
        steady = job(get(f"http://127.0.0.1:{port}/"), arrivals=poisson("1000/s"), connections=Connections.KEEP_ALIVE)
        table, _ = generate(steady, seconds=1.0)
    assert float(np.median(table.lag)) < 1000
    assert float(np.median(table.sent)) < 1000


@pytest.mark.usefixtures("each_transport")
def test_nothing_is_left_open() -> None:
    """After a run that was stopped, the server sees the end of every connection, and the loop's files are closed."""
    begun: list[socket.socket] = []
    ended: list[socket.socket] = []

    def behave(connection: socket.socket) -> None:
        begun.append(connection)
        try:
            answers(HELLO)(connection)
        finally:  # which is a reset where the answer was on its way
            ended.append(connection)

    before = loop_files()
    with serving(behave) as port:
        kept = job(f"http://127.0.0.1:{port}/", connections=Connections.KEEP_ALIVE, arrivals=poisson("500/s"))
        generate(kept, seconds=60, stop_after=0.2)
        deadline = time.monotonic() + 2
        while len(ended) < len(begun) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(ended) == len(begun) >= 1
    assert loop_files() == before


def loop_files() -> list[str]:
    """What loops wait in that this process has open."""
    links = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the folder's own
            links.append(str(path.readlink()))
    return sorted(link for link in links if "io_uring" in link or "eventpoll" in link or "timerfd" in link)
