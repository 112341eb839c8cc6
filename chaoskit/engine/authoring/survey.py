"""What a running project is, as far as its first experiments need to know: its entry, and what it has several of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from chaoskit.core.errors import UsageError
from chaoskit.core.lab import Lab
from chaoskit.core.topology import PROTECTED, Topology
from chaoskit.engine.authoring.first import Entry
from chaoskit.labs.attached.entry import Door, doors, speaking
from chaoskit.labs.attached.spec import attached_spec
from chaoskit.labs.attachment import Attachment

_YES = ("true", "1", "yes")


def survey(attachment: Attachment, entry: str | None) -> tuple[Entry, dict[str, int]]:
    """The project's entry, and its services with several instances by their number.

    Args:
        attachment: the project.
        entry: a URL as callers inside the project's network write it, `http://web:8080/health`; None to look for one.

    Raises:
        UsageError: there is no such project, or nothing of it answers HTTP.
        LabError: the engine does not answer.
    """
    topology = attached_spec(attachment, Lab(attachment.project, base=Path.cwd())).topology
    services = Counter(host.service for host in topology.hosts)
    found = _asked(attachment.project, "/", doors(attachment.project)) if entry is None else _named(entry, services)
    return found.of(services[found.service]), replicated(topology)


def replicated(topology: Topology) -> dict[str, int]:
    """Services with several instances, none of which is protected."""
    counts = Counter(host.service for host in topology.hosts)
    protected = {host.service for host in topology.hosts if host.labels.get(PROTECTED, "").lower() in _YES}
    return {service: count for service, count in counts.items() if count > 1 and service not in protected}


def _asked(project: str, path: str, tried: tuple[Door, ...]) -> Entry:
    found = speaking(tried, path)
    if found is None:
        asked = ", ".join(f"{door.service}:{door.port}" for door in tried) or "no port at all"
        raise UsageError(
            f"nothing of {project} answers HTTP; asked were: {asked}",
            remedy="Say where callers go: --entry http://SERVICE:PORT/PATH, as seen from the project's own network.",
        )
    door, status = found
    return Entry(door.service, door.port, path, status)


def _named(url: str, services: Counter[str]) -> Entry:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(f"{url!r} is no http URL", remedy="Write http://SERVICE:PORT/PATH.")
    if parts.hostname not in services:
        raise UsageError(f"{parts.hostname} is no service of the project", remedy=f"There are: {', '.join(services)}.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Entry(parts.hostname, parts.port or 80, path)
