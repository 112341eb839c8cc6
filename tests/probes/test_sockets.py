"""`sockets` against real connections between namespaces."""

import socket
from contextlib import ExitStack

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.kernel.namespaces import in_network
from chaoskit.probes.sockets import sockets
from tests.probes.daemons import observed, opened
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab


def connect(wire: Wire, caller: str, called: str, port: int) -> socket.socket:
    """A connection from host to host."""
    return in_network(wire.networks[caller], lambda: socket.create_connection((wire.address(called), port), 2))


def test_connections_are_counted_by_state_port_and_peer() -> None:
    """Accepted or not, they are held until the host closes them; a caller that left shows as close_wait."""
    with wired("a", "b", "c") as wire, ExitStack() as stack:
        server = in_network(wire.networks["a"], lambda: socket.create_server(("0.0.0.0", 9003)))
        stack.enter_context(server)
        callers = [stack.enter_context(connect(wire, name, "a", 9003)) for name in ("b", "b", "c")]
        stack.enter_context(server.accept()[0])
        of_all, of_b, other = (
            opened(wire, probe, observed(wire, "a"))
            for probe in (sockets(9003), sockets(9003, peer="b"), sockets(9004))
        )
        assert until(lambda: of_all()["established"] == 3)
        assert (of_all()["held"], of_b()["held"], other()["held"]) == (3, 2, 0)
        callers[0].close()
        assert until(lambda: of_all()["close_wait"] == 1)
        assert (of_all()["held"], of_all()["established"], of_all()["time_wait"]) == (3, 2, 0)


def test_every_state_has_a_field() -> None:
    """A check that reads one finds it, also when there is nothing to count."""
    with wired("a") as wire:
        reading = opened(wire, sockets(), observed(wire, "a"))()
        assert set(reading) >= {"established", "syn_sent", "syn_recv", "time_wait", "close_wait", "held"}
        assert set(reading.values()) == {0}


def test_a_peer_must_be_a_host_of_the_lab() -> None:
    """The hosts there are are listed."""
    with wired("a") as wire, pytest.raises(UsageError, match="no host 'z'"):
        opened(wire, sockets(peer="z"), observed(wire, "a"))


def test_a_host_that_is_off_has_no_sockets() -> None:
    """What the reader's thread still sees is no longer the host's."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, sockets(), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
