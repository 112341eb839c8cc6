"""The networks a project's containers are on, and the one that load comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import docker

from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.topology import Network
from chaoskit.labs.attached.project import COMPOSE, Instance
from chaoskit.labs.docker.engine import api_errors

CLIENT = "chaoskit-client-"
"""What the name of every client container starts with."""

_SHORT = "com.docker.compose.network"
_OF_THE_MACHINE = ("host", "none")
"""Networks of the engine's own that are none: the machine's, and no network at all."""


@dataclass(frozen=True)
class Joined:
    """A network of the engine.

    Attributes:
        raw: what `docker network inspect` says of it.
        name: Compose's name where it made the network, such as `default`, else the engine's.
    """

    raw: Mapping[str, Any]
    name: str

    @property
    def id(self) -> str:
        """The engine's id."""
        return str(self.raw["Id"])

    @property
    def subnet(self) -> IPv4Network | None:
        """Its first IPv4 subnet, or None."""
        return next((IPv4Network(each["Subnet"]) for each in _ipv4(self.raw)), None)

    @property
    def gateway(self) -> str | None:
        """The address of the engine's own side on that subnet."""
        given = next((str(each.get("Gateway", "")) for each in _ipv4(self.raw)), "")
        return given.partition("/")[0] or None

    def as_network(self) -> Network:
        """The network as a topology has it.

        Raises:
            LabError: it has no IPv4 subnet.
        """
        if self.subnet is None:
            raise LabError(f"the network {self.raw['Name']} has no IPv4 subnet")
        labels = {key: str(value) for key, value in self.raw["Labels"].items() if not key.startswith(COMPOSE)}
        return Network(self.name, str(self.subnet), self.gateway, labels)

    def next_address(self) -> str:
        """The address the engine will give to the next container: the lowest one that is free.

        Those of other runs' clients count as free: a run begins when they are gone.

        Raises:
            LabError: none is.
        """
        pool = next(iter(_ipv4(self.raw)), None)
        subnet = self.subnet
        if pool is None or subnet is None:
            raise LabError(f"the network {self.raw['Name']} has no IPv4 subnet")
        taken = {str(self.gateway), *map(str, (pool.get("AuxiliaryAddresses") or {}).values())}
        members = [one for one in self.raw["Containers"].values() if not str(one["Name"]).startswith(CLIENT)]
        taken |= {str(one["IPv4Address"]).partition("/")[0] for one in members}
        for number in _addresses(IPv4Network(pool.get("IPRange") or subnet), subnet):
            if str(number) not in taken:
                return str(number)
        raise LabError(f"the network {self.raw['Name']} has no free address for a client")


def _ipv4(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in raw["IPAM"]["Config"] or [] if ":" not in each.get("Subnet", ":")]


def _addresses(given_out: IPv4Network, subnet: IPv4Network) -> Iterator[IPv4Address]:
    """What is given out of a subnet, without the subnet's own address and its broadcast address."""
    ends = (subnet.network_address, subnet.broadcast_address)
    yield from (address for address in given_out if address not in ends)


def networks_of(client: docker.DockerClient, instances: Iterable[Instance]) -> tuple[Joined, ...]:
    """The networks that containers are on, in the order in which they are met.

    Raises:
        LabError: the engine does not answer.
    """
    ids = dict.fromkeys(
        settings["NetworkID"]
        for instance in instances
        for name, settings in instance.raw["NetworkSettings"]["Networks"].items()
        if name not in _OF_THE_MACHINE and settings["NetworkID"]
    )
    with api_errors("the project's networks cannot be inspected"):
        raws = [client.api.inspect_network(one) for one in ids]
    return named(raws)


def named(raws: Sequence[Mapping[str, Any]]) -> tuple[Joined, ...]:
    """Networks with names of their own: Compose's, or the engine's where two would share one."""
    short = [str((raw["Labels"] or {}).get(_SHORT) or raw["Name"]) for raw in raws]
    return tuple(
        Joined({**raw, "Labels": raw["Labels"] or {}}, name if short.count(name) == 1 else str(raw["Name"]))
        for raw, name in zip(raws, short, strict=True)
    )


def client_network(wanted: str | None, joined: Sequence[Joined], instances: Sequence[Instance]) -> Joined:
    """The network that load comes from: the one asked for, else that of the first service with a published port.

    Raises:
        UsageError: the project has no such network, or none at all.
    """
    usable = [each for each in joined if each.subnet is not None]
    names = [each.name for each in usable]
    if wanted is not None:
        for each in usable:
            if wanted in (each.name, each.raw["Name"]):
                return each
        raise UsageError(
            f"the project has no network {wanted!r}",
            remedy=f"{did_you_mean(wanted, names)}Its networks: {', '.join(names) or 'none'}.",
        )
    if not usable:
        raise UsageError("the project has no network of its own that load could come from")
    entry = next((one for one in instances if any((one.raw["NetworkSettings"]["Ports"] or {}).values())), None)
    ids = [each["NetworkID"] for each in entry.raw["NetworkSettings"]["Networks"].values()] if entry else []
    return next((each for each in usable if each.id in ids), usable[0])
