"""The routes that the populations of a run's loads need: to their client hosts, and back from the hosts beside them.

    client-1: own every address of 198.19.16.0/20 <---- via client-1 ---- every host on a network with client-1

Hosts further away send their answers where they send everything: by their default route, through one of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from itertools import combinations

from chaoskit.core.action import Action
from chaoskit.core.errors import UsageError
from chaoskit.core.load import Load
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.core.units import NS
from chaoskit.core.where import Where
from chaoskit.engine.entries import PlannedEntry
from chaoskit.labs.drivers import ATTACHED, EXTERNAL
from chaoskit.steps.add_route import AddRoute

NAME = "population sources"
_BEYOND = 600 * NS
"""How much longer than the load the routes may stay: bringing a run to its end takes its time."""

Sourced = tuple[Load, tuple[HostInfo, ...]]
"""A load and its client hosts."""


def population_routes(loads: Iterable[Sourced], topology: Topology, driver: str, length: int) -> Iterator[PlannedEntry]:
    """What is done before the load for the addresses of its users, in force to the end; nothing where none need it.

    Raises:
        UsageError: the lab's hosts are not ours to change, or two client hosts would have the same addresses.
    """
    sourced = [each for each in loads if each[0].population is not None and each[0].population.needs_routes]
    if not sourced:
        return
    where = sourced[0][0].where
    if driver in (ATTACHED, EXTERNAL):
        raise UsageError(
            f"{where}: users with addresses of their own need routes in every host, and these hosts stay as they are",
            remedy="Leave out sources= of the population: its users then have their client host's address.",
        )
    owners = {(client.name, prefix): client for load, clients in sourced for prefix, client in _shares(load, clients)}
    _refuse_overlaps(owners, where)
    steps = tuple(step for (_, prefix), client in owners.items() for step in _routes(client, prefix, topology))
    prefixes = ", ".join(f"{prefix} of {name}" for name, prefix in owners)
    action = Action("own_addresses", {"prefixes": prefixes}, lambda _: steps, length + _BEYOND, False, where)
    yield PlannedEntry(NAME, action, steps, 0, None, tuple(dict.fromkeys(step.target for step in steps)))


def _shares(load: Load, clients: tuple[HostInfo, ...]) -> Iterator[tuple[str, HostInfo]]:
    assert load.population is not None
    for index, client in enumerate(clients):
        prefix = load.population.share(index, len(clients)).sources
        assert prefix is not None
        yield prefix, client


def _refuse_overlaps(owners: Iterable[tuple[str, str]], where: Where) -> None:
    for (one, prefix), (other, second) in combinations(owners, 2):
        if one != other and IPv4Network(prefix).overlaps(IPv4Network(second)):
            raise UsageError(
                f"{where}: {one} ({prefix}) and {other} ({second}) would own the same addresses",
                remedy="Give each population a prefix of its own.",
            )


def _routes(client: HostInfo, prefix: str, topology: Topology) -> Iterator[AddRoute]:
    yield AddRoute(client.name, prefix, "lo")
    for host in topology.hosts:
        link = _beside(host, client) if host.name != client.name else None
        if link is not None:
            yield AddRoute(host.name, prefix, *link)


def _beside(host: HostInfo, client: HostInfo) -> tuple[str, str] | None:
    """A host's device on a network of the client's, and the client's address there; the client's first such network."""
    devices = {link.network: link.device for link in host.links}
    return next(((devices[link.network], link.address) for link in client.links if link.network in devices), None)
