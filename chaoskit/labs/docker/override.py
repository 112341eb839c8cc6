"""The Compose file that is merged over a lab's own: what makes its containers the planned hosts of one run. Pure.

Compose and the engine would choose addresses, names of interfaces and name servers anew; a lab has them planned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoskit.core.topology import HostInfo, Topology
from chaoskit.labs.docker import copies, naming
from chaoskit.labs.docker.naming import RUN
from chaoskit.labs.native.names import resolv_conf
from chaoskit.labs.spec import HostSpec, LabSpec, MountKind

_RESET = "@reset@"
_LOG_SIZE = "128m"
"""Twice what is kept of a log, so that the engine does not begin anew before it has been read."""


@dataclass(frozen=True)
class Wanted:
    """What an override is made from.

    Attributes:
        directory: of the run; gets the files that containers bind.
        macs: whether the engine takes a MAC address for each network (its API from 1.44 on); an older one makes it
            from the IPv4 address, as the topology does.
        sysctls: those that every host has unless its service says otherwise, `net.` and all.
    """

    spec: LabSpec
    run: str
    directory: Path
    macs: bool
    sysctls: Mapping[str, str]

    @property
    def contained(self) -> bool:
        """Whether nothing may leave the lab."""
        return not self.spec.egress


def text(wanted: Wanted) -> str:
    """The file. JSON is YAML, but for the tag that says: what the lab's own file has here does not hold."""
    made = {"services": _services(wanted), "networks": _networks(wanted), "volumes": _volumes(wanted)}
    return json.dumps(made, indent=1).replace(f'"{_RESET}"', "!reset []")


def files(wanted: Wanted) -> dict[Path, str]:
    """The files that containers bind, with their content."""
    if not wanted.contained:
        return {}
    return {_resolv_conf(wanted, host): resolv_conf(host) for host in _one_each(wanted.spec)}


def _resolv_conf(wanted: Wanted, host: HostSpec) -> Path:
    return wanted.directory / "docker" / f"{host.service}.resolv.conf"


def _one_each(spec: LabSpec) -> Sequence[HostSpec]:
    """A host of each service."""
    return list({host.service: host for host in spec.hosts}.values())


def _services(wanted: Wanted) -> dict[str, Any]:
    hosts = naming.by_service(wanted.spec.topology)
    return {host.service: _service(wanted, host, hosts[host.service]) for host in _one_each(wanted.spec)}


def _service(wanted: Wanted, host: HostSpec, instances: Sequence[HostInfo]) -> dict[str, Any]:
    made: dict[str, Any] = {"labels": {**instances[0].labels, RUN: wanted.run}}
    if len(instances) == 1:
        made["hostname"] = host.hostname or host.name
    if len(instances) == 1 and instances[0].links:
        made["networks"] = {link.network: _link(wanted, link.address, link.mac) for link in instances[0].links}
    if wanted.contained:
        made |= _contained(wanted, host, instances)
    return made


def _link(wanted: Wanted, address: str, mac: str) -> dict[str, str]:
    return {"ipv4_address": address, **({"mac_address": mac} if wanted.macs else {})}


def _contained(wanted: Wanted, host: HostSpec, instances: Sequence[HostInfo]) -> dict[str, Any]:
    """What a host has instead of the engine's name server, which forwards to the machine's, and of published ports."""
    bound = {"type": "bind", "source": str(_resolv_conf(wanted, host)), "target": "/etc/resolv.conf", "read_only": True}
    return {
        "ports": _RESET,
        "volumes": [bound, *_copies(wanted, host)],
        "extra_hosts": _neighbours(wanted.spec.topology, instances),
        "sysctls": {name: value for name, value in wanted.sysctls.items() if name not in host.sysctls},
        "logging": {"driver": "json-file", "options": {"max-size": _LOG_SIZE}},
    }


def _copies(wanted: Wanted, host: HostSpec) -> Sequence[dict[str, str]]:
    """The run's own copies in place of what the host may write to."""
    own = [(str(copies.path(wanted.directory, mount)), mount.target) for mount in host.mounts if copies.wanted(mount)]
    return [{"type": "bind", "source": source, "target": target} for source, target in own]


def _neighbours(topology: Topology, instances: Sequence[HostInfo]) -> list[str]:
    """Name and address of everybody on a host's networks, as /etc/hosts of a native host has them."""
    reached = {link.network for host in instances for link in host.links}
    return list(
        dict.fromkeys(
            f"{name}:{link.address}"
            for network in topology.networks
            if network.name in reached
            for host in topology.hosts
            for link in host.links
            if link.network == network.name
            for name in dict.fromkeys([host.name, host.service, *link.aliases])
        )
    )


def _networks(wanted: Wanted) -> dict[str, Any]:
    names = naming.networks(wanted.spec.topology, naming.project(wanted.spec, wanted.run))
    made: dict[str, Any] = {}
    for network in wanted.spec.topology.networks:
        own: dict[str, Any] = {"labels": {RUN: wanted.run}, "ipam": {"config": [{"subnet": network.subnet}]}}
        if wanted.contained:
            device = naming.bridge(wanted.run, network.name)
            own |= {"name": names[network.name], "internal": True, "driver": "bridge", "driver_opts": _bridge(device)}
        made[network.name] = own
    return made


def _bridge(device: str) -> dict[str, str]:
    """A bridge without an address of this machine: what listens on this machine is not reached from the lab."""
    return {"com.docker.network.bridge.name": device, "com.docker.network.bridge.inhibit_ipv4": "true"}


def _volumes(wanted: Wanted) -> dict[str, Any]:
    mounts = [mount for host in wanted.spec.hosts for mount in host.mounts]
    named = dict.fromkeys(mount.source for mount in mounts if mount.kind is MountKind.VOLUME and mount.source)
    # Under the user's own project name the volumes of that project would be meant, with the user's data.
    apart = {} if wanted.contained else {name: {"name": f"{naming.own(wanted.run)}_{name}"} for name in named}
    return {name: {"labels": {RUN: wanted.run}, **apart.get(name, {})} for name in named}
