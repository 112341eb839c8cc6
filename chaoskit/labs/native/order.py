"""Dependencies: which hosts may start now, given how the others are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaoskit.core.errors import LabError
from chaoskit.labs.spec import Condition, HostSpec


@dataclass(frozen=True)
class Seen:
    """How far a host has come.

    Attributes:
        started: its daemon was executed at least once.
        healthy: None without a healthcheck or before its first answer.
        ended: the exit code of a daemon that does not run any more and is not restarted, else None.
    """

    started: bool = False
    healthy: bool | None = None
    ended: int | None = None


def startable(
    hosts: Iterable[HostSpec], instances: Mapping[str, Sequence[str]], seen: Mapping[str, Seen]
) -> list[HostSpec]:
    """The hosts that are not started and wait for nothing any more, in the file's order.

    A dependency on a service the lab does not have (of an inactive profile, say) holds nobody up.
    """
    return [
        host
        for host in hosts
        if not seen[host.name].started
        and all(
            _holds(dependency.condition, seen[name])
            for dependency in host.depends_on
            for name in instances.get(dependency.service, ())
        )
    ]


def _holds(condition: Condition, seen: Seen) -> bool:
    if condition is Condition.HEALTHY:
        return seen.healthy is True
    if condition is Condition.COMPLETED:
        return seen.ended == 0
    return seen.started


def check(hosts: Sequence[HostSpec]) -> None:
    """Refuse dependencies that can never be met.

    Raises:
        LabError: they form a circle, or ask for the health of a service without a healthcheck.
    """
    by_service = {host.service: host for host in hosts}
    for host in hosts:
        for wanted in host.depends_on:
            target = by_service.get(wanted.service)
            if wanted.condition is Condition.HEALTHY and target is not None and target.healthcheck is None:
                raise LabError(
                    f"{host.where}: service {host.service} waits for {wanted.service} to be healthy, "
                    "which has no healthcheck",
                    remedy=f"Give {wanted.service} a healthcheck, or wait with condition: service_started.",
                )
    _no_circle(by_service, lambda host: [each.service for each in host.depends_on if each.service in by_service])


def _no_circle(by_service: Mapping[str, HostSpec], needs: Callable[[HostSpec], Iterable[str]]) -> None:
    left = dict(by_service)
    while left:
        free = [name for name, host in left.items() if not any(need in left for need in needs(host))]
        if not free:
            first = next(iter(left.values()))
            raise LabError(f"{first.where}: the services {', '.join(left)} wait for each other in a circle")
        for name in free:
            del left[name]


def instances(hosts: Iterable[HostSpec]) -> dict[str, list[str]]:
    """The hosts of each service."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        found.setdefault(host.service, []).append(host.name)
    return found
