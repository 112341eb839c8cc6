"""Client libraries as load: worker threads, their account, and what is recorded of an operation that is cut off."""

from __future__ import annotations

import socket
import threading
import time

import numpy as np
import pytest

from chaoskit.core.errors import ChaoskitError, DefinitionError, UsageError
from chaoskit.core.history import Requests, concatenate
from chaoskit.core.load import Connections
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.generator import Generator, Work
from chaoskit.loads.registry import opener, protocol_names
from chaoskit.loads.work import Client
from tests.loads.echo import Echo, echo, repeats
from tests.loads.servers import HELLO, answers, generate, job, namespace, naming, outcomes, record, serving, silent
from tests.support.ports import free_port

__all__ = ["echo"]
pytestmark = pytest.mark.usefixtures("echo")
KEPT = Connections.KEEP_ALIVE


def test_protocols_are_found_by_name() -> None:
    """Those of this package and those installed; one that there is not, or that opens nothing, is an error."""
    assert {"http", "echo"} <= set(protocol_names())
    with pytest.raises(UsageError, match="no load generator speaks 'telnet'"):
        opener("telnet")
    with pytest.raises(DefinitionError, match="'wrong' has nothing that opens a stream"):
        opener("wrong")


def test_a_row_tells_the_parts_of_an_operation() -> None:
    """Op, value and server are named, each value is written once, moments are in order, every arrival has a row."""
    with serving(repeats()) as port:
        table, (account,) = generate(job(Echo("127.0.0.1", port), arrivals=constant("200/s")), seconds=0.5)
    assert outcomes(table) == {"ok": 100}
    assert (account.scheduled, account.recorded, account.abandoned) == (100, 100, 0)
    assert {table.op[0], table.server[0], table.client[0]} == {"echo", "127.0.0.1", "client-1"}
    assert {table.value[row] for row in range(100)} == {f"client-1/shop/{n}" for n in range(1, 101)}
    assert np.all((table.lag >= 0) & (table.lag <= table.sent))
    assert np.all((table.sent <= table.first_byte) & (table.first_byte <= table.end))
    assert np.all(table.connect >= 0)


@pytest.mark.alone
def test_sessions_are_kept_renewed_or_not_kept() -> None:
    """With keep-alive one session serves one operation after the other until its life is over, in time or number."""
    with serving(repeats()) as port:
        # An operation that is not over when the next one comes would take a session of its own.
        slow = {"arrivals": constant("10/s"), "connections": KEPT}
        kept, _ = generate(job(Echo("127.0.0.1", port), **slow), seconds=1)
        short, _ = generate(job(Echo("127.0.0.1", port), connection_life=NS // 50, **slow), seconds=1)
        counted, _ = generate(job(Echo("127.0.0.1", port), connection_requests=2, **slow), seconds=1)
    assert int((kept.connect >= 0).sum()) == 1
    assert int((counted.connect >= 0).sum()) == 5
    assert int((short.connect >= 0).sum()) == 10
    assert outcomes(kept) == outcomes(short) == outcomes(counted) == {"ok": 10}


def test_a_stalled_session_does_not_stop_the_others() -> None:
    """The first operation gets no answer; all others are answered in a few ms, on other sessions."""
    first = threading.Lock()

    def behave(connection: socket.socket) -> None:
        (silent if first.acquire(blocking=False) else repeats())(connection)

    with serving(behave) as port:
        table, _ = generate(job(Echo("127.0.0.1", port), connections=KEPT), seconds=0.5)
    assert outcomes(table) == {"ok": 24, "response timeout": 1}
    assert float(np.percentile(table.end - table.lag, 90)) < 200_000


def test_a_stalled_system_does_not_cost_endless_threads() -> None:
    """Beyond `max_connections` operations wait until their timeout and were never sent; that is no lag of ours."""
    opened: list[socket.socket] = []

    def count(connection: socket.socket) -> None:
        opened.append(connection)
        silent(connection)

    with serving(count) as port:
        load = job(Echo("127.0.0.1", port, dawdle=1.0), max_connections=2, timeout=NS // 4)
        table, _ = generate(load, seconds=0.5)
    assert outcomes(table) == {"connect timeout": 25}
    assert np.all(table.sent == -1)
    assert np.all(table.lag < 200_000)
    assert int((table.connect >= 0).sum()) == len(opened) == 2


def test_what_is_cut_off_after_it_was_sent_may_have_taken_effect() -> None:
    """Its row has the moment it was sent and the value it may have written, and ends with the timeout."""
    with serving(silent) as port:
        table, _ = generate(job(Echo("127.0.0.1", port), timeout=NS // 5))
    assert outcomes(table) == {"response timeout": 10}
    assert np.all((table.sent >= 0) & (table.sent < 150_000))
    assert np.all((table.end >= 200_000) & (table.end < 400_000))
    assert {table.value[row] for row in range(10)} == {f"client-1/shop/{n}" for n in range(1, 11)}


def test_what_is_cut_off_before_it_was_sent_is_never_sent() -> None:
    """A row without a moment of sending is a promise: the server hears nothing, then or later."""
    heard: list[bytes] = []

    def listens(connection: socket.socket) -> None:
        while data := connection.recv(1000):
            heard.append(data)

    with serving(listens) as port:
        table, _ = generate(job(Echo("127.0.0.1", port, dawdle=0.25), timeout=NS // 5))
        time.sleep(0.5)  # twice as long as the last of them dawdles
    assert len(table) == 10
    assert np.all(table.sent == -1)
    assert heard == []


def test_only_what_had_no_effect_is_tried_again() -> None:
    """A failure that the server calls definite is retried; a connection that ends after the sending is not."""
    with serving(repeats(b"no\n", b"no\n")) as port:
        definite, _ = generate(job(Echo("127.0.0.1", port), retries=2))
    with serving(lambda connection: connection.recv(1000) and connection.close()) as port:  # type: ignore[func-returns-value]
        unclear, _ = generate(job(Echo("127.0.0.1", port), retries=2))
    port = free_port()
    refused, _ = generate(job(Echo("127.0.0.1", port), retries=2))
    assert (outcomes(definite), set(definite.attempts.tolist())) == ({"5xx": 10}, {3})
    assert (outcomes(unclear), set(unclear.attempts.tolist())) == ({"reset": 10}, {1})
    assert (outcomes(refused), set(refused.attempts.tolist())) == ({"refused": 10}, {3})


def test_a_mistake_in_a_library_ends_the_load() -> None:
    """What is no outcome of an operation is no failure of the system: the error says whose mistake it is, and where."""
    said = "load shop from client-1: EchoSession raised ZeroDivisionError: the library's own mistake"
    with pytest.raises(ChaoskitError, match=said) as caught:
        generate(job(Echo("127.0.0.1", 1, broken=True)))
    assert "echo.py:" in caught.value.remedy


def test_what_was_recorded_before_a_mistake_in_a_library_is_kept() -> None:
    """The generator's process ends early, with every row and an account of all it owed until then."""
    clients = (Client("client-1"),)
    batches: list[Requests] = []
    with serving(answers(HELLO)) as port, Generator() as generator:
        good = job(f"http://127.0.0.1:{port}/", name="good", clients=clients)
        bad = job(Echo("127.0.0.1", 1, broken=True), name="bad", clients=clients, start=NS // 2, lasting=NS)
        generator.open()
        generator.start(Work(time.monotonic_ns() + NS // 4, 30 * NS, 1, (good, bad)), batches.append)
        with pytest.raises(ChaoskitError, match="load bad from client-1: EchoSession raised ZeroDivisionError"):
            generator.wait(10)
        account = {row.load: row for row in generator.account}
    table = concatenate(batches)
    assert account["good"].scheduled == account["good"].recorded >= 25
    assert len(table) == sum(row.recorded - row.abandoned for row in account.values())
    assert outcomes(table) == {"ok": len(table)}
    assert account["bad"].abandoned >= 1


def test_names_are_resolved_as_the_client_host_would() -> None:
    """A worker's look-up is the client's: its name servers, its cache; one look-up serves those that wait for it."""
    with serving(repeats()) as port, naming(lambda query: record(query, "127.0.0.1", ttl=60)) as (server, asked):
        client = Client("c", nameservers=(server,))
        table, _ = generate(job(Echo("shop.example", port), client=client))
    assert outcomes(table) == {"ok": 10}
    assert len(asked) == 1
    assert int((table.dns >= 0).sum()) == 1


def test_no_address_and_no_answer_are_told_apart() -> None:
    """A name without an address, and name servers that keep silent beyond the operation's time."""
    client = Client("c", nameservers=("127.0.0.1#9",))
    none, _ = generate(job(Echo("shop.example", 1), client=client))
    with naming(lambda _query: None) as (server, _asked):
        mute, _ = generate(job(Echo("shop.example", 1), client=Client("c", nameservers=(server,)), timeout=NS // 2))
    assert outcomes(none) == {"no address": 10}
    assert outcomes(mute) == {"dns timeout": 10}


def test_a_load_that_is_stopped_abandons_what_is_under_way() -> None:
    """Operations on a silent server are counted as abandoned, and the load ends at once."""
    started = time.monotonic()
    with serving(silent) as port:
        table, (account,) = generate(job(Echo("127.0.0.1", port), timeout=20 * NS), seconds=10, stop_after=0.5)
    assert time.monotonic() - started < 5
    assert (len(table), account.scheduled) == (0, account.abandoned)
    assert account.abandoned >= 20


@pytest.mark.lab
def test_who_waits_for_a_worker_is_served_in_the_new_network() -> None:
    """The only worker hangs in the network that is gone; the operation behind it does not wait for its end."""
    with (
        namespace() as old,
        namespace() as new,
        serving(silent, netns=old) as port,
        serving(repeats(), netns=new, port=port),
    ):
        client = Client("moves", netns=old)
        load = job(Echo("127.0.0.1", port), client=client, max_connections=1, timeout=2 * NS, arrivals=constant("10/s"))
        table, _ = generate(load, meanwhile=(0.4, lambda engine: engine.move("moves", new)))
    assert outcomes(table) == {"ok": 1, "response timeout": 1}


@pytest.mark.lab
def test_workers_live_in_the_client_hosts_network_and_move_with_it() -> None:
    """Operations reach the server of the client's namespace, and of the new one after it came back with another."""
    with (
        namespace() as old,
        namespace() as new,
        serving(repeats(b"ok\n", b"ok\n"), netns=old) as port,
        serving(repeats(b"no\n", b"no\n"), netns=new, port=port),
    ):
        load = job(Echo("127.0.0.1", port), clients=(Client("moves", netns=old),), connections=KEPT)
        table, _ = generate(load, seconds=1.0, meanwhile=(0.5, lambda engine: engine.move("moves", new)))
    early, late = table.take(table.intended < 400_000_000), table.take(table.intended > 600_000_000)
    assert set(outcomes(early)) == {"ok"}
    assert set(outcomes(late)) == {"5xx"}
