"""Names of what a run makes on the engine: project, networks, bridges. Pure.

Docker numbers a container's interfaces by the names of its networks, so names decide which network eth0 is on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from chaoskit.core.errors import LabError
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.labs.spec import LabSpec

RUN = "chaoskit.run"
"""The label of everything a run makes; its value is the run's id."""
SERVICE, NUMBER, PROJECT = (
    "com.docker.compose.service",
    "com.docker.compose.container-number",
    "com.docker.compose.project",
)
"""Labels that Compose gives its containers."""


def project(spec: LabSpec, run: str) -> str:
    """The Compose project: the user's own where the lab may reach what is outside, else one for the run."""
    return spec.name if spec.egress else own(run)


def own(run: str) -> str:
    """A Compose project for the run alone, and what begins the names of volumes that are for the run alone."""
    return "chaoskit-" + re.sub(r"[^a-z0-9_-]+", "-", run.lower()).strip("-")


def networks(topology: Topology, prefix: str) -> dict[str, str]:
    """A name on the engine for each network, in whose order every host has its links.

    Raises:
        LabError: two hosts have networks in opposite orders.
    """
    ordered = _in_order(topology)
    return {name: f"{prefix}_{position:02}_{name}" for position, name in enumerate(ordered)}


def bridge(run: str, network: str) -> str:
    """The device of a network's bridge: at most 15 characters (IFNAMSIZ)."""
    return "ck" + hashlib.blake2s(f"{run} {network}".encode(), digest_size=6).hexdigest()


def port(run: str, link: str) -> str:
    """The device of the outer end of what stands in for a link."""
    return "cp" + hashlib.blake2s(f"{run} {link}".encode(), digest_size=6).hexdigest()


def _in_order(topology: Topology) -> list[str]:
    """The networks so that each comes after those that some host has before it."""
    before: dict[str, set[str]] = {network.name: set() for network in topology.networks}
    for host in topology.hosts:
        names = [link.network for link in host.links]
        for position, name in enumerate(names):
            before[name].update(names[:position])
    ordered: list[str] = []
    while before:
        free = [name for name, needs in before.items() if not needs - set(ordered)]
        if not free:
            raise LabError(
                f"the hosts of {topology.name} have the networks {', '.join(before)} in different orders, "
                "and Docker gives their interfaces one order for all",
                remedy="List the networks of every service in the same order.",
            )
        ordered += free
        for name in free:
            del before[name]
    return ordered


def by_service(topology: Topology) -> Mapping[str, Sequence[HostInfo]]:
    """The hosts of each service; Compose numbers its containers from 1 in this order."""
    found: dict[str, list[HostInfo]] = {}
    for host in topology.hosts:
        found.setdefault(host.service, []).append(host)
    return found
