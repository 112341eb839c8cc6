"""Which running project a run is attached to, what the user allows to be done to it, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chaoskit.core.units import NS

LONGEST = 10 * 60 * NS
"""How long a run may act on somebody's project, in ns, unless the user says otherwise."""


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

    @property
    def flag(self) -> str:
        """What the command line calls it."""
        return f"--allow-{self}"


@dataclass(frozen=True)
class Attachment:
    """A Compose project that was up before and stays up afterwards.

    Attributes:
        project: as `docker compose ls` names it.
        client_network: the project's network that load comes from; None for the one its entry is on.
        permits: what the user allowed.
        longest: ns that a run may take at most.
        watched: a person is there who ends it when it harms, so that it needs no guard.
    """

    project: str
    client_network: str | None = None
    permits: frozenset[Permit] = frozenset()
    longest: int = LONGEST
    watched: bool = False


@dataclass(frozen=True)
class Container:
    """A container of the project, by the engine's own id and name."""

    id: str
    name: str


@dataclass(frozen=True)
class EngineFacts:
    """The engine that holds the project.

    Attributes:
        name: of the machine it runs on.
        where: the URL it answers at.
        local: whether its containers' namespaces can be entered from here.
    """

    name: str
    version: str
    where: str
    local: bool


@dataclass(frozen=True)
class Client:
    """The temporary host that load comes from.

    Attributes:
        host: its name in the topology.
        network: the engine's id of the project's network it joins.
        address: the one the engine gives out next on that network.
        mac: fixed, so that the plan knows it.
        lasts_s: seconds after which it ends by itself, whoever is left to remove it.
    """

    host: str
    network: str
    address: str
    mac: str
    lasts_s: int


@dataclass(frozen=True)
class Standing:
    """A project as it stood when the plan was made.

    Attributes:
        containers: by the name of the host that stands for each.
        entangled: hosts without a network of their own, and whose they use: faults of it would be faults of that.
        unsteady: hosts that nobody may expect to run on as they are, and why.
    """

    engine: EngineFacts
    containers: Mapping[str, Container]
    client: Client
    entangled: Mapping[str, str] = field(default_factory=dict)
    unsteady: Mapping[str, str] = field(default_factory=dict)
