"""Servers of several addresses, some of which refuse, are silent or slow."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import dns.message
import dns.rrset
import numpy as np
import pytest

from chaoskit.core.history import Requests
from chaoskit.core.load import Connections
from chaoskit.core.naming import Fallback, resolver
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.fallback import MOST
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client, Job
from tests.loads.servers import HELLO, Behaviour, answers, generate, job, naming, outcomes, serving, silent
from tests.support.ports import free_port


def several(*addresses: str) -> AbstractContextManager[tuple[str, list[float]]]:
    """A name server for which every name has these addresses, in this order."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        made = dns.message.make_response(query)
        name = query.question[0].name  # a set each: dnspython shuffles the addresses of one
        made.answer = [dns.rrset.from_text(name, 60, "IN", "A", address) for address in addresses]
        return made

    return naming(answer)


@contextmanager
def full(address: str, port: int) -> Iterator[None]:
    """A listener whose queue is full: it drops every SYN, as a host that is gone does."""
    with socket.create_server((address, port), backlog=0) as listener, socket.create_connection((address, port)):
        assert listener.fileno() >= 0
        yield


def shop(port: int, server: str, fallback: str = "next", **changes: object) -> Job:
    """A load on a name of several addresses."""
    found = resolver(fallback=fallback)
    return job(f"http://shop.example:{port}/", client=Client("c", nameservers=(server,)), naming=found, **changes)


def served_by(table: Requests) -> set[str]:
    """The addresses that rows name."""
    return {table.server[row] for row in range(len(table))}


@pytest.mark.parametrize("fallback", ["next", "race"])
@pytest.mark.parametrize("connections", list(Connections))
def test_an_address_that_refuses_costs_no_request(fallback: str, connections: Connections) -> None:
    """The next address serves, within the same attempt; without fallback every request is refused."""
    failed: list[Requests] = []
    with serving(answers(HELLO)) as port, several("127.0.0.2", "127.0.0.3", "127.0.0.1") as (server, _):
        plain, _ = generate(shop(port, server, "none"))
        table, _ = generate(shop(port, server, fallback, connections=connections), attempts=failed)
    assert outcomes(plain) == {"refused": 10}
    assert served_by(plain) == {"127.0.0.2"}
    assert outcomes(table) == {"ok": 10}
    assert served_by(table) == {"127.0.0.1"}
    assert set(table.attempts.tolist()) == {1}
    assert len(failed[0]) == 0


def test_a_silent_address_is_waited_for_unless_addresses_race() -> None:
    """One after the other, silence is a connect timeout; in a race the next address is tried after 250 ms."""
    with serving(answers(HELLO)) as port, full("127.0.0.2", port), several("127.0.0.2", "127.0.0.1") as (server, _):
        words = {"timeout": NS, "arrivals": constant("10/s")}
        table, _ = generate(
            shop(port, server, "next", name="next", **words),
            shop(port, server, "race", name="race", **words),
            seconds=0.5,
        )
    waits, races = (table.take(table.load.equals(name)) for name in ("next", "race"))
    assert outcomes(waits) == {"connect timeout": 5}
    assert served_by(waits) == {"127.0.0.2"}
    assert outcomes(races) == {"ok": 5}
    assert served_by(races) == {"127.0.0.1"}
    assert np.all((races.end >= 250_000) & (races.end < 500_000))
    assert np.all(races.connect < 200_000)


def test_the_losers_of_a_race_are_closed() -> None:
    """A SYN that was dropped would come again after 1 s; by then there is room for it, but nobody sends it."""
    with ExitStack() as stack:
        port = stack.enter_context(serving(answers(HELLO)))
        listener = stack.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        stack.enter_context(socket.create_connection(("127.0.0.2", port)))
        server, _ = stack.enter_context(several("127.0.0.2", "127.0.0.1"))
        taken: list[socket.socket] = []
        table, _ = generate(
            shop(port, server, "race", timeout=2 * NS, arrivals=constant("5/s"), lasting=NS // 5),
            job(f"http://127.0.0.1:{port}/", name="meanwhile", arrivals=constant("5/s")),
            meanwhile=(0.6, lambda _engine: taken.append(listener.accept()[0])),
            seconds=2.0,
        )
        taken[0].close()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    race = table.take(table.load.equals("shop"))
    assert outcomes(race) == {"ok": 1}
    assert served_by(race) == {"127.0.0.1"}


def test_when_all_addresses_fail_the_last_failure_counts() -> None:
    """One outcome for the arrival, of the address that was tried last; retries are attempts of their own."""
    port = free_port()
    failed: list[Requests] = []
    with several("127.0.0.2", "127.0.0.3") as (server, _):
        table, _ = generate(shop(port, server, "race", retries=2), attempts=failed)
    assert outcomes(table) == {"refused": 10}
    assert served_by(table) == served_by(failed[0]) == {"127.0.0.3"}
    assert set(table.attempts.tolist()) == {3}
    assert outcomes(failed[0]) == {"refused": 20}


def test_a_timeout_in_a_race_closes_all_its_connections() -> None:
    """Every address is silent: a connect timeout in time, and no connection is left that counts for the limit."""
    with ExitStack() as stack:
        port = free_port()
        for address in ("127.0.0.2", "127.0.0.3"):
            stack.enter_context(full(address, port))
        server, _ = stack.enter_context(several("127.0.0.2", "127.0.0.3"))
        plain = {"timeout": 4 * NS // 10, "arrivals": constant("5/s"), "max_connections": 2}
        table, _ = generate(shop(port, server, "race", **plain), seconds=2.0)
    assert outcomes(table) == {"connect timeout": 10}
    assert np.all((table.end >= 400_000) & (table.end < 600_000))
    assert served_by(table) <= {"127.0.0.2", "127.0.0.3", ""}
    assert "127.0.0.3" in served_by(table)


def test_only_so_many_addresses_are_tried() -> None:
    """An answer of hundreds does not keep a client busy: after the first one sixteen others."""
    addresses = [f"127.0.1.{last}" for last in range(1, 100)]
    port = free_port()
    with several(*addresses) as (server, _):
        table, _ = generate(shop(port, server, "next", arrivals=constant("10/s")))
    assert outcomes(table) == {"refused": 2}
    assert served_by(table) == {addresses[MOST]}


@pytest.mark.parametrize("fallback", [Fallback.NEXT, Fallback.RACE])
def test_no_address_outside_the_lab_is_tried(fallback: Fallback) -> None:
    """A further address outside is refused before the first one is connected to."""
    with (
        serving(answers(HELLO)) as port,
        several("127.0.0.1", "192.0.2.7") as (server, _),
        pytest.raises(TargetRefused, match=r"192\.0\.2\.7 is outside the lab"),
    ):
        generate(shop(port, server, fallback))


@pytest.mark.parametrize("behave", [silent, answers(b"", close=True)])
def test_a_failure_after_the_connect_is_no_reason_to_go_elsewhere(behave: Behaviour) -> None:
    """What was sent may have had an effect: reset and silence stay what they are."""
    with serving(behave) as port, several("127.0.0.1", "127.0.0.2") as (server, _):
        table, _ = generate(shop(port, server, "race", timeout=NS // 2))
    assert set(outcomes(table)) <= {"reset", "response timeout"}
    assert served_by(table) == {"127.0.0.1"}
