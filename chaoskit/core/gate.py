"""Gates: conditions that make a run believable at all. They are judged from the history, before checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaoskit.core.verdict import Verdict

if TYPE_CHECKING:
    from chaoskit.core.history import History


@dataclass(frozen=True)
class Gate:
    """A named condition; anything but a pass makes every check unknown."""

    name: str
    judge: Callable[[History], Verdict]
