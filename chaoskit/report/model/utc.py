"""UTC of a run's moments, from the anchors it recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from chaoskit.core.clock import Anchor


@dataclass(frozen=True)
class Utc:
    """The wall clock beside the run's own; between two anchors the offset is interpolated."""

    anchors: Sequence[Anchor]

    @property
    def known(self) -> bool:
        """Whether the run recorded an anchor at all."""
        return bool(self.anchors)

    def ns(self, t: int) -> int | None:
        """Nanoseconds since the Unix epoch at a moment of the run; None without an anchor."""
        if not self.anchors:
            return None
        base = self.anchors[0].utc - self.anchors[0].t
        drift = [anchor.utc - anchor.t - base for anchor in self.anchors]
        return base + t + round(float(np.interp(t, [anchor.t for anchor in self.anchors], drift)))

    def clock(self, t: int, digits: int = 3) -> str:
        """`14:03:07.250`, or `-` without an anchor."""
        unit = 10 ** (9 - digits)
        ns = self.ns(t)
        if ns is None:
            return "-"
        seconds, part = divmod((ns + unit // 2) // unit, 10**digits)
        text = datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")
        return f"{text}.{part:0{digits}d}" if digits else text

    def date(self, t: int = 0) -> str:
        """`2026-03-01`, or `-` without an anchor."""
        at = self._datetime(t)
        return at.strftime("%Y-%m-%d") if at else "-"

    def iso(self, t: int = 0) -> str:
        """ISO 8601 to the second with a Z, or an empty text without an anchor."""
        at = self._datetime(t)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""

    def _datetime(self, t: int) -> datetime | None:
        ns = self.ns(t)
        return None if ns is None else datetime.fromtimestamp(ns // 1000 / 1e6, UTC)
