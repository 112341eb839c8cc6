"""The interfaces of a container: what the engine says of its addresses, with the names that its namespace has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.core.topology import Link
from chaoskit.kernel.namespaces import run_in_network
from chaoskit.kernel.tools import find_tool
from chaoskit.labs.attached.project import Instance

_NEEDS = "Run it as root: a container's namespaces can be entered by root only."


def links(instance: Instance, host: str, networks: Mapping[str, str], labels: Mapping[str, str]) -> tuple[Link, ...]:
    """The links of a running container, that of its default route first.

    Args:
        instance: the container; its engine is this machine's.
        host: its name in the topology.
        networks: the topology's name of each network, by the engine's id.
        labels: of the host, which its links have too.

    Raises:
        LabError: its namespace cannot be looked at.
    """
    joined = list(endpoints(instance, networks))
    if not joined:
        return ()
    netns = Path(f"/proc/{instance.pid}/ns/net")
    devices = device_names(_ip(netns, "-4", "address", "show"))
    first = default_device(_ip(netns, "-4", "route", "show", "default"))
    found = [_link(host, each, devices, labels) for each in joined]
    return tuple(sorted(found, key=lambda link: link.device != first))


def endpoints(instance: Instance, networks: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The networks on which a container has an IPv4 address, each with what the engine says of it there."""
    for settings in instance.raw["NetworkSettings"]["Networks"].values():
        if settings["IPAddress"] and settings["NetworkID"] in networks:
            yield networks[settings["NetworkID"]], settings


def _link(
    host: str, endpoint: tuple[str, Mapping[str, Any]], devices: Mapping[str, str], labels: Mapping[str, str]
) -> Link:
    network, settings = endpoint
    address = settings["IPAddress"]
    if address not in devices:
        raise LabError(
            f"{host} has no interface with its address {address} on {network}", remedy="Does it restart now?"
        )
    aliases = tuple(settings.get("Aliases") or ())
    prefix, mac = int(settings["IPPrefixLen"]), str(settings["MacAddress"])
    return Link(host, network, devices[address], address, prefix, mac, aliases, labels)


def device_names(listed: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """The interface that has each address, of `ip -json address show`."""
    return {
        str(address["local"]): str(link["ifname"])
        for link in listed
        for address in link.get("addr_info", [])
        if "local" in address
    }


def default_device(listed: Sequence[Mapping[str, Any]]) -> str:
    """The interface of the default route, of `ip -json route show default`; empty where there is none."""
    return next((str(route["dev"]) for route in listed if "dev" in route), "")


def _ip(netns: Path, *arguments: str) -> list[dict[str, Any]]:
    argv = [find_tool("ip", "iproute2"), "-json", *arguments]
    try:
        done = run_in_network(netns, argv)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv)} did not end within {error.timeout:g} s") from error
    if done.returncode != 0:
        raise LabError(f"the network of a container cannot be looked at: {done.stderr.strip()}", remedy=_NEEDS)
    return [item for item in json.loads(done.stdout or "[]") if item]
