"""The accounting: whatever a server, a name server or this machine does, arrivals are the sum of their outcomes.

`generate` itself asserts, of every run, that what was scheduled is what was recorded, and that there is a row for each.
"""

from __future__ import annotations

import random
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.core.history import Requests
from chaoskit.core.load import Connections, Outcome
from chaoskit.core.naming import resolver
from chaoskit.core.retry import Retry
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.work import Client
from tests.loads.servers import HELLO, generate, job, namespace, naming, outcomes, record, refusal, serving

Fault = Callable[[socket.socket], bool]
"""Deals with one request; false where the connection is of no more use."""


def good(connection: socket.socket) -> bool:
    """A whole answer."""
    connection.sendall(HELLO)
    return True


def error(connection: socket.socket) -> bool:
    """A status that is no success."""
    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    return True


def garbage(connection: socket.socket) -> bool:
    """No HTTP at all."""
    connection.sendall(bytes(range(256)))
    return False


def too_much(connection: socket.socket) -> bool:
    """Two answers to one request."""
    connection.sendall(HELLO + HELLO)
    return True


def closes(connection: socket.socket) -> bool:
    """The end instead of an answer."""
    connection.shutdown(socket.SHUT_RDWR)
    return False


def resets(connection: socket.socket) -> bool:
    """A RST instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def closes_within(connection: socket.socket) -> bool:
    """The end within the body."""
    connection.sendall(HELLO[:-2])
    return closes(connection)


def resets_within(connection: socket.socket) -> bool:
    """A RST within the header block."""
    connection.sendall(HELLO[:20])
    return resets(connection)


def stalls(connection: socket.socket) -> bool:
    """Nothing more, ever."""
    connection.recv(1)
    return False


def stalls_within(connection: socket.socket) -> bool:
    """Half an answer, and nothing more."""
    connection.sendall(HELLO[:-2])
    return stalls(connection)


def hangs_up_later(connection: socket.socket) -> bool:
    """An answer, and the end right behind it, unannounced."""
    connection.sendall(HELLO)
    return closes(connection)


FAULTS: tuple[Fault, ...] = (
    *(good, good, good, error, garbage, too_much, closes, resets),
    *(closes_within, resets_within, stalls, stalls_within, hangs_up_later),
)
POSSIBLE = {
    *(Outcome.OK, Outcome.SERVER_ERROR, Outcome.BAD_RESPONSE, Outcome.RESET),
    *(Outcome.CONNECT_TIMEOUT, Outcome.RESPONSE_TIMEOUT, Outcome.BODY_TIMEOUT),
}


@contextmanager
def faulty(seed: int) -> Iterator[tuple[int, list[int]]]:
    """A server that does one of `FAULTS` at each request; gives its port, and a list as long as there were requests."""
    chance, seen = random.Random(seed), [0]
    lock = threading.Lock()

    def behave(connection: socket.socket) -> None:
        going_on = True
        while going_on and (data := connection.recv(65536)):
            count = data.count(b"\r\n\r\n")
            with lock:
                seen[0] += count
                fault = chance.choice(FAULTS)
            going_on = fault(connection)

    with serving(behave) as port:
        yield port, seen


def add_up(table: Requests, attempts: Requests) -> None:
    """Each arrival has one outcome, and attempts are what rows and the attempts' own rows say."""
    assert sum(outcomes(table).values()) == len(table)
    assert int(table.attempts.sum()) == len(attempts) + int((table.attempts > 0).sum())
    assert np.all(table.end >= 0)
    assert np.all((table.sent < 0) | (table.sent <= table.end))
    assert "ok" not in outcomes(attempts)
    assert np.all(table.attempts[table.outcome != list(Outcome).index(Outcome.LATE)] >= 1)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    connections=st.sampled_from(Connections),
    retries=st.sampled_from([Retry.none(), Retry.immediate(3), Retry.backoff(3, first="10ms", budget=0.5)]),
    most=st.sampled_from([1, 3, 100]),
    fallback=st.sampled_from(["none", "next", "race"]),
)
def test_arrivals_are_the_sum_of_their_outcomes(
    seed: int, connections: Connections, retries: Retry, most: int, fallback: str
) -> None:
    """With every fault of a server in any order, any policy of a client, and any limit of connections."""
    failed: list[Requests] = []
    with faulty(seed) as (port, seen), naming(lambda query: record(query, "127.0.0.1")) as (server, _):
        client = Client("c", nameservers=(server,))
        words = {"connections": connections, "retries": retries, "max_connections": most, "timeout": NS // 5}
        found = {"client": client, "naming": resolver(fallback=fallback)}
        table, _ = generate(
            job(f"http://shop.example:{port}/", arrivals=constant("200/s"), **words, **found),
            seconds=0.3,
            attempts=failed,
        )
    add_up(table, failed[0])
    assert set(outcomes(table)) <= {str(outcome) for outcome in POSSIBLE}
    sent = int((table.sent >= 0).sum() + (failed[0].sent >= 0).sum())
    assert seen[0] <= sent
    assert outcomes(table).get("ok", 0) <= seen[0]


def test_names_that_fail_in_every_way() -> None:
    """Silence, NXDOMAIN, SERVFAIL, an empty answer, garbage and good answers, in turn."""
    turn = iter(range(10**6))

    def answer(query: dns.message.Message) -> dns.message.Message | None:
        number = next(turn) % 5
        if number == 0:
            return None
        if number == 4:
            return record(query, "127.0.0.1", 0)
        return refusal(query, (dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL, dns.rcode.NOERROR)[number - 1])

    failed: list[Requests] = []
    with faulty(1) as (port, _), naming(answer) as (server, _):
        client = Client("c", nameservers=(server,))
        found = {"client": client, "naming": resolver("none"), "timeout": NS // 5, "retries": Retry.immediate(1)}
        table, _ = generate(job(f"http://shop.example:{port}/", **found), seconds=0.6, attempts=failed)
    add_up(table, failed[0])
    assert {"no address", "dns timeout"} <= set(outcomes(table)) | set(outcomes(failed[0]))
    assert np.all(table.connect[table.server.equals("")] < 0)


def test_a_limit_that_a_stalled_system_fills_is_the_systems_failure() -> None:
    """Requests that find no connection in time time out, as others do; the generator was on time all along."""

    def stall(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with serving(stall) as port:
        table, _ = generate(
            job(f"http://127.0.0.1:{port}/", max_connections=2, timeout=NS // 4, arrivals=constant("100/s")),
            seconds=0.5,
        )
    assert set(outcomes(table)) <= {"response timeout", "connect timeout"}
    assert np.all(table.sent[table.outcome == list(Outcome).index(Outcome.CONNECT_TIMEOUT)] < 0)
    assert int((table.sent >= 200_000).sum()) > 30  # most waited for a connection nearly all of their time
    assert float(np.median(table.lag)) < 20_000


def run(netns: Path, *commands: str) -> None:
    """Run commands in a network."""
    for command in commands:
        subprocess.run(["nsenter", f"--net={netns}", "sh", "-c", command], check=True, capture_output=True)


@pytest.mark.lab
def test_addresses_where_nothing_is() -> None:
    """A black hole swallows SYNs, a route says that there is no way, another one that it is forbidden."""
    with namespace() as netns:
        run(
            netns,
            "ip link add hole type veth peer name far && ip link set far up && ip link set hole up",
            "ip address add 198.18.0.1/24 dev hole",
            "ip neighbour add 198.18.0.2 lladdr 02:00:00:00:00:02 dev hole nud permanent",
            "ip route add unreachable 198.18.1.0/24",
            "ip route add prohibit 198.18.2.0/24",
            "ip route add blackhole 198.18.3.0/24",
        )
        client = Client("c", netns=netns)
        places = {
            "swallows": "198.18.0.2",
            "no way": "198.18.1.1",
            "forbidden": "198.18.2.1",
            "discarded": "198.18.3.1",
            "no route": "198.18.9.1",
        }
        jobs = [
            job(f"http://{address}/", name=name, client=client, timeout=NS // 4, retries=1)
            for name, address in places.items()
        ]
        failed: list[Requests] = []
        table, _ = generate(*jobs, networks=("198.18.0.0/16",), attempts=failed)
    add_up(table, failed[0])
    found = {one.name: outcomes(table.take(table.load.equals(one.name))) for one in jobs}
    assert found.pop("swallows") == {"connect timeout": 10}
    assert set(map(str, found.values())) == {"{'unreachable': 10}"}


@pytest.mark.lab
def test_a_machine_without_ports() -> None:
    """Of twenty local ports no more connections can be made to one place; what finds none is no fault of the system."""
    with namespace() as netns:
        run(netns, "echo 40000 40019 > /proc/sys/net/ipv4/ip_local_port_range")

        def hold(connection: socket.socket) -> None:
            while connection.recv(65536):
                time.sleep(0.01)

        failed: list[Requests] = []
        with serving(hold, netns=netns) as port:
            client = Client("c", netns=netns)
            table, _ = generate(
                job(f"http://127.0.0.1:{port}/", client=client, timeout=2 * NS, retries=2), seconds=1.0, attempts=failed
            )
    add_up(table, failed[0])
    found = outcomes(table)
    assert set(found) == {"response timeout", "no port"}
    assert 5 <= found["response timeout"] <= 20
