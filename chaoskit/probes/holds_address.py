"""`holds_address`: does a host have an address now?"""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.host import HostState
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.kernel.addresses import held


@probe(even_off=True)
def holds_address(host: ProbeHost, address: str) -> Reader:
    """Whether the host has an IPv4 address on any interface: `{"holds": true, "interface": "eth1"}`.

    Read from the kernel by rtnetlink(7); `interface` is empty where it does not. An address counts on an interface
    that is down as well: the host has it, though nobody reaches it there. A host that is off holds nothing.

    It names the target of an action that hits whoever holds a virtual address when it fires:
    `found_by(holds_address("198.18.112.100").at(role("lb"), every="50ms"), "holds")`.

    Args:
        host: which may hold it.
        address: the address, without prefix length.
    """

    def read() -> Mapping[str, Json]:
        # The reader's thread keeps the namespace of a host that was powered off: empty, but not the host's any more.
        found = None if host.status().state is HostState.OFF else held(address)
        return {"holds": found is not None, "interface": found.device if found else ""}

    return read
