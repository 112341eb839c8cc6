"""A system elsewhere as a `LabSpec`: this machine, and the hosts whose addresses the experiment names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from ipaddress import IPv4Address

from chaoskit.core.errors import UsageError
from chaoskit.core.lab import Lab
from chaoskit.core.step import THIS_MACHINE
from chaoskit.core.topology import REGION, ROLE, HostInfo, Link, Topology
from chaoskit.labs.spec import LabSpec

_CLIENT = "client"
_NETWORK = "elsewhere"
"""What the links of named hosts say; the topology has no such network, since nobody knows how it is built."""


def external_spec(lab: Lab) -> LabSpec:
    """The topology that checks, reports and selectors see. Nobody is asked for it.

    Raises:
        UsageError: an address is none, two hosts have the same one, a role or region names no host, or Compose files
            were given.
    """
    if lab.overlays:
        raise UsageError(
            f"{lab.source} is a system elsewhere and has no Compose files to merge {', '.join(lab.overlays)} over",
            remedy="A twin of it replaces loads or actions: Twin(..., instead={action: command(...)}).",
        )
    _see_that_all_match(lab.roles, lab.addresses, "role")
    _see_that_all_match(lab.regions, [THIS_MACHINE, *lab.addresses], "region")
    _see_that_they_differ(lab.addresses)
    here = HostInfo(THIS_MACHINE, THIS_MACHINE, _labels(lab, THIS_MACHINE) | {ROLE: _CLIENT})
    named = tuple(_host(name, address, _labels(lab, name)) for name, address in lab.addresses.items())
    return LabSpec(lab.source, (), Topology(lab.source, (here, *named), ()), ())


def _host(name: str, address: str, labels: Mapping[str, str]) -> HostInfo:
    try:
        IPv4Address(address)
    except ValueError:
        raise UsageError(
            f"{address!r}, said to be the address of {name}, is no IPv4 address",
            remedy="Names are resolved by the load as it goes; addresses= is for those that reports should name.",
        ) from None
    return HostInfo(name, name, labels, (Link(name, _NETWORK, "", address, 32, "", (), labels),))


def _labels(lab: Lab, name: str) -> dict[str, str]:
    """Role and region, each by the entry for exactly this name, else by the first glob that matches it."""
    found: dict[str, str] = {}
    for label, given in ((ROLE, lab.roles), (REGION, lab.regions)):
        for glob in (name, *given):
            if glob in given and fnmatchcase(name, glob):
                found.setdefault(label, given[glob])
    return found


def _see_that_all_match(given: Mapping[str, str], names: Iterable[str], what: str) -> None:
    known = list(names)
    for glob in given:
        if not any(fnmatchcase(name, glob) for name in known):
            raise UsageError(
                f"the {what} of {glob!r} is nobody's", remedy=f"addresses= names: {', '.join(known) or 'no host'}."
            )


def _see_that_they_differ(addresses: Mapping[str, str]) -> None:
    if THIS_MACHINE in addresses:
        raise UsageError(f"{THIS_MACHINE!r} is where load comes from, and cannot be the name of another host")
    by_address: dict[str, str] = {}
    for name, address in addresses.items():
        if address in by_address:
            raise UsageError(f"{by_address[address]} and {name} are said to have the same address {address}")
        by_address[address] = name
