"""Retry policies as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.retry import MOST, Jitter, Retry

MS = 1_000_000


def test_a_number_is_so_many_attempts_at_once() -> None:
    """What loads always could say means what it meant; a policy stays itself."""
    assert Retry.of(2) == Retry.immediate(2)
    assert Retry.of(0) == Retry.none()
    policy = Retry.backoff(3)
    assert Retry.of(policy) is policy
    assert [Retry.immediate(3).longest(failures) for failures in (1, 2, 3)] == [0, 0, 0]


@given(st.integers(1, 10_000), st.floats(1, 10), st.integers(1, 10**6), st.integers(0, 10**6))
def test_waits_grow_up_to_their_cap(failures: int, factor: float, first: int, more: int) -> None:
    """No wait is shorter than the one before or longer than the cap, and the first one is as written."""
    policy = Retry.backoff(1, first=first / 1e9, factor=factor, cap=(first + more) / 1e9)
    assert policy.longest(1) == first
    assert policy.longest(failures) <= policy.longest(failures + 1) <= policy.cap


def test_the_usual_backoff() -> None:
    """From 100 ms, doubled up to 10 s, with full jitter."""
    policy = Retry.backoff(9)
    assert [policy.longest(failures) // MS for failures in range(1, 10)] == [
        *(100, 200, 400, 800, 1600, 3200, 6400),
        *(10_000, 10_000),
    ]
    assert policy.jitter is Jitter.FULL


@pytest.mark.parametrize(
    ("policy", "title"),
    [
        (Retry.none(), "no retries"),
        (Retry.immediate(1), "1 retry, at once"),
        (Retry.backoff(4, first="50ms"), "4 retries, backoff 50 ms to 10 s, full jitter"),
        (Retry.backoff(2, jitter="none", budget=0.2), "2 retries, backoff 100 ms to 10 s, no jitter, budget 20.0 %"),
    ],
)
def test_a_plan_shows_the_policy(policy: Retry, title: str) -> None:
    """In words, with what is not as usual."""
    assert policy.title == title


def test_a_policy_that_makes_no_sense() -> None:
    """Is an error where it is written."""
    wrong = [
        lambda: Retry.immediate(-1),
        lambda: Retry.immediate(MOST + 1),
        lambda: Retry.backoff(1, factor=0.5),
        lambda: Retry.backoff(1, first="1s", cap="500ms"),
        lambda: Retry.backoff(1, jitter="some"),
        lambda: Retry.immediate(1, budget=-0.1),
        lambda: Retry.immediate(1, budget=float("nan")),
    ]
    for make in wrong:
        with pytest.raises(UsageError):
            make()
