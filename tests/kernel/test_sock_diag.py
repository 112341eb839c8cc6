"""TCP sockets as the kernel has them."""

import socket
import struct
from contextlib import ExitStack

import pytest

from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.sock_diag import TcpSocket, TcpState, tcp_sockets
from tests.wire import wired

ANYWHERE = "0.0.0.0"


def of_port(port: int, *states: TcpState) -> list[TcpSocket]:
    """Sockets of this process's network with that local port."""
    return [one for one in tcp_sockets(states) if one.local_port == port]


def test_a_listener_shows_its_queue_and_its_backlog() -> None:
    """Two connections that nobody accepts are its queue; its limit is what listen(2) was told."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=5))
        port = server.getsockname()[1]
        for _ in range(2):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        (listener,) = of_port(port, TcpState.LISTEN)
        assert (listener.local, listener.queue, listener.limit, listener.owned) == ("127.0.0.1", 2, 5, True)
        waiting = of_port(port, TcpState.ESTABLISHED)
        assert [one.owned for one in waiting] == [False, False]
        stack.enter_context(server.accept()[0])
        (listener,) = of_port(port, TcpState.LISTEN)
        assert listener.queue == 1


def test_both_ends_of_a_connection_are_there_with_addresses_and_ports() -> None:
    """The accepted end is the mirror of the connecting one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as caller, server.accept()[0] as called:
            caller.sendall(b"12345")
            (near,) = of_port(port, TcpState.ESTABLISHED)
            assert (near.remote, near.remote_port) == caller.getsockname()
            assert near.queue == 5
            (far,) = of_port(caller.getsockname()[1], TcpState.ESTABLISHED)
            assert (far.remote, far.remote_port) == called.getsockname()


def test_ipv4_at_a_socket_of_ipv6_is_an_ipv4_address() -> None:
    """A dual-stack server's connections have their caller's address as the caller has it."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        port = server.getsockname()[1]
        assert [one.local for one in of_port(port, TcpState.LISTEN)] == ["::"]
        with socket.create_connection(("127.0.0.1", port)):
            assert [one.remote for one in of_port(port, TcpState.ESTABLISHED)] == ["127.0.0.1"]


def test_many_sockets_come_in_many_messages() -> None:
    """A dump that does not fit one message is read to its end."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=400))
        port = server.getsockname()[1]
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert len(of_port(port, TcpState.ESTABLISHED)) == 300


class Interrupted:
    """A netlink socket whose dump has a gap, as the kernel says by a flag of its last message."""

    def __init__(self, *_: int) -> None:
        pass

    def bind(self, _: object) -> None:
        """Anywhere."""

    def send(self, _: bytes) -> None:
        """Whatever is asked."""

    def recv(self, _: int) -> bytes:
        """NLMSG_DONE with NLM_F_DUMP_INTR."""
        return struct.pack("=IHHIIi", 20, 3, 0x10, 1, 0, 0)

    def close(self) -> None:
        """Nothing."""


def test_a_dump_with_a_gap_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not count as whole."""
    monkeypatch.setattr(socket, "socket", Interrupted)
    with pytest.raises(InterruptedError):
        list(tcp_sockets())


@pytest.mark.lab
def test_a_namespace_has_its_own() -> None:
    """The thread's network decides whose sockets are listed."""
    with wired("a", "b") as wire, in_network(wire.networks["a"], lambda: socket.create_server((ANYWHERE, 9001))):
        listening = {
            name: [one.local_port for one in in_network(wire.networks[name], lambda: list(tcp_sockets()))]
            for name in "ab"
        }
        assert listening == {"a": [9001], "b": []}
