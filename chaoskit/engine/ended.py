"""Hosts of a lab that have ended though nobody asked them to: an image without a command, a mistake in one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.host import HostState, Status
from chaoskit.engine.facts import Running
from chaoskit.engine.labs import asking
from chaoskit.labs.native.bringup import tail
from chaoskit.labs.native.images import resolve
from chaoskit.labs.spec import Condition, HostSpec, LabSpec


@dataclass(frozen=True)
class Ended:
    """A host that came up and ended.

    Attributes:
        log: the last lines of its log, indented.
        hint: what it lacks, where that can be told from the Compose file.
    """

    host: str
    where: str
    exit_code: int | None
    log: str
    hint: str


def ended(spec: LabSpec, running: Running) -> tuple[Ended, ...]:
    """The hosts that have ended by now, but those another one waits for to be completed."""
    jobs = {
        dependency.service
        for host in spec.hosts
        for dependency in host.depends_on
        if dependency.condition is Condition.COMPLETED
    }
    found: list[Ended] = []
    with asking(running) as ask:
        for host in spec.hosts:
            status: Status = ask("status", host.name)
            if status.state is HostState.EXITED and host.service not in jobs:
                log: Path = ask("log", host.name)
                found.append(Ended(host.name, host.where, status.exit_code, tail(log), _hint(host)))
    return tuple(found)


def _hint(host: HostSpec) -> str:
    """An image whose own command is a shell or an interpreter ends at once, as in Docker: nobody types into it."""
    image = resolve(host.image, host.where)
    if image.program or host.command or host.entrypoint:
        return ""
    alone = " ".join(image.command)
    return f"the service has no command: and {host.image} alone runs `{alone}`, which ends when nobody types into it"
