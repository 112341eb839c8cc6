import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector, everything, hosts, label, links, name, networks, region, role
from chaoskit.testing import host, topology_of, two_regions

LAB = two_regions(instances=3)


def names_of(selector: Selector, seed: int = 1) -> list[str]:
    """The hosts a selector means, by name."""
    return [host.name for host in hosts(selector, LAB, seed)]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (name("lb-eu"), ["lb-eu"]),
        (name("lb-*"), ["lb-eu", "lb-na"]),
        (name("lb-eu", "client-na"), ["lb-eu", "client-na"]),
        (name("web-eu"), ["web-eu-1", "web-eu-2", "web-eu-3"]),
        (name("web-?a-[12]"), ["web-na-1", "web-na-2"]),
        (role("resolver"), ["resolver-eu", "resolver-na"]),
        (role("service") & region("na"), ["web-na-1", "web-na-2", "web-na-3"]),
        (name("lb-eu") | role("client"), ["client-eu", "lb-eu", "client-na"]),
        (role("service") & region("eu") - name("web-eu-2"), ["web-eu-1", "web-eu-3"]),
        (label("chaoskit.role", "client"), ["client-eu", "client-na"]),
        (everything() - region("na") - role("service"), ["client-eu", "resolver-eu", "lb-eu"]),
        ((role("service") - name("web-eu-1")).first(), ["web-eu-2"]),
        (role("client").beside(name("lb-na")), ["client-na"]),
        (role("resolver").beside(role("service").first()), ["resolver-eu"]),
    ],
)
def test_selectors_combine(selector: Selector, expected: list[str]) -> None:
    """By name, glob, service, role, region and label, with and, or and without, in the lab's order."""
    assert names_of(selector) == expected


def test_a_selector_reads_as_it_was_written() -> None:
    """Plans and errors show the selector's own text."""
    selector = (role("service") & region("eu")).pick(1) | name("lb-*", "x") - label("a", "b")
    assert str(selector) == "((role('service') & region('eu')).pick(1) | (name('lb-*', 'x') - label('a', 'b')))"
    assert str(role("web").share(0.25)) == "(role('web')).share(0.25)"
    assert str(role("app").beside(name("x").first())) == "(role('app')).beside((name('x')).first())"


def test_hosts_without_a_region_are_beside_nobody() -> None:
    """Two hosts that both lack the label do not share a region."""
    lab = topology_of([host("a", "198.18.1.1", role="app"), host("b", "198.18.1.2", role="other")])
    with pytest.raises(UsageError, match="matches no host"):
        hosts(role("app").beside(role("other")), lab, 1)


def test_networks_and_links_are_selected_as_hosts_are() -> None:
    """Links answer to HOST/NETWORK and to the labels of their hosts."""
    assert [net.name for net in networks(name("e*"), LAB, 1)] == ["eu"]
    assert [link.name for link in links(name("lb-eu/*"), LAB, 1)] == ["lb-eu/eu"]
    assert [link.host for link in links(role("balancer"), LAB, 1)] == ["lb-eu", "lb-na"]


@pytest.mark.parametrize(
    ("selector", "remedy"),
    [
        (name("lb-ue"), "Did you mean 'lb-eu'?"),
        (role("servce"), "Did you mean 'service'?"),
        (region("mars"), "region 'eu', region 'na'"),
        (role("client") & role("service"), "client-eu"),
    ],
)
def test_an_empty_match_is_an_error_that_lists_what_there_is(selector: Selector, remedy: str) -> None:
    """The message names the selector and the lab, the remedy near or known names."""
    with pytest.raises(UsageError, match="matches no host of lab two-regions") as caught:
        names_of(selector)
    assert remedy in caught.value.remedy
    assert str(selector) in str(caught.value)


def test_picking_more_than_there_are_is_an_error() -> None:
    """So is picking none, or a share outside 0..1."""
    with pytest.raises(UsageError, match="wants 3, but only 2 match"):
        names_of(role("client").pick(3))
    with pytest.raises(UsageError, match="at least one"):
        role("client").pick(0)
    for share in (0, -0.5, 1.5):
        with pytest.raises(UsageError, match="above 0 and at most 1"):
            role("client").share(share)


@given(st.integers(1, 6), st.integers(0, 1000))
def test_a_pick_is_that_many_of_them_and_the_same_for_a_seed(n: int, seed: int) -> None:
    """Picks come from the matching ones, in the lab's order, and repeat for the same seed."""
    chosen = names_of(role("service").pick(n), seed)
    assert len(chosen) == n
    assert chosen == [each for each in names_of(role("service")) if each in chosen]
    assert chosen == names_of(role("service").pick(n), seed)


@given(st.floats(0.001, 1.0), st.integers(0, 1000))
def test_a_share_is_rounded_up(share: float, seed: int) -> None:
    """At least one is chosen, and never less than the share."""
    chosen = names_of(role("service").share(share), seed)
    assert share * 6 <= len(chosen) < share * 6 + 1


def test_every_host_gets_its_turn() -> None:
    """Over many seeds a pick chooses each of the matching ones about equally often."""
    counts = [names_of(role("service").pick(1), seed)[0] for seed in range(600)]
    assert all(60 <= counts.count(each) <= 140 for each in names_of(role("service")))


_NAMES = st.sampled_from(["a", "b", "c", "d", "e"])


@given(st.sets(_NAMES), st.sets(_NAMES), st.sets(_NAMES, min_size=1))
def test_selectors_are_an_algebra_of_sets(left: set[str], right: set[str], lab: set[str]) -> None:
    """And, or and without do to hosts what they do to sets."""
    topology = topology_of(host(each, f"198.18.0.{ord(each)}") for each in sorted(lab))
    one, other = name(*left), name(*right)
    for selector, expected in (
        (one & other, left & right),
        (one | other, left | right),
        (one - other, left - right),
        (everything() - one, lab - left),
    ):
        found = {item.name for item in selector.narrow(topology.hosts, 1)}
        assert found == expected & lab


def test_the_same_words_mean_the_same_hosts_all_through_a_run() -> None:
    """What an action picked is what a check that says it with the same words is about; other words draw anew."""
    again = [names_of(role("service").pick(2), seed=5) for _ in range(3)]
    assert again[0] == again[1] == again[2]
    others = {tuple(names_of(role("service").pick(2), seed=seed)) for seed in range(20)}
    assert len(others) > 1
