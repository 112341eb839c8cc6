"""Loads that are over, made up of latencies and outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chaoskit.core.history import Requests, Text
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.request import get
from chaoskit.core.units import NS
from chaoskit.engine.loading.plan import LoadPlan
from chaoskit.engine.loading.result import LoadResult
from chaoskit.engine.loading.tally import Tally
from chaoskit.loads.arrivals import constant
from chaoskit.loads.work import Client

SECOND = 1_000_000
"""µs."""


def batch(took: Sequence[int], outcome: Outcome = Outcome.OK, *, lag: int = 0, at: int = 0) -> Requests:
    """Requests of one outcome that took so many µs each; the first arrives at `at` ns, then one a millisecond."""
    count = len(took)
    nothing = Text(np.zeros(count, np.int32), ("",))
    never = np.full(count, -1, np.int32)
    return Requests(
        *[nothing] * 6,
        intended=at + np.arange(count, dtype=np.int64) * NS // 1000,
        lag=np.full(count, lag, np.int32),
        sent=never,
        dns=never,
        connect=never,
        first_byte=never,
        end=np.array(took, np.int32),
        status=np.zeros(count, np.int16),
        outcome=np.full(count, OUTCOMES.index(outcome), np.int8),
        attempts=np.ones(count, np.int16),
    )


def plan(duration: int = NS) -> LoadPlan:
    """A load of 1,000/s on loopback."""
    return LoadPlan(get("http://127.0.0.1/"), constant("1000/s"), Client("here"), duration, NS)


def result(*batches: Requests, abandoned: int = 0, duration: int = NS) -> LoadResult:
    """What a load of these came to."""
    tally = Tally(duration)
    for one in batches:
        tally.add(one)
    return LoadResult(
        plan(duration), tally, tally.whole.total + abandoned, abandoned, duration, 1_700_000_000 * NS, "epoll"
    )
