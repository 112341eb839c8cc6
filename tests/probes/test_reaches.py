"""`reaches` between real hosts."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.core.step import Json
from chaoskit.kernel.namespaces import in_network
from chaoskit.probes.reaches import reaches
from tests.probes.daemons import observed, opened
from tests.wire import Wire, wired

PORT = 9003


def said(wire: Wire, timeout: float = 0.2) -> Mapping[str, Json]:
    """What host a reads of its way to host b."""
    return opened(wire, reaches(wire.address("b"), PORT), observed(wire, "a", timeout=timeout))()


@pytest.mark.lab
def test_a_connection_that_comes_about_and_each_way_in_which_it_does_not() -> None:
    """Listening, dropped, with the link down, and with nobody listening any more."""
    with wired("a", "b") as wire, ExitStack() as stack:
        server = in_network(wire.networks["b"], lambda: socket.create_server(("0.0.0.0", PORT)))
        stack.callback(server.close)
        reading = said(wire, timeout=2)
        assert reading["reached"] is True
        assert isinstance(reading["took_s"], float)
        wire.nft("b", f"table inet t {{ chain c {{ type filter hook input priority 0; tcp dport {PORT} drop; }}; }}")
        assert said(wire) == {"reached": False, "why": "timed out"}
        wire.nft("b", "delete table inet t")
        wire.ip("a", "link set eth0 down")
        assert said(wire) == {"reached": False, "why": "Network is unreachable"}
        wire.ip("a", "link set eth0 up")
        server.close()
        assert said(wire, timeout=2) == {"reached": False, "why": "Connection refused"}


@pytest.mark.parametrize(("address", "port"), [("web-1", 80), ("198.18.0.1", 0), ("198.18.0.1", 65536)])
def test_what_could_never_be_reached_is_a_usage_error(address: str, port: int) -> None:
    """Said when the probe opens, before a run goes on with it."""
    with pytest.raises(UsageError, match="is no"):
        reaches(address, port).open(None)  # type: ignore[arg-type]


@pytest.mark.lab
def test_a_host_that_is_off_reaches_nobody() -> None:
    """An error, no reading: what the reader's thread still sees is not the host's network any more."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, reaches("198.18.1.1", PORT), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
