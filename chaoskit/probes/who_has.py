"""`who_has`: everyone who answers for an address."""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.units import NS, Duration, duration
from chaoskit.kernel import arp


@probe
def who_has(host: ProbeHost, address: str, *, listening: Duration = "50ms") -> Reader:
    """Who answers an ARP request for an address: `{"owners": 2, "hosts": "lb-1, lb-2"}`.

    Asked from the host's interface on the address's network, as a client would ask, and answered by whoever is
    reachable from there: two answers are two owners. An owner is the host of the lab that has the MAC, or the MAC. The
    question leaves every ARP table as it is, this host's included (see `chaoskit.kernel.arp`).

    Args:
        host: who asks.
        address: the address, in the subnet of one of the host's networks.
        listening: how long answers are collected, always waited out; below the time between two readings.

    Raises:
        UsageError: the host is on no network that holds the address.
    """
    link, wait = host.topology.link_to(address, host.info), duration(listening) / NS
    owners = {each.mac: each.host for each in host.topology.links if each.network == link.network}

    def read() -> Mapping[str, Json]:
        answered = arp.who_has(link.device, address, within=wait)
        named = sorted(owners.get(mac, mac) for mac in answered)
        return {"owners": len(named), "hosts": ", ".join(named)}

    return read
