"""Time bins: a run of any length is drawn from about a hundred of them, so a report stays small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Requests
from chaoskit.core.units import NS

MOST = 150
"""Bins a run is cut into at most: about the columns a chart has at half the width of a screen."""

_WIDTHS_S = (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_FEWEST = 30
_FULL = 10


@dataclass(frozen=True)
class Bins:
    """Equal spans from the run's origin on.

    Attributes:
        width: of one, in ns.
        length: what they cover, in ns; the last one may reach beyond it.
    """

    width: int
    length: int

    @property
    def count(self) -> int:
        """How many there are, at least one."""
        return max(1, -(-self.length // self.width))

    @property
    def seconds(self) -> float:
        """The width in seconds."""
        return self.width / NS

    def of(self, t: NDArray[np.int64]) -> NDArray[np.int64]:
        """The bin of each moment; moments outside the run fall into the first or the last."""
        found = t // self.width
        return np.clip(found, 0, self.count - 1, out=found)

    def tally(self, t: NDArray[np.int64], weights: NDArray[Any] | None = None) -> NDArray[Any]:
        """How many moments (or how much weight) each bin holds."""
        return np.bincount(self.of(t), weights, self.count)

    def coverage(self) -> NDArray[np.float64]:
        """Seconds of the run that each bin covers: the width, but for a last one that is cut short."""
        starts = np.arange(self.count, dtype=np.int64) * self.width
        return np.maximum(np.minimum(self.width, self.length - starts), 1) / NS


def bins_for(length: int, requests: Requests) -> Bins:
    """The narrowest round width that gives at most `MOST` bins, and ten arrivals a bin on average.

    A sparse load is not cut below thirty bins for the sake of those ten.
    """
    widths = [round(width * NS) for width in _WIDTHS_S]
    fitting = [width for width in widths if -(-length // width) <= MOST] or [-(-length // MOST)]
    fine = [width for width in fitting if -(-length // width) >= _FEWEST] or fitting[:1]
    full = [width for width in fine if len(requests) >= _FULL * -(-length // width)]
    return Bins(full[0] if full else fine[-1], length)
