"""`listen_queues` against a real listener in a namespace."""

import socket
from contextlib import ExitStack

import pytest

from chaoskit.core.host import HostState, Status
from chaoskit.kernel.namespaces import in_network
from chaoskit.probes.listen_queues import listen_queues
from tests.probes.daemons import observed, opened
from tests.wire import until, wired

pytestmark = pytest.mark.lab


def test_a_queue_fills_and_admits_nobody_above_its_limit() -> None:
    """A backlog of 1 admits two connections; the third one's SYN is dropped."""
    with wired("a", "b") as wire, ExitStack() as stack:
        read = opened(wire, listen_queues(), observed(wire, "a"))
        assert read() == {}
        server = in_network(wire.networks["a"], lambda: socket.create_server(("0.0.0.0", 9002), backlog=1))
        stack.enter_context(server)
        for waiting, admits in ((1, True), (2, False), (2, False)):
            caller = stack.enter_context(in_network(wire.networks["b"], socket.socket))
            caller.setblocking(False)
            caller.connect_ex((wire.address("a"), 9002))
            expected = {"*:9002.queue": waiting, "*:9002.limit": 1, "*:9002.admits": admits}
            assert until(lambda expected=expected: read() == expected)


def test_sockets_are_told_apart_by_address_and_port() -> None:
    """Two that share both are one queue; a port narrows."""
    with wired("a") as wire, ExitStack() as stack:

        def listen(address: str, port: int) -> socket.socket:
            return socket.create_server((address, port), backlog=7, reuse_port=True)

        for at in (("0.0.0.0", 9001), (wire.address("a"), 9002), (wire.address("a"), 9002)):
            stack.enter_context(in_network(wire.networks["a"], lambda at=at: listen(*at)))
        every = opened(wire, listen_queues(), observed(wire, "a"))()
        limits = {key: value for key, value in every.items() if key.endswith(".limit")}
        assert limits == {"*:9001.limit": 7, f"{wire.address('a')}:9002.limit": 14}
        one = opened(wire, listen_queues(9001), observed(wire, "a"))()
        assert one == {"*:9001.queue": 0, "*:9001.limit": 7, "*:9001.admits": True}


def test_a_host_that_is_off_has_no_sockets() -> None:
    """The reader's thread still sees the old namespace; what is there is no longer the host's."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, listen_queues(), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
