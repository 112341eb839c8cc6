"""Questions to one name server, against servers that answer in one known way each."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import numpy as np
import pytest

from chaoskit.core.load import Connections
from chaoskit.core.units import NS
from chaoskit.loads.question import query
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.servers import Behaviour, generate, job, naming, outcomes, record, refusal, serving
from tests.support.ports import free_port

NAME = "a.example.com"
Answer = Callable[[dns.message.Message], dns.message.Message | None]


def url(server: str, options: str = "", name: str = NAME) -> str:
    """A question to a server that is called as in resolv.conf."""
    return f"dns://{server.replace('#', ':')}/{name}{options}"


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (lambda asked: record(asked, "198.18.0.1"), "ok", 0),
        (lambda asked: refusal(asked, dns.rcode.NOERROR), "no address", 0),
        (lambda asked: refusal(asked, dns.rcode.NXDOMAIN), "no address", 3),
        (lambda asked: refusal(asked, dns.rcode.SERVFAIL), "5xx", 2),
        (lambda asked: refusal(asked, dns.rcode.NOTIMP), "5xx", 4),
        (lambda asked: refusal(asked, dns.rcode.FORMERR), "4xx", 1),
        (lambda asked: refusal(asked, dns.rcode.REFUSED), "4xx", 5),
        (lambda asked: refusal(asked, dns.rcode.YXDOMAIN), "other status", 6),
    ],
)
def test_a_response_code_has_its_class(answer: Answer, outcome: str, code: int) -> None:
    """And is the row's status; one question is one datagram, whatever is answered."""
    with naming(answer) as (server, asked):
        table, _ = generate(job(query(url(server))))
    assert outcomes(table) == {outcome: 10}
    assert len(asked) == 10
    assert set(table.status.tolist()) == {code}
    assert (table.op[0], table.server[0]) == ("A", "127.0.0.1")
    assert table.value[0] == ("198.18.0.1" if outcome == "ok" else "")
    assert np.all((table.connect == -1) & (table.sent >= table.lag) & (table.first_byte >= table.sent))


def test_what_counts_as_success_is_part_of_the_request() -> None:
    """A code that is asked for, with or without a record; in time."""
    with naming(lambda asked: refusal(asked, dns.rcode.NXDOMAIN)) as (server, _):
        table, _account = generate(
            job(query(url(server), ok="NXDOMAIN"), name="expected"),
            job(query(url(server), ok="NOERROR"), name="another"),
            job(query(url(server), ok="NXDOMAIN", within=0), name="late"),
        )
    for name, outcome in (("expected", "ok"), ("another", "no address"), ("late", "bad")):
        assert outcomes(table.take(table.load.equals(name))) == {outcome: 10}


@pytest.mark.parametrize(("connections", "sockets"), [(Connections.NEW, 8), (Connections.KEEP_ALIVE, 1)])
def test_a_question_has_a_socket_of_its_own(connections: Connections, sockets: int) -> None:
    """A new one, or one whose last question has been answered."""
    ports: set[int] = set()
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def serve() -> None:
            for _ in range(10):
                data, peer = server.recvfrom(4096)
                ports.add(peer[1])
                server.sendto(record(dns.message.from_wire(data), "198.18.0.1").to_wire(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        table, _ = generate(job(query(url(f"127.0.0.1#{server.getsockname()[1]}")), connections=connections))
        thread.join(6)
    assert outcomes(table) == {"ok": 10}
    assert sockets <= len(ports) <= sockets + 2  # the kernel draws ports by chance, and may draw one again


def test_an_answer_that_is_late_is_nobody_elses() -> None:
    """It comes to the socket of the question that had given up, and the next question gets its own answer."""
    first = threading.Event()

    def answer(asked: dns.message.Message) -> dns.message.Message:
        if not first.is_set():
            first.set()
            time.sleep(0.15)
        return record(asked, "198.18.0.1")

    with naming(answer) as (server, _):
        kept = job(query(url(server)), timeout=NS // 10, connections=Connections.KEEP_ALIVE)
        table, _account = generate(kept, seconds=0.5)
    found = outcomes(table)
    assert set(found) == {"ok", "response timeout"}
    assert found["ok"] >= 15


def test_what_is_no_answer_has_its_class() -> None:
    """Nobody there: refused, by ICMP. Silence: a time-out. Garbage: a bad response. More than fits: bad."""
    table, _ = generate(job(query(url(f"127.0.0.1#{free_port()}")), retries=1))
    assert outcomes(table) == {"refused": 10}
    assert set(table.attempts.tolist()) == {2}
    with naming(lambda asked: None) as (server, _):
        table, _account = generate(job(query(url(server)), timeout=NS // 10))
    assert outcomes(table) == {"response timeout": 10}

    def truncated(asked: dns.message.Message) -> dns.message.Message:
        made = dns.message.make_response(asked)
        made.flags |= dns.flags.TC
        return made

    with naming(truncated) as (server, _):
        table, _account = generate(job(query(url(server))))
    assert outcomes(table) == {"bad": 10}
    with garbage() as port:
        table, _account = generate(job(query(url(f"127.0.0.1#{port}"))))
    assert outcomes(table) == {"bad response": 10}


def test_every_question_has_a_number_of_its_own() -> None:
    """Where its name asks for one."""
    names: list[str] = []

    def answer(asked: dns.message.Message) -> dns.message.Message:
        names.append(str(asked.question[0].name))
        return record(asked, "198.18.0.1")

    with naming(answer) as (server, _):
        table, _account = generate(job(query(url(server, name="{n}.example.com"))))
    assert outcomes(table) == {"ok": 10}
    assert len(set(names)) == 10


def test_the_name_server_is_found_as_any_host() -> None:
    """By name, through the client host's own resolver; never outside the lab."""
    with naming(lambda asked: record(asked, "127.0.0.1")) as (resolver, _):
        port = resolver.partition("#")[2]
        client = Client("c", nameservers=(resolver,))
        table, _account = generate(job(query(url(f"ns.example.com#{port}")), client=client))
    assert outcomes(table) == {"ok": 10}
    assert int((table.dns >= 0).sum()) == 1
    with pytest.raises(TargetRefused):
        generate(job(query(url("192.0.2.53"))))


def over_tcp(*, pieces: int = 1, count: int = 1000, extra: bytes = b"") -> Behaviour:
    """Answer questions on a connection, each in so many pieces; close after so many."""

    def behave(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            head = connection.recv(2, socket.MSG_WAITALL)
            if len(head) < 2:
                return
            (length,) = struct.unpack("!H", head)
            asked = dns.message.from_wire(connection.recv(length, socket.MSG_WAITALL))
            answer = record(asked, "198.18.0.1").to_wire()
            whole = struct.pack("!H", len(answer)) + answer + extra
            step = -(-len(whole) // pieces)
            for at in range(0, len(whole), step):
                connection.sendall(whole[at : at + step])
                time.sleep(0.001 if pieces > 1 else 0)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


@pytest.mark.parametrize("pieces", [1, 3, 60])
@pytest.mark.parametrize("connections", list(Connections))
def test_over_tcp(pieces: int, connections: Connections) -> None:
    """The answer may come in pieces; a handshake is in the row of the question that it was made for."""
    with serving(over_tcp(pieces=pieces)) as port:
        asked = job(query(url(f"127.0.0.1#{port}", "?tcp=1")), connections=connections, timeout=5 * NS)
        table, _ = generate(asked)
    assert outcomes(table) == {"ok": 10}
    handshakes = int((table.connect >= 0).sum())
    assert handshakes == 10 if connections is Connections.NEW else 1 <= handshakes < 10


def test_a_connection_that_the_server_ends_is_not_used_again() -> None:
    """Its end comes with the answer, or later; nobody is surprised by it. A life of its own ends it as well."""
    with serving(over_tcp(count=1)) as port:
        request = query(url(f"127.0.0.1#{port}", "?tcp=1"))
        table, _ = generate(job(request, connections=Connections.KEEP_ALIVE))
    assert outcomes(table) == {"ok": 10}
    assert np.all(table.connect >= 0)
    with serving(over_tcp()) as port:
        request = query(url(f"127.0.0.1#{port}", "?tcp=1"))
        table, _ = generate(job(request, connections=Connections.KEEP_ALIVE, connection_life=NS // 20), seconds=0.4)
    assert outcomes(table) == {"ok": 20}
    assert 3 <= int((table.connect >= 0).sum()) <= 15


def test_what_fails_over_tcp_has_its_class() -> None:
    """Nobody there, an end before the answer, bytes that are none."""
    table, _ = generate(job(query(url(f"127.0.0.1#{free_port()}", "?tcp=1"))))
    assert outcomes(table) == {"refused": 10}
    with serving(lambda connection: connection.recv(2) and connection.shutdown(socket.SHUT_RDWR)) as port:
        table, _ = generate(job(query(url(f"127.0.0.1#{port}", "?tcp=1"))))
    assert outcomes(table) == {"reset": 10}
    with serving(lambda connection: connection.recv(200) and connection.sendall(b"\0\4abcd")) as port:
        table, _ = generate(job(query(url(f"127.0.0.1#{port}", "?tcp=1"))))
    assert outcomes(table) == {"bad response": 10}


@contextmanager
def garbage() -> Iterator[int]:
    """A server that answers every datagram with one that repeats its beginning and is cut short; gives its port."""
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, peer = server.recvfrom(4096)
                if not data:
                    return
                server.sendto(data[:2] + b"\x80", peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.sendto(b"", server.getsockname())
            thread.join(5)
