"""What the native driver makes of networks, volumes, secrets and configs: refusals and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.refusals import note
from chaoskit.labs.compose.services import Services
from chaoskit.labs.compose.subnets import Subnet, pools
from chaoskit.labs.spec import Note

_SEGMENTS = ("", "bridge", "default")


def shared_refusals(root: Fields, services: Services, subnets: Mapping[str, Subnet]) -> Iterator[Note]:
    """Declarations that a chosen service uses and the native driver cannot honour."""
    for name in subnets:
        yield from _network_refusals(name, subnets[name].fields)
    for name, volume in _used(root, services, "volumes"):
        if volume.flag_or_map("external"):
            yield note(volume, "", "external", f"the volume {name} is made outside this file")
        elif volume.text("driver", "local") != "local":
            yield note(volume, "", "driver", f"there is no volume driver {volume.text('driver')!r}")
        elif volume.pairs("driver_opts").get("type", "none") not in ("none", "tmpfs", "bind"):
            yield note(volume, "", "driver_opts", "only local folders and tmpfs can be volumes")
    for section in ("secrets", "configs"):
        for name, declared in _used(root, services, section):
            if declared.flag_or_map("external"):
                yield note(declared, "", "external", f"{name} is kept outside this file")


def _network_refusals(name: str, network: Fields) -> Iterator[Note]:
    if network.flag_or_map("external"):
        yield note(network, "", "external", f"the network {name} is made outside this file")
    if not network.flag("enable_ipv4", default=True):
        yield note(network, "", "enable_ipv4", "native networks have one IPv4 subnet")
    if len(pools(network)) > 1:
        yield note(network.at("ipam"), "", "config", "native networks have one IPv4 subnet")


def shared_notes(root: Fields, subnets: Mapping[str, Subnet]) -> Iterator[Note]:
    """Declarations of networks that change nothing on the native driver."""
    for subnet in subnets.values():
        network = subnet.fields
        if network.text("driver") not in _SEGMENTS:
            yield note(network, "", "driver", "every native network is a bridge of its own")
        for key in ("driver_opts", "attachable", "name"):
            if network.has(key):
                yield note(network, "", key, "it changes nothing natively")
        if any(":" in subnet for subnet in network.at("ipam").at("config").names):
            yield note(network, "", "ipam", "native networks have IPv4 only")
        if network.flag("enable_ipv6"):
            yield note(network, "", "enable_ipv6", "native networks have IPv4 only")
    names = list(subnets)
    for number, name in enumerate(names):
        for other in names[:number]:
            if subnets[name].network.overlaps(subnets[other].network):
                text = f"its subnet overlaps that of {other}: native networks are apart, Docker refuses this"
                yield note(subnets[name].fields, "", "ipam", text)


def _used(root: Fields, services: Services, section: str) -> Iterator[tuple[str, Fields]]:
    used = {entry.text("source") for fields in services.values() for _, entry in fields.at(section).each()}
    for name, fields in root.at(section).each():
        if name in used:
            yield name, fields
