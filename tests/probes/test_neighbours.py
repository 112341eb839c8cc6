"""`neighbours` against the kernel's own table."""

import pytest

from chaoskit.core.host import HostState, Status
from chaoskit.probes.neighbours import neighbours
from tests.probes.daemons import observed, opened
from tests.wire import until, wired

pytestmark = pytest.mark.lab


def test_an_entry_has_mac_state_and_the_host_of_the_lab() -> None:
    """A host that answered is named; a MAC that no host has stands alone."""
    with wired("a", "b") as wire:
        wire.ip("a", "neighbour add 198.18.1.9 lladdr 02:42:00:00:00:01 nud permanent dev eth0")
        wire.say("a", "b", "hello")
        read = opened(wire, neighbours(), observed(wire, "a"))
        b = f"{wire.topology.by_name['b'].links[0].mac} REACHABLE b"
        assert until(lambda: read() == {"198.18.1.2": b, "198.18.1.9": "02:42:00:00:00:01 PERMANENT"})


def test_only_what_was_asked_for_is_read() -> None:
    """An address without an entry says so, and so does one that nobody answers for."""
    with wired("a") as wire:
        read = opened(wire, neighbours("198.18.1.7"), observed(wire, "a"))
        assert read() == {"198.18.1.7": "- NONE"}
        wire.ip("a", "neighbour add 198.18.1.7 nud failed dev eth0")
        assert read() == {"198.18.1.7": "- FAILED"}


def test_a_host_that_is_off_knows_nobody() -> None:
    """An error, no reading: what the reader's thread still sees is not the host's network any more."""
    with wired("a") as wire:
        host = observed(wire, "a")
        read = opened(wire, neighbours(), host)
        host.now = Status(HostState.OFF)
        with pytest.raises(ConnectionResetError, match="a is off"):
            read()
