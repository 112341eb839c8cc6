"""Which colour stands for what: names of custom properties, which the style sheet gives both schemes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chaoskit.core.load import Outcome
from chaoskit.report.model import RunModel
from chaoskit.report.model.traffic import ELSEWHERE, NOBODY, place

HUES = 6
"""How many hues the style sheet has for regions, roles and states; beyond that they repeat."""

_GOOD = {"up", "running", "ok", "healthy", "true", "alive", "ready", "passing", "leader", "master"}
_BAD = {
    *("down", "exited", "off", "dead", "false", "unhealthy", "critical", "maint", "failed", "fault", "paused"),
    *("nxdomain", "servfail", "refused", "no address"),
}


def outcome_colour(outcome: Outcome) -> str:
    """The custom property of an outcome."""
    return f"var(--o-{re.sub('[^a-z0-9]+', '-', outcome.value)})"


@dataclass(frozen=True)
class Palette:
    """Hues of regions and roles, the same in every chart and arm of a report."""

    places: tuple[str, ...]
    roles: tuple[str, ...]

    def place(self, name: str) -> str:
        """The colour of a region or service; of failures, where nobody served."""
        if name == NOBODY:
            return "var(--nobody)"
        return f"var(--hue{self.places.index(name) % HUES})" if name in self.places else "var(--other)"

    def role(self, name: str | None) -> str:
        """The colour of a role."""
        return f"var(--role{self.roles.index(name) % HUES})" if name in self.roles else "var(--other)"

    def state(self, state: str) -> str:
        """The colour of a probe's state: good, bad, changing, a region, or none of these."""
        word = state.lower().split(":")[0].split(", ")[0].split(" (")[0]
        if "unhealthy" in state:
            return "var(--bad)"
        if word in _GOOD or word.startswith("up "):
            return "var(--good)"
        if word in _BAD or word == "error" or word.startswith("down "):
            return "var(--bad)"
        return self.place(state)


def palette_of(models: Sequence[RunModel]) -> Palette:
    """The hues of everything that occurs in these runs."""
    hosts = [host for model in models for host in model.arm.history.topology.hosts]
    regions = sorted({host.region for host in hosts if host.region})
    services = [place(host) for host in hosts]
    roles = [host.role for host in hosts if host.role]
    served = [name for model in models for shares in model.shares for name in sorted(shares.by_place)]
    places = [name for name in (*regions, *services, *served) if name not in (NOBODY, ELSEWHERE)]
    return Palette(tuple(dict.fromkeys(places)), tuple(dict.fromkeys(roles)))
