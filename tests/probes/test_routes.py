"""`routes` against what ip(8) was told to make in a namespace."""

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.probes.routes import routes
from tests.probes.daemons import observed, opened
from tests.wire import wired

pytestmark = pytest.mark.lab


def test_a_reading_follows_the_table() -> None:
    """By address it is the way a packet would take, by prefix the table's line; both change with the table."""
    with wired("a", "b") as wire:
        host = observed(wire, "a")
        by_address, by_prefix = (opened(wire, routes(to), host) for to in ("198.18.40.7", "198.18.40.0/24"))
        assert by_address()["kind"] == "none"
        nothing = {"kind": "none", "device": "", "via": "", "protocol": "", "metric": 0}
        assert by_prefix() == {"prefix": "198.18.40.0/24", **nothing}
        wire.ip("a", "route add 198.18.40.0/24 via 198.18.1.2 proto static metric 20")
        static = {"kind": "unicast", "device": "eth0", "via": "198.18.1.2", "protocol": "static", "metric": 20}
        assert by_address() == by_prefix() == {"prefix": "198.18.40.0/24", **static}
        wire.ip("a", "route del 198.18.40.0/24", "route add unreachable 198.18.40.0/24")
        assert by_address()["kind"] == by_prefix()["kind"] == "unreachable"


def test_what_is_no_destination_is_a_usage_error() -> None:
    """Said once, when the probe is opened."""
    with wired("a") as wire:
        for text in ("partner", "198.18.40.7/24", "198.18.40.0/33"):
            with pytest.raises(UsageError, match="is no address and no prefix"):
                opened(wire, routes(text), observed(wire, "a"))


def test_a_host_that_is_off_has_no_routes() -> None:
    """The reader's thread still sees the old namespace; its routes are no longer the host's."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, routes("198.18.1.2"), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
