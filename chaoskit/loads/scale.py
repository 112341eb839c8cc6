"""How many engines a load needs: one process a core, but none that would have next to nothing to do."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chaoskit.loads.arrivals.closed import Closed

if TYPE_CHECKING:
    from chaoskit.core.load import Arrivals

PER_ENGINE = 20_000
"""Arrivals a second that an engine takes half of a core for (tests/bench/lag.py): beyond, another core helps."""
_LOOKED_AT_S = range(0, 3600, 2)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def engines_for(arrivals: Iterable[Arrivals]) -> int:
    """Engines for loads: one for each 20,000 arrivals a second at their peak, at most one a core, at least one.

    The users of a closed loop cannot be shared: with one there is one engine.
    """
    every = list(arrivals)
    if any(isinstance(one, Closed) for one in every):
        return 1
    peak = max(sum(one.rate_at(float(t)) for one in every) for t in _LOOKED_AT_S)
    return max(1, min(cores(), math.ceil(peak / PER_ENGINE)))
