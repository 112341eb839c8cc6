"""Who an action hits, said the way people ask: `3 of 3 service in eu`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chaoskit.core.step import THIS_MACHINE
from chaoskit.core.topology import HostInfo, Topology


def who_is_hit(targets: Iterable[str], topology: Topology) -> tuple[str, ...]:
    """How many of each role and region the targets are; links count for their host, networks stand as they are."""
    names = [target.partition("/")[0] for target in targets]
    # What commands do from this machine is done to what no lab knows of, be it a client of a system elsewhere as well.
    hosts = [host for host in topology.hosts if host.name != THIS_MACHINE]
    counts = Counter(_group(host) for host in hosts if host.name in names)
    sizes = Counter(map(_group, hosts))
    groups = tuple(f"{counts[group]} of {sizes[group]} {group}" for group in sizes if group in counts)
    others = dict.fromkeys(name for name in names if name not in {host.name for host in hosts})
    return (*groups, *others)


def replicas_hit(targets: Iterable[str], topology: Topology) -> tuple[str, ...]:
    """The same by services, as who runs them counts: `1 of 3 replicas of web`, `the only web`."""
    names = {target.partition("/")[0] for target in targets}
    sizes = Counter(host.service for host in topology.hosts)
    counts = Counter(host.service for host in topology.hosts if host.name in names)
    told = [
        f"{counts[s]} of {sizes[s]} replicas of {s}" if sizes[s] > 1 else f"the only {s}" for s in sizes if counts[s]
    ]
    return (*told, *sorted(name for name in names if name not in topology.by_name))


def _group(host: HostInfo) -> str:
    what = host.role or host.service
    return f"{what} in {host.region}" if host.region else what
