"""Resolvers as values."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.naming import Dns, DnsCache, Fallback, Pick, resolver
from chaoskit.core.units import NS


def test_a_resolver_is_the_plainest_one_unless_told_otherwise() -> None:
    """With its time to live honoured, without stale answers, connecting to the first address only."""
    assert resolver() == Dns()
    assert resolver("none") == Dns(DnsCache.NONE)
    made = resolver(min_ttl="5s", max_ttl="30s", stale="1h", pick="random", fallback="race")
    assert (made.min_ttl, made.max_ttl, made.stale) == (5 * NS, 30 * NS, 3600 * NS)
    assert (made.pick, made.fallback) == (Pick.RANDOM, Fallback.RACE)


@pytest.mark.parametrize(("ttl", "kept"), [(0, 5), (1, 5), (7, 7), (30, 30), (31, 30), (86_400, 30)])
def test_the_time_to_live_is_held_within_bounds(ttl: int, kept: int) -> None:
    """Not below the one, not above the other, else as the answer says."""
    assert resolver(min_ttl="5s", max_ttl="30s").kept(ttl * NS) == kept * NS
    assert resolver().kept(ttl * NS) == ttl * NS


def test_a_plan_shows_what_a_resolver_does() -> None:
    """In words, with what is not as usual."""
    assert resolver().title == "DNS, cache ttl"
    assert resolver("forever", fallback="next").title == "DNS, cache forever, then the next"
    full = resolver(min_ttl="5s", max_ttl="30s", stale="1h", pick="random", fallback="race")
    words = "DNS, cache ttl, for 5 s at least, for 30 s at most, stale for 60 min, random address, addresses race"
    assert full.title == words


def test_a_resolver_that_makes_no_sense() -> None:
    """Is an error where it is written."""
    wrong = [
        {"cache": "sometimes"},
        {"pick": "last"},
        {"fallback": "maybe"},
        {"cache": "none", "stale": "1s"},
        {"cache": "forever", "max_ttl": "1s"},
        {"min_ttl": "2s", "max_ttl": "1s"},
        {"recheck": 0},
    ]
    for words in wrong:
        with pytest.raises(UsageError):
            resolver(**words)  # type: ignore[arg-type]
