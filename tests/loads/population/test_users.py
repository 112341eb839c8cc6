"""Who asks and from where: the draw of users, and their distribution over addresses."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.population import Population, Uniform, Zipf, zipf
from chaoskit.loads.population.users import Users, places


@given(st.integers(1, 500), st.integers(2, 300))
def test_uniform_has_as_many_users_behind_each_address(users: int, size: int) -> None:
    """But for one, and no address is empty while another has two."""
    counts = np.bincount(places(Uniform(), users, size, 1), minlength=size)
    assert counts.sum() == users
    assert counts.max() - counts.min() <= 1


def test_zipf_has_a_few_big_addresses() -> None:
    """Of 200,000 users, rank k has a share of k ** -s over the sum of all, within five standard errors."""
    users, size, s = 200_000, 1000, 1.1
    counts = np.bincount(places(Zipf(s), users, size, 7), minlength=size)
    shares = np.arange(1, size + 1) ** -s
    shares /= shares.sum()
    for rank in (1, 2, 10, 100, 1000):
        expected = users * shares[rank - 1]
        assert abs(counts[rank - 1] - expected) < 5 * np.sqrt(expected)
    assert counts[:10].sum() > 0.4 * users


def test_the_seed_decides_whose_an_arrival_is_and_where_everybody_is() -> None:
    """The same seed repeats a run whenever it begins; another one makes another run."""

    def drawn(seed: str, origin: int) -> tuple[list[int], list[str]]:
        users = Users(Population(5000, "198.19.0.0/24", zipf()), seed, origin)
        return [users.of(origin + 10_000 * i) for i in range(300)], [users.address(user) for user in range(300)]

    assert drawn("1/shop/a", 0) == drawn("1/shop/a", 123_456_789_000)
    assert drawn("1/shop/a", 0)[0] != drawn("2/shop/a", 0)[0]
    assert drawn("1/shop/a", 0)[1] != drawn("2/shop/a", 0)[1]


def test_every_user_is_as_likely_as_another() -> None:
    """Even where arrivals are evenly spaced: chi-squared of 100,000 draws of 100 users, at one in a million."""
    users = Users(Population(100), "seed")
    counts = Counter(users.of(50_000 * i) for i in range(100_000))
    assert set(counts) == set(range(100))
    chi_squared = sum((count - 1000) ** 2 / 1000 for count in counts.values())
    assert 40 < chi_squared < 180


def test_addresses_lie_inside_the_prefix_and_a_proxy_has_one() -> None:
    """The first of the prefix is a proxy's; without sources there is none to choose."""
    own = Users(Population(500, "198.19.3.0/24"), "seed")
    assert {own.address(user) for user in range(500)} == {f"198.19.3.{number}" for number in range(1, 255)}
    behind = Users(Population(500, "198.19.3.0/24", proxy=True), "seed")
    assert {behind.address(user) for user in range(500)} == {"198.19.3.1"}
    assert Users(Population(5), "seed").address(3) == ""
