"""Limits of hosts: one control group for each host that asks for one, named by the run."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.kernel import cgroup
from chaoskit.labs.spec import HostSpec, LabSpec


def planned(spec: LabSpec, run_id: str) -> tuple[Path, ...]:
    """Every group that `make` will make on this machine."""
    where = cgroup.controllers()
    groups = (cgroup.folders(_name(run_id, host), _limits(host), where) for host in spec.hosts)
    return tuple(folder for folders in groups for folder in folders)


def make(spec: LabSpec, run_id: str) -> dict[str, tuple[Path, ...]]:
    """The groups by host; hosts without a limit have none.

    Raises:
        LabError: this machine cannot limit what a host asks to be limited; nothing is left.
    """
    made: dict[str, tuple[Path, ...]] = {}
    where = cgroup.controllers()
    for host in spec.hosts:
        if host.cpus is None and host.memory is None:
            continue
        try:
            made[host.name] = tuple(cgroup.make(_name(run_id, host), _limits(host), where))
        except OSError as error:
            remove(made)
            raise LabError(f"{host.where}: {_wanted(host)} cannot be given: {error}", remedy=_REMEDY) from error
    return made


_REMEDY = "Limits need a writable cgroup hierarchy (root, /sys/fs/cgroup); without one, leave the limit out."


def remove(groups: dict[str, tuple[Path, ...]]) -> None:
    """Remove the groups of hosts that have ended."""
    for folders in groups.values():
        cgroup.remove(list(folders))


def _name(run_id: str, host: HostSpec) -> str:
    return f"chaoskit-{run_id}-{host.name}"


def _limits(host: HostSpec) -> cgroup.Limits:
    return cgroup.Limits(host.cpus, host.memory)


def _wanted(host: HostSpec) -> str:
    parts = [f"cpus: {host.cpus:g}"] if host.cpus is not None else []
    parts += [f"mem_limit: {host.memory}"] if host.memory is not None else []
    return f"service {host.service}: {', '.join(parts)}"
