"""`tcp_counters` against the kernel's own counting in a namespace."""

import socket
from contextlib import ExitStack

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.kernel.namespaces import in_network
from chaoskit.probes.tcp_counters import USUAL, tcp_counters
from tests.probes.daemons import observed, opened
from tests.wire import until, wired


@pytest.mark.lab
def test_a_full_listen_queue_counts_in_its_own_namespace_only() -> None:
    """Host a overflows, host b counts nothing."""
    with wired("a", "b") as wire, ExitStack() as stack:
        probe = tcp_counters("TcpExtListenOverflows", "TcpExtListenDrops")
        read_a, read_b = (opened(wire, probe, observed(wire, name)) for name in "ab")
        assert read_a() == {"TcpExtListenOverflows": 0, "TcpExtListenDrops": 0}
        server = in_network(wire.networks["a"], lambda: socket.create_server(("0.0.0.0", 9002), backlog=0))
        stack.enter_context(server)
        for _ in range(3):
            caller = stack.enter_context(in_network(wire.networks["b"], socket.socket))
            caller.setblocking(False)
            caller.connect_ex((wire.address("a"), 9002))
        assert until(lambda: all(isinstance(n, int) and n > 0 for n in read_a().values()))
        assert read_b() == {"TcpExtListenOverflows": 0, "TcpExtListenDrops": 0}


@pytest.mark.lab
def test_without_names_it_reads_the_usual_signs_of_trouble() -> None:
    """All of them exist on this kernel."""
    with wired("a") as wire:
        reading = opened(wire, tcp_counters(), observed(wire, "a"))()
        assert tuple(reading) == USUAL
        assert all(isinstance(count, int) for count in reading.values())


@pytest.mark.lab
def test_a_counter_this_kernel_does_not_have_is_a_usage_error() -> None:
    """The nearest one is named."""
    with wired("a") as wire, pytest.raises(UsageError, match=r"Did you mean 'TcpRetransSegs'"):
        opened(wire, tcp_counters("TcpRetransSeg"), observed(wire, "a"))


@pytest.mark.lab
def test_a_host_that_is_off_has_no_counters() -> None:
    """The reader's thread still sees the old namespace; its figures are no longer the host's."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, tcp_counters(), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
