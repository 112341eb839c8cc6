"""`who_has` on real interfaces."""

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.probes.who_has import who_has
from tests.probes.daemons import observed, opened
from tests.wire import wired

pytestmark = pytest.mark.lab

FLOATING = "198.18.1.100"


def test_every_owner_is_named() -> None:
    """None, one and two of them; one that is cut off does not answer."""
    with wired("a", "b", "c") as wire:
        read = opened(wire, who_has(FLOATING, listening="100ms"), observed(wire, "a"))
        assert read() == {"owners": 0, "hosts": ""}
        wire.ip("b", f"address add {FLOATING}/32 dev eth0")
        assert read() == {"owners": 1, "hosts": "b"}
        wire.ip("c", f"address add {FLOATING}/32 dev eth0")
        assert read() == {"owners": 2, "hosts": "b, c"}
        wire.ip("b", "link set eth0 down")
        assert read() == {"owners": 1, "hosts": "c"}


def test_an_address_of_no_network_of_the_host_is_a_usage_error() -> None:
    """It could never be answered, so it is said at once."""
    with wired("a") as wire, pytest.raises(UsageError, match=r"a is on no network that holds 198\.18\.9\.1"):
        opened(wire, who_has("198.18.9.1"), observed(wire, "a"))


def test_a_host_that_is_off_asks_nobody() -> None:
    """An error, no reading: what the reader's thread still sees is not the host's network any more."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, who_has(FLOATING), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
