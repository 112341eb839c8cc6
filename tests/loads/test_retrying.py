"""A retry policy at work, without a clock of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.retry import Retry
from chaoskit.loads.retrying import WINDOW, Budget, Waits

MS = 1_000_000


def test_full_jitter_spreads_waits_evenly_below_the_backoff() -> None:
    """A thousand first waits of up to 100 ms have the mean and the ends of a uniform distribution."""
    waits = Waits(Retry.backoff(3, first="100ms"), "seed")
    drawn = [waits.next(1) / MS for _ in range(1000)]
    assert 0 <= min(drawn) < 5
    assert 95 < max(drawn) <= 100
    assert sum(drawn) / len(drawn) == pytest.approx(50, abs=4)  # 4.4 standard errors of 0.91 ms


def test_the_same_seed_waits_the_same() -> None:
    """And another one differently; without jitter there is nothing to draw."""
    policy = Retry.backoff(9)
    first, again, other = ([Waits(policy, seed).next(n) for n in range(1, 9)] for seed in ("a", "a", "b"))
    assert first == again != other
    plain = Waits(Retry.backoff(3, jitter="none"), "a")
    assert [plain.next(n) for n in (1, 2, 3)] == [100 * MS, 200 * MS, 400 * MS]


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 50), st.integers(0, 50)), max_size=60),
    st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0, 2.5]),
)
def test_a_budget_is_never_overdrawn(steps: list[tuple[int, int, int]], share: float) -> None:
    """In any order of arrivals and failures no 10 s have more further attempts than 20 s of first ones pay for."""
    now, total = 0, 0
    arrived: list[tuple[int, int]] = []
    taken: list[int] = []
    budget = Budget(share, lambda: total)
    for wait, arrivals, failures in steps:
        now += wait * 20 * MS
        total += arrivals
        arrived.append((now, arrivals))
        budget.look(now)
        taken += [now for _ in range(failures) if budget.takes(now)]
    assert len(taken) <= share * total + 1e-6
    for end in taken:
        paid = share * sum(count for moment, count in arrived if end - 2 * WINDOW <= moment <= end)
        assert sum(end - WINDOW < moment <= end for moment in taken) <= paid + 1e-6


def test_what_a_budget_has_is_of_use_for_ten_seconds() -> None:
    """A hundred first attempts at a fifth pay for twenty others, but not ten seconds later."""
    totals = [100]
    budget = Budget(0.2, lambda: totals[0])
    assert [budget.takes(0) for _ in range(21)] == [True] * 20 + [False]
    totals[0] = 200
    budget.look(1)
    assert not budget.takes(1 + WINDOW)
    totals[0] = 205
    assert budget.takes(2 + WINDOW)
