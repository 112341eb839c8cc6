"""Grudges as data: who hears whom, whatever the lab."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.actions.grudges import Grudge, Unheard, apart, bridge, halves, isolate, majorities_ring, one_way, ring
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector, name, role
from chaoskit.testing import host, topology_of

TOPOLOGY = topology_of(
    [
        *(host(f"n{i}", f"198.18.1.{i}", role="peer") for i in range(1, 6)),
        host("client", "198.18.1.9", role="client"),
    ]
)
PEERS = ("n1", "n2", "n3", "n4", "n5")

unique_names = st.lists(st.text("abcdefgh", min_size=1, max_size=3), unique=True, max_size=20)
subsets = st.lists(st.sampled_from(TOPOLOGY.hosts), min_size=1, unique_by=lambda info: info.name).map(
    lambda chosen: name(*(info.name for info in chosen))
)


def plan(seed: int = 1) -> Planning:
    """A planning of the lab above."""
    return Planning(TOPOLOGY, random.Random(seed), 10**9, seed=seed)


def listed(unheard: Unheard) -> dict[str, str]:
    """A grudge in short, to compare with."""
    return {host: " ".join(sorted(others)) for host, others in unheard.items()}


def hears(unheard: Unheard, who: str, everybody: Iterable[str]) -> frozenset[str]:
    """Whom a host hears, itself counted."""
    return frozenset(everybody) - unheard.get(who, frozenset())


@pytest.mark.parametrize(
    ("grudge", "expected"),
    [
        (
            isolate(name("n1"), among=role("peer")),
            {"n1": "n2 n3 n4 n5", "n2": "n1", "n3": "n1", "n4": "n1", "n5": "n1"},
        ),
        (
            isolate(name("n1", "n2"), among=name("n3", "n1")),
            {"n1": "n3", "n2": "n3", "n3": "n1 n2"},
        ),
        (
            isolate(name("client")),
            {"client": "n1 n2 n3 n4 n5", **{f"n{i}": "client" for i in range(1, 6)}},
        ),
        (halves(name("n1"), name("n2", "n3")), {"n1": "n2 n3", "n2": "n1", "n3": "n1"}),
        (
            halves(role("peer")),
            {"n1": "n3 n4 n5", "n2": "n3 n4 n5", "n3": "n1 n2", "n4": "n1 n2", "n5": "n1 n2"},
        ),
        (one_way(name("n1"), to=name("n2", "n3")), {"n2": "n1", "n3": "n1"}),
        (one_way(name("n1", "n2"), to=name("n2")), {"n2": "n1"}),
        (
            bridge(name("n1", "n2"), name("n3"), name("n4", "n5")),
            {"n1": "n4 n5", "n2": "n4 n5", "n4": "n1 n2", "n5": "n1 n2"},
        ),
        (
            majorities_ring(role("peer")),
            {"n1": "n3 n4", "n2": "n4 n5", "n3": "n1 n5", "n4": "n1 n2", "n5": "n2 n3"},
        ),
    ],
    ids=str,
)
def test_a_grudge_says_who_does_not_hear_whom(grudge: Grudge, expected: dict[str, str]) -> None:
    """Each helper by example."""
    assert listed(grudge.resolve(plan())) == expected


def test_a_shuffled_split_follows_the_seed_and_keeps_the_sizes() -> None:
    """The same seed cuts at the same place, some other one elsewhere; two hear two, three hear three."""
    grudge = halves(role("peer"), shuffled=True)
    by_seed = [listed(grudge.resolve(plan(seed))) for seed in range(10)]
    assert by_seed[3] == listed(grudge.resolve(plan(3)))
    assert len({str(cut) for cut in by_seed}) > 1
    for seed in range(10):
        cut = grudge.resolve(plan(seed))
        assert sorted(len(hears(cut, peer, PEERS)) for peer in PEERS) == [2, 2, 3, 3, 3]


@pytest.mark.parametrize(
    "grudge",
    [
        halves(name("n1", "n2"), name("n2", "n3")),
        bridge(name("n1"), name("n1"), name("n3")),
        bridge(name("n1"), name("n2"), name("n2", "n3")),
    ],
    ids=str,
)
def test_a_host_on_both_sides_is_an_error(grudge: Grudge) -> None:
    """The message names the host."""
    with pytest.raises(UsageError, match=r"n[12] cannot be on both sides"):
        grudge.resolve(plan())


def test_a_selector_that_matches_nothing_is_an_error() -> None:
    """As everywhere."""
    with pytest.raises(UsageError, match="matches no host"):
        isolate(role("nobody")).resolve(plan())


@given(subsets, subsets)
def test_nobody_is_deaf_to_itself(one: Selector, other: Selector) -> None:
    """Whatever the selectors: self is never in the list, and nobody has an empty one."""
    grudges = [isolate(one), isolate(one, among=other), halves(one), one_way(one, to=other)]
    for grudge in grudges:
        for who, others in grudge.resolve(plan()).items():
            assert who not in others
            assert others


@given(st.permutations(PEERS), st.integers(1, 3), st.integers(1, 2))
def test_a_bridge_hears_everybody_and_everybody_hears_it(names: list[str], first: int, width: int) -> None:
    """It has no entry, and is in nobody's; both sides hear themselves, the bridge, and hosts that take no part."""
    groups = names[:first], names[first : first + width], names[first + width :] or ["client"]
    one, via, other = (name(*group) for group in groups)
    cut = bridge(one, via, other).resolve(plan())
    assert set(cut) == {*groups[0], *groups[2]}
    assert all(not set(groups[1]) & others for others in cut.values())
    assert all(hears(cut, who, names) == {*groups[0], *groups[1]} - {"client"} for who in groups[0])


@given(st.lists(unique_names, max_size=4))
def test_groups_apart_do_not_hear_each_other_and_hear_themselves(groups: list[list[str]]) -> None:
    """It is mutual; overlapping groups are refused."""
    everybody = [member for group in groups for member in group]
    if len(set(everybody)) < len(everybody):
        with pytest.raises(UsageError, match="both sides"):
            apart(groups)
        return
    cut = apart(groups)
    for group in groups:
        for member in group:
            assert hears(cut, member, everybody) == set(group)


@given(unique_names)
def test_in_a_ring_everybody_hears_another_majority_and_hearing_is_mutual(names: list[str]) -> None:
    """From four hosts on; with fewer, a majority is everybody, and the ring is refused."""
    if len(names) < 4:
        with pytest.raises(UsageError, match="takes 4 hosts or more"):
            ring(names)
        return
    cut = ring(names)
    heard = {who: hears(cut, who, names) for who in names}
    assert all(who in group and len(group) > len(names) / 2 for who, group in heard.items())
    assert len(set(heard.values())) == len(names)
    assert all((a in heard[b]) == (b in heard[a]) for a in names for b in names)
    assert all(len(group) <= len(names) // 2 + 2 for group in heard.values())
