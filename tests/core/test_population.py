"""Populations as data: what they may be, and what each client host gets of one."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.population import Population, addresses_of, uniform, zipf


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ("10.0.0.0/8", "lie inside 198.19.0.0/16"),
        ("198.18.0.0/20", "lie inside 198.19.0.0/16"),
        ("198.19.16.0/31", "lie inside 198.19.0.0/16"),
        ("198.19.16.1/20", "is no IPv4 prefix"),
        ("everywhere", "is no IPv4 prefix"),
    ],
)
def test_sources_that_no_population_may_have_are_refused(sources: str, said: str) -> None:
    """They lie in the range that no lab uses, or on loopback; the error says where it was written."""
    with pytest.raises(DefinitionError, match=said) as refused:
        Population(10, sources)
    assert "test_population.py" in str(refused.value)


def test_nobody_is_no_population() -> None:
    """Neither without users, nor with users who may not connect, nor with an exponent that favours nobody."""
    for make in (lambda: Population(0), lambda: Population(1, connections=0), lambda: zipf(0)):
        with pytest.raises(DefinitionError):
            make()


@given(st.integers(1, 40), st.integers(40, 10_000))
def test_client_hosts_divide_users_and_addresses(hosts: int, users: int) -> None:
    """Every user is on one host, parts differ by one user at most, and no address is in two parts."""
    whole = Population(users, "198.19.16.0/20", zipf(), cookies=True)
    parts = [whole.share(index, hosts) for index in range(hosts)]
    assert sum(part.users for part in parts) == users
    assert max(part.users for part in parts) - min(part.users for part in parts) <= 1
    networks = [IPv4Network(str(part.sources)) for part in parts]
    assert all(network.subnet_of(IPv4Network("198.19.16.0/20")) for network in networks)
    assert all(not a.overlaps(b) for i, a in enumerate(networks) for b in networks[:i])
    assert {(part.spread, part.cookies) for part in parts} == {(zipf(), True)}


def test_too_little_for_so_many_hosts_is_an_error() -> None:
    """Fewer users than hosts, or a prefix that cannot be divided so often."""
    with pytest.raises(UsageError, match="3 users cannot be on 4 client hosts"):
        Population(3).share(0, 4)
    with pytest.raises(UsageError, match="cannot be divided among 2 client hosts"):
        Population(3, "198.19.0.0/30").share(0, 2)


def test_a_title_says_who_they_are() -> None:
    """Users, where they come from and how they are spread, or the proxy before them."""
    assert Population(40_000, "198.19.16.0/20", zipf()).title == "40,000 users from 198.19.16.0/20 (Zipf 1.1)"
    assert Population(9, "198.19.16.0/20", uniform()).title.endswith("(uniform)")
    assert Population(9, proxy=True, cookies=True).title == "9 users behind one proxy a client host, with cookies"


def test_only_addresses_beyond_loopback_need_routes() -> None:
    """All of 127.0.0.0/8 is everybody's own, and without sources there is nothing to route."""
    needs = [Population(1, prefix).needs_routes for prefix in (None, "127.16.0.0/12", "198.19.0.0/24")]
    assert needs == [False, False, True]


def test_the_ends_of_a_prefix_are_left_out() -> None:
    """On loopback they are broadcast addresses."""
    assert (str(addresses_of("127.0.0.0/8")[0]), addresses_of("198.19.0.0/30")[1]) == ("127.0.0.1", 2)
