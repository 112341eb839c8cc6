"""Which running project a run is attached to, and what the user allows to be done to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permit(StrEnum):
    """What is never done to somebody's running project unless the user says so; each has a flag `--allow-PERMIT`."""

    EVERY_INSTANCE = "every-instance"
    """A fault on all instances of a service at once."""
    PROTECTED = "protected"
    """A fault on a host labelled `chaoskit.protected`."""
    ONE_SHOT = "one-shot"
    """A step that cannot be undone."""
    REMOTE_ENGINE = "remote-engine"
    """An engine on another machine."""


@dataclass(frozen=True)
class Attachment:
    """A Compose project that was up before and stays up afterwards.

    Attributes:
        project: as `docker compose ls` names it.
        client_network: the project's network that load comes from; None for the one its entry is on.
        permits: what the user allowed.
    """

    project: str
    client_network: str | None = None
    permits: frozenset[Permit] = frozenset()
