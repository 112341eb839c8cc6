"""`fill_listen_queue` against a real listen queue."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chaoskit.actions.fill_listen_queue import fill_listen_queue
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name, role
from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.sock_diag import TcpSocket, TcpState, tcp_sockets
from chaoskit.steps.inject import Inject
from chaoskit.testing import check_action, host, topology_of
from tests.wire import Wire, until, wired

PORT = 9005
SENDS_HEAD = b"POST / HTTP/1.1\r\n"

fill = fill_listen_queue(name("a"), PORT, by=name("b"), connections=9, places=2)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Service host a and injector host b."""
    with wired("a", "b") as wired_hosts:
        yield wired_hosts


def listening(wire: Wire, stack: ExitStack, backlog: int) -> socket.socket:
    """A service's listener on host a that waits 30 s for a connection."""
    server = in_network(wire.networks["a"], lambda: socket.create_server(("0.0.0.0", PORT), backlog=backlog))
    server.settimeout(30)
    return stack.enter_context(server)


def at_a(wire: Wire, *states: TcpState) -> list[TcpSocket]:
    """Host a's sockets in these states."""
    return in_network(wire.networks["a"], lambda: list(tcp_sockets(states)))


def planned(wire: Wire) -> Inject:
    """The action's only step on this wire."""
    (step,) = fill.steps(Planning(wire.topology, random.Random(1), NS))
    assert isinstance(step, Inject)
    return step


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions(wire: Wire) -> None:
    """Not confirmed before, confirmed by the target's kernel once its service has them, undone twice as once."""
    with ExitStack() as stack:
        server = listening(wire, stack, backlog=20)
        accepting = threading.Thread(target=lambda: [stack.enter_context(server.accept()[0]) for _ in range(2)])
        accepting.start()
        (step,) = check_action(fill, wire.topology, lab=wire.lab)
        accepting.join()
        assert step.target == "b"
        assert until(lambda: at_a(wire, TcpState.ESTABLISHED) == [])


@pytest.mark.lab
def test_the_queue_fills_to_its_end_and_empties_with_the_undo(wire: Wire) -> None:
    """A backlog of 4 admits 5 connections behind those the service has accepted, which alone are what confirms."""
    with ExitStack() as stack:
        server = listening(wire, stack, backlog=4)
        step = planned(wire)
        prior = step.prepare(wire.lab)
        step.do(wire.lab, prior)
        assert until(lambda: [one.queue for one in at_a(wire, TcpState.LISTEN)] == [5])
        evidence = step.confirm(wire.lab, prior)
        assert (evidence.holds, evidence.what) == (
            False,
            f"a: 0 connections to port {PORT} taken on, 2 wanted, 0 of them from here; 5 wait",
        )
        for _ in range(2):
            stack.enter_context(server.accept()[0])
        assert step.confirm(wire.lab, prior).holds
        assert until(lambda: [one.queue for one in at_a(wire, TcpState.LISTEN)] == [5])
        step.undo(wire.lab, prior)
        assert until(lambda: at_a(wire, TcpState.ESTABLISHED) == [])
        assert in_network(wire.networks["b"], lambda: list(tcp_sockets([TcpState.SYN_SENT]))) == []


@pytest.mark.lab
def test_each_connection_sends_a_request_that_never_ends_and_returns_when_it_is_closed(wire: Wire) -> None:
    """A head first, then a byte a second; a connection that the service closes is opened again."""
    with ExitStack() as stack:
        server = listening(wire, stack, backlog=20)
        step = planned(wire)
        prior = step.prepare(wire.lab)
        step.do(wire.lab, prior)
        accepted = [server.accept()[0] for _ in range(9)]
        for connection in accepted:
            connection.settimeout(5)
            assert connection.recv(4096).startswith(SENDS_HEAD)
        assert accepted[0].recv(4096) == b"x"
        accepted[1].close()
        again = stack.enter_context(server.accept()[0])
        again.settimeout(5)
        assert again.recv(4096).startswith(SENDS_HEAD)
        step.undo(wire.lab, prior)
        for connection in (accepted[0], *accepted[2:]):
            connection.close()


@pytest.mark.parametrize(("connections", "places"), [(1, 2), (5, 0), (5_000, 8)])
def test_numbers_that_make_no_sense_are_refused(connections: int, places: int) -> None:
    """Fewer connections than places leave some free, and their number is bounded."""
    topology = topology_of([host("a", "198.18.1.1"), host("b", "198.18.1.2")])
    senseless = fill_listen_queue(name("a"), PORT, by=name("b"), connections=connections, places=places)
    with pytest.raises(UsageError, match=f"{connections} connections cannot take {places} places"):
        senseless.steps(Planning(topology, random.Random(1), NS))


def test_the_address_is_that_of_the_network_both_are_on() -> None:
    """Hosts without a common network are an error, as is a host that would fill its own queue."""
    hosts = [host("a", "198.18.1.1", role="x"), host("b", "198.18.2.1", role="x", network="other")]
    topology = topology_of(hosts)
    for holder in (name("b"), name("a")):
        apart = fill_listen_queue(name("a"), PORT, by=holder, connections=2, places=1)
        with pytest.raises(UsageError, match="not two hosts of one network"):
            apart.steps(Planning(topology, random.Random(1), NS))


def test_every_holder_holds_to_every_target() -> None:
    """One step a pair, on the holder, with the target's address."""
    hosts = [host(each, f"198.18.1.{n}", role="holder" if n > 2 else "target") for n, each in enumerate("abcd", 1)]
    pairs = fill_listen_queue(role("target"), PORT, by=role("holder"), connections=2, places=1)
    steps = pairs.steps(Planning(topology_of(hosts), random.Random(1), NS))
    assert [(step.target, step.arguments["address"]) for step in steps if isinstance(step, Inject)] == [
        ("c", "198.18.1.1"),
        ("d", "198.18.1.1"),
        ("c", "198.18.1.2"),
        ("d", "198.18.1.2"),
    ]
