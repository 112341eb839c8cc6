"""What a client remembers of a name."""

from __future__ import annotations

import pytest

from chaoskit.core.naming import Dns, resolver
from chaoskit.loads.namings.cache import Cache

S = 1_000_000_000
ADDRESSES = ("198.18.0.1", "198.18.0.2")


def filled(wanted: Dns, ttl: int = 10) -> Cache:
    """A cache that took an answer in at 100 s."""
    made = Cache(wanted)
    made.keep(ADDRESSES, ttl * S, 100 * S)
    return made


@pytest.mark.parametrize(
    ("wanted", "until"),
    [
        (resolver(), 110),
        (resolver(min_ttl="20s"), 120),
        (resolver(max_ttl="4s"), 104),
        (resolver(stale="1h"), 110),
    ],
)
def test_an_answer_is_kept_so_long(wanted: Dns, until: int) -> None:
    """Up to its end, and not at it."""
    cache = filled(wanted)
    assert cache.kept(until * S - 1) == ADDRESSES
    assert cache.kept(until * S) == ()


def test_the_ends_of_keeping() -> None:
    """Without a cache nothing is kept, for ever is for ever, and what is forgotten is gone."""
    assert filled(resolver("none")).kept(100 * S) == ()
    forever = filled(resolver("forever"))
    assert forever.kept(10**9 * S) == ADDRESSES
    forever.forget()
    assert forever.kept(101 * S) == ()


def test_a_stale_answer_serves_for_a_while_and_is_then_asked_for_again() -> None:
    """Each time until the next check, and never beyond its own end; a new answer takes its place."""
    cache = filled(resolver(stale="60s", recheck="30s"))
    assert cache.stale(115 * S) == ADDRESSES
    assert cache.kept(144 * S) == ADDRESSES
    assert cache.kept(145 * S) == ()
    assert cache.stale(150 * S) == ADDRESSES
    assert cache.kept(169 * S) == ADDRESSES
    assert cache.kept(170 * S) == ()
    assert cache.stale(170 * S) == ()
    cache.keep(ADDRESSES[1:], 10 * S, 171 * S)
    assert cache.kept(172 * S) == ADDRESSES[1:]


def test_without_stale_answers_an_end_is_an_end() -> None:
    """Not one nanosecond longer."""
    assert filled(resolver()).stale(110 * S) == ()
