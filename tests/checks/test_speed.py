import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from chaoskit.checks.availability import availability
from chaoskit.checks.comes_home import comes_home
from chaoskit.checks.latency import latency
from chaoskit.checks.no_traffic import no_traffic
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.recovers import recovers
from chaoskit.checks.share_by import share_by
from chaoskit.core.check import Check
from chaoskit.core.history import History, Text
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import UNKNOWN
from chaoskit.testing import rows
from tests.checks.world import drained, failover, history, return_home, shoppers

ROWS = 2_000_000
GENEROUS = 3.0
"""Seconds a check may take on two million rows: about twenty times what it takes on a quiet core."""


@cache
def large(n: int = ROWS) -> History:
    """Thirty seconds with so many requests of two clients, most of them successful, in order of completion."""
    rng = np.random.default_rng(1)
    table = rows("shoppers", at=np.sort(rng.uniform(0, 30, n)), latency=rng.integers(500, 50_000, n))
    away = (table.intended > 9e9) & (table.intended < 19e9)
    table = replace(
        table,
        client=Text(rng.integers(0, 2, n, np.int32), ("client-eu", "client-na")),
        instance=Text(np.where(away, 3, 0).astype(np.int32) + rng.integers(0, 3, n, np.int32), _INSTANCES),
        outcome=np.where(rng.random(n) < 0.001, OUTCOMES.index(Outcome.RESET), 0).astype(np.int8),
        connect=rng.integers(-1, 2, n, np.int32),
    )
    return history(table)


_INSTANCES = tuple(f"web-{where}-{i}" for where in ("eu", "na") for i in (1, 2, 3))

CHECKS: dict[str, Callable[[], Check]] = {
    "availability": lambda: availability(shoppers, at_least=0.99, outside=failover, clients=region("eu")),
    "latency": lambda: latency(shoppers, quantile=0.999, at_most="1s", outside=failover),
    "outcome_share": lambda: outcome_share(shoppers, Outcome.RESET, at_most=0.01),
    "recovers": lambda: recovers(shoppers, within=failover, clients=region("eu")),
    "comes_home": lambda: comes_home(shoppers, to=region("eu"), within=return_home, clients=region("eu")),
    "no_traffic": lambda: no_traffic(shoppers, to=region("eu"), during=drained),
    "share_by": lambda: share_by(shoppers, by="instance", of="web-eu-1", at_most=0.9),
}


@pytest.mark.alone
@pytest.mark.parametrize("kind", CHECKS)
def test_two_million_rows_are_judged_in_a_moment(kind: str) -> None:
    """Every check over requests works on whole columns: millions of rows take well under seconds of processor time."""
    record, check = large(), CHECKS[kind]()
    before = time.process_time()
    verdict = check.judge(record)
    took = time.process_time() - before
    assert verdict.outcome is not UNKNOWN, verdict.reason
    assert took < GENEROUS
