"""`Lab`: what an experiment runs on: Compose files, named from where the experiment stands, or a system elsewhere."""

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
        addresses: of a system elsewhere, the IPv4 addresses of hosts by the names that checks and reports use.
        is_external: whether it is a system that chaoskit neither brings up nor has any hosts of.
    """

    source: str
    overlays: Sequence[str] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    profiles: Sequence[str] = ()
    egress: Literal["deny", "allow"] = "deny"
    base: Path | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    is_external: bool = False

    def __post_init__(self) -> None:
        if self.base is None:
            caller = sys._getframe(2).f_globals.get("__file__")
            object.__setattr__(self, "base", Path(caller).resolve().parent if caller else Path.cwd())

    def over(self, *overlays: str) -> Lab:
        """The same lab with further Compose files merged over it."""
        return replace(self, overlays=(*self.overlays, *overlays))

    @classmethod
    def external(
        cls,
        name: str,
        *,
        addresses: Mapping[str, str] | None = None,
        roles: Mapping[str, str] | None = None,
        regions: Mapping[str, str] | None = None,
    ) -> Lab:
        """A system that chaoskit did not start: staging on machines, in a cloud or on Kubernetes.

        Nothing of it can be entered. Load and probes come from this machine and its network, which is the one host
        that `clients=` can mean (`role("client")`); names are resolved as this machine resolves them. Probes are read
        `.from_here(...)`, and what changes the system are commands of yours: `command(do, undo, confirm)`. Nobody is
        asked whom the experiment does not name; load goes there only when whoever runs it says `--i-own-the-target`.

        Args:
            name: what plans and reports call it.
            addresses: IPv4 addresses of its hosts by name, so that checks and reports can tell them apart.
            roles: role by the name of such a host, or glob.
            regions: region by the name of such a host, or glob; `"this machine"` may have one as well.
        """
        return cls(
            name,
            roles=dict(roles or {}),
            regions=dict(regions or {}),
            base=Path(),
            addresses=dict(addresses or {}),
            is_external=True,
        )

    @property
    def is_shipped(self) -> bool:
        """Whether `source` is the name of a lab that comes with chaoskit, not a file."""
        return not self.is_external and Path(self.source).suffix == "" and "/" not in self.source
