"""`holds_address` on real interfaces."""

import pytest

from chaoskit.core.host import HostState, Status
from chaoskit.probes.holds_address import holds_address
from tests.probes.daemons import observed, opened
from tests.wire import wired

pytestmark = pytest.mark.lab

FLOATING = "198.18.1.100"


def test_the_holder_says_so_and_nobody_else() -> None:
    """The address is seen from the moment it is there until it is gone, on whatever interface."""
    with wired("a", "b") as wire:
        read = {name: opened(wire, holds_address(FLOATING), observed(wire, name)) for name in "ab"}
        wire.ip("b", f"address add {FLOATING}/32 dev eth0")
        assert read["a"]() == {"holds": False, "interface": ""}
        assert read["b"]() == {"holds": True, "interface": "eth0"}
        wire.ip("b", f"address del {FLOATING}/32 dev eth0", f"address add {FLOATING}/24 dev lo")
        assert read["b"]() == {"holds": True, "interface": "lo"}
        wire.ip("b", f"address del {FLOATING}/24 dev lo")
        assert read["b"]() == {"holds": False, "interface": ""}


def test_a_host_that_is_off_holds_nothing() -> None:
    """Whatever is left in the namespace that the reader's thread is still in."""
    with wired("a") as wire:
        wire.ip("a", f"address add {FLOATING}/32 dev eth0")
        host = observed(wire, "a")
        read = opened(wire, holds_address(FLOATING), host)
        assert read()["holds"] is True
        host.now = Status(HostState.OFF)
        assert read() == {"holds": False, "interface": ""}
