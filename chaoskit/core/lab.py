"""`Lab`: which Compose files an experiment runs on, named from where the experiment stands."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, eq=False)
class Lab:
    """A reference to a lab; nothing is read before a plan is made.

    Attributes:
        source: a shipped lab's name (`"gslb"`), or a Compose file relative to the experiment's file.
        overlays: further Compose files merged over the first, as `docker compose -f a -f b` does.
        roles: `chaoskit.role` by service name or glob, for files without the label.
        regions: `chaoskit.region` by service name or glob.
        environment: variables for interpolation, over those of the caller's environment.
        profiles: Compose profiles to bring up.
        egress: `deny`: no packet leaves the lab; `allow`: its networks are as the file has them (docker only).
        base: the folder relative names start from; by default that of the file that says `Lab(...)`.
    """

    source: str
    overlays: Sequence[str] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    profiles: Sequence[str] = ()
    egress: Literal["deny", "allow"] = "deny"
    base: Path | None = None

    def __post_init__(self) -> None:
        if self.base is None:
            caller = sys._getframe(2).f_globals.get("__file__")
            object.__setattr__(self, "base", Path(caller).resolve().parent if caller else Path.cwd())

    def over(self, *overlays: str) -> Lab:
        """The same lab with further Compose files merged over it."""
        return replace(self, overlays=(*self.overlays, *overlays))

    @property
    def is_external(self) -> bool:
        """Whether it is a system that chaoskit neither brings up nor has any hosts of."""
        return False

    @property
    def is_shipped(self) -> bool:
        """Whether `source` is the name of a lab that comes with chaoskit, not a file."""
        return Path(self.source).suffix == "" and "/" not in self.source
