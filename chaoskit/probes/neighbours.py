"""`neighbours`: the ARP table of a host."""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.kernel import addresses


@probe
def neighbours(host: ProbeHost, *wanted: str) -> Reader:
    """Every IPv4 neighbour the host knows: `{"198.18.112.100": "02:42:c6:12:70:0b REACHABLE lb-1"}`.

    MAC address, state as ip-neighbour(8) calls it, and the host of the lab that has this MAC, where one has. An entry
    without a MAC says `- FAILED` or `- INCOMPLETE`. Reading changes nothing in the table.

    Args:
        host: whose table.
        wanted: only these addresses; one that has no entry reads `- NONE`. By default all there are.
    """
    owners = {link.mac: link.host for link in host.topology.links}

    def read() -> Mapping[str, Json]:
        found = {each.address: _words(each, owners) for each in addresses.neighbours()}
        return {address: found.get(address, "- NONE") for address in wanted or sorted(found)}

    return read


def _words(entry: addresses.Neighbour, owners: Mapping[str, str]) -> str:
    return " ".join(word for word in (entry.mac or "-", entry.state, owners.get(entry.mac, "")) if word)
