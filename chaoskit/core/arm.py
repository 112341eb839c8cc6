"""Arms: the guarded experiment, and twins that carry one named mistake each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chaoskit.core.check import Check
from chaoskit.core.where import Where, caller

GUARDED = "guarded"
"""The name of the arm without a mistake; `chaoskit run` runs it, so that green always means good."""


@dataclass(frozen=True, eq=False)
class Twin:
    """The experiment with one named mistake, which its checks must notice.

    Attributes:
        mistake: what is wrong in this arm, in a few words; its slug is the arm's name.
        compose: Compose files merged over the lab's, relative to the lab's file.
        instead: objects of the experiment (loads, actions) to what stands in for them in this arm.
        must_fail: checks that have to say fail for the twin to be proved.
        may_fail: checks whose failure follows from the mistake but is not what proves it.
        checks: further checks of this arm alone, which describe the hazard in numbers and must pass.
    """

    mistake: str
    must_fail: Sequence[Check]
    may_fail: Sequence[Check] = ()
    compose: Sequence[str] | str = ()
    instead: Mapping[object, object] = field(default_factory=dict)
    checks: Sequence[Check] = ()
    where: Where = field(default_factory=caller)

    def __str__(self) -> str:
        return f"the twin {self.mistake!r}"

    @property
    def name(self) -> str:
        """The arm's name on the command line: `plain DNS` is `plain-dns`."""
        return re.sub(r"[^a-z0-9]+", "-", self.mistake.lower()).strip("-")

    @property
    def overlays(self) -> tuple[str, ...]:
        """`compose` as a tuple, a single file or several."""
        return (self.compose,) if isinstance(self.compose, str) else tuple(self.compose)
