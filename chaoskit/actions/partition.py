"""`partition`: hosts that no longer hear certain others."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from chaoskit.actions.grudges import Grudge, Unheard
from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.topology import Topology
from chaoskit.kernel.nft import PREFIX
from chaoskit.steps.nft import MARGIN, Nft

_SET = "unheard"
_CHAIN = (
    f"chain deaf {{ type filter hook prerouting priority raw; policy accept; "
    f'iifname != "lo" ip saddr @{_SET} counter drop; }}'
)
"""Before connection tracking, so that established connections are cut as well; what the host would forward, too."""


@action(longest="10m")
def partition(
    plan: Planning, grudge: Grudge | Mapping[str, Collection[str]], *, on: Selector | None = None
) -> Iterable[Step]:
    """Drop at each receiver whatever IPv4 packet comes from an address of a host it no longer hears.

    Nobody is told: packets vanish, established connections included, while ARP, interfaces and routes stay
    as they are. A host that forwards does not forward for those it does not hear. Behind address
    translation the translator's address counts, and only addresses of the lab's links are known.
    The kernel ends the drop by itself soon after the action's time.

    Args:
        plan: the lab.
        grudge: who no longer hears whom: `isolate`, `halves`, `one_way`, `bridge`, `majorities_ring`, or a
            mapping of host names to host names.
        on: on these networks only: hosts that share others go on hearing each other there.

    Raises:
        UsageError: a host is unknown, has no address (there) or is told not to hear itself; or nobody loses anybody.
    """
    where = None if on is None else frozenset(network.name for network in plan.networks(on))
    unheard = grudge.resolve(plan) if isinstance(grudge, Grudge) else checked(grudge, plan.topology)
    if not unheard:
        raise UsageError(f"partition({grudge}) cuts nobody off", remedy="Choose groups that differ.")
    return [_deafen(plan, host, unheard[host], where) for host in sorted(unheard)]


def checked(grudge: Mapping[str, Collection[str]], topology: Topology) -> Unheard:
    """A mapping somebody wrote by hand, held to the lab.

    Raises:
        UsageError: a host is unknown, or is told not to hear itself.
    """
    for name in (*grudge, *(other for others in grudge.values() for other in others)):
        if name not in topology.by_name:
            raise UsageError(
                f"lab {topology.name} has no host {name!r}",
                remedy=f"{did_you_mean(name, topology.by_name)}There are: {', '.join(topology.by_name)}.",
            )
    for host, others in grudge.items():
        if host in others:
            raise UsageError(f"{host} cannot be told not to hear itself")
    return {host: frozenset(others) for host, others in grudge.items() if others}


def _deafen(plan: Planning, host: str, unheard: frozenset[str], where: frozenset[str] | None) -> Nft:
    others = sorted(unheard)
    links = (link for other in others for link in plan.topology.by_name[other].links)
    addresses = tuple(link.address for link in links if where is None or link.network in where)
    place = f" on {', '.join(sorted(where))}" if where else ""
    if not addresses:
        raise UsageError(f"{', '.join(others)}: no address{place} to drop at {host}")
    lasting = plan.lasting + MARGIN
    seed = f"{host} {addresses} {lasting} {plan.rng.getrandbits(64)}"
    table = PREFIX + hashlib.blake2s(seed.encode(), digest_size=4).hexdigest()
    return Nft(host, table, f"hears nothing from {', '.join(others)}{place}", {_SET: addresses}, (_CHAIN,), lasting)
