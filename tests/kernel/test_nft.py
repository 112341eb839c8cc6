"""Tables of our own: rendered as text, loaded and read back by a real kernel."""

import json

import pytest

from chaoskit.core.errors import LabError
from chaoskit.kernel import nft
from tests.wire import until, wired

CHAIN = "chain c { type filter hook prerouting priority raw; policy accept; ip saddr @s counter drop; }"


def test_a_ruleset_replaces_the_table_in_one_transaction() -> None:
    """The text first makes sure that the table exists, then deletes and refills it: nft takes it as one."""
    text = nft.render("chaoskit_1a", {"s": ["198.18.1.2", "198.18.1.3"]}, [CHAIN], 12_500)
    assert text.splitlines()[:3] == [
        "add table inet chaoskit_1a",
        "delete table inet chaoskit_1a",
        "table inet chaoskit_1a {",
    ]
    assert "timeout 12500ms; elements = { 198.18.1.2, 198.18.1.3 };" in text


def test_a_set_without_members_is_rendered_empty() -> None:
    """There is no empty list of elements in nft's syntax."""
    assert "elements" not in nft.render("chaoskit_1a", {"s": []}, [], 1)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], nft.Contents({}, 0, 0)),
        ([{"set": {"name": "s"}}], nft.Contents({"s": frozenset()}, 0, 0)),
        ([{"set": {"name": "s", "elem": ["198.18.1.2"]}}], nft.Contents({"s": frozenset({"198.18.1.2"})}, 0, 0)),
        (
            [{"set": {"name": "s", "elem": [{"elem": {"val": "198.18.1.2", "expires": 1}}]}}],
            nft.Contents({"s": frozenset({"198.18.1.2"})}, 0, 0),
        ),
        (
            [
                {"rule": {"expr": [{"counter": {"packets": 3, "bytes": 9}}, {"drop": None}]}},
                {"rule": {"expr": [{"counter": {"packets": 4, "bytes": 9}}]}},
            ],
            nft.Contents({}, 2, 7),
        ),
    ],
)
def test_a_listing_is_read_as_its_elements_rules_and_packets(items: list[object], expected: nft.Contents) -> None:
    """Elements with and without a timeout count alike, and the counters of all rules are summed."""
    assert nft.parse(json.dumps({"nftables": [{"metainfo": {}}, *items]})) == expected


@pytest.mark.lab
def test_a_table_is_there_after_loading_and_gone_after_deleting() -> None:
    """Loading twice replaces; deleting twice is no error; reading what is not there gives None."""
    with wired("a") as wire:
        netns = wire.networks["a"]
        assert nft.read(netns, "chaoskit_1a") is None
        for _ in range(2):
            nft.load(netns, nft.render("chaoskit_1a", {"s": ["198.18.1.2"]}, [CHAIN], 60_000))
            assert nft.read(netns, "chaoskit_1a") == nft.Contents({"s": frozenset({"198.18.1.2"})}, 1, 0)
        assert nft.tables(netns) == ("chaoskit_1a",)
        for _ in range(2):
            nft.delete(netns, "chaoskit_1a")
            assert nft.read(netns, "chaoskit_1a") is None


@pytest.mark.lab
def test_the_kernel_empties_the_sets_when_the_timeout_is_over() -> None:
    """Nobody has to delete anything for the effect to end: the table stays, without its elements."""
    with wired("a") as wire:
        netns = wire.networks["a"]
        nft.load(netns, nft.render("chaoskit_1a", {"s": ["198.18.1.2"]}, [CHAIN], 300))
        assert until(lambda: nft.read(netns, "chaoskit_1a") == nft.Contents({"s": frozenset()}, 1, 0))


@pytest.mark.lab
def test_a_table_of_somebody_else_is_neither_deleted_nor_listed() -> None:
    """Only names that start with chaoskit_ are ours."""
    with wired("a") as wire:
        netns = wire.networks["a"]
        wire.nft("a", "add table inet filter")
        with pytest.raises(LabError, match="no table of chaoskit"):
            nft.delete(netns, "filter")
        assert nft.tables(netns) == ()
        assert nft.read(netns, "filter") is not None


@pytest.mark.lab
def test_a_ruleset_that_nft_refuses_is_an_error_that_says_why_and_changes_nothing() -> None:
    """A syntax error on the last line leaves no part of the table behind."""
    with wired("a") as wire:
        with pytest.raises(LabError, match="syntax error"):
            nft.load(wire.networks["a"], nft.render("chaoskit_1a", {}, ["chain c { ip saddr 1.2.3 drop; }"], 1))
        assert nft.tables(wire.networks["a"]) == ()


@pytest.mark.lab
def test_tables_of_other_families_are_read_with_named_counters_and_whole_subnets() -> None:
    """A check changes nothing; what is loaded is listed by its family, and deleted by it alone."""
    table = """table netdev chaoskit_1a {
counter met { }
set s { type ipv4_addr; flags interval,timeout; timeout 60s; elements = { 0.0.0.0/0 }; }
chain c {
type filter hook egress device "eth0" priority 0;
ip daddr @s counter name met
}
}
"""
    with wired("a", "b") as wire:
        netns = wire.networks["a"]
        nft.check(netns, table)
        assert nft.tables(netns) == ()
        with pytest.raises(LabError, match="nft refuses"):
            nft.check(netns, table.replace("egress", "forward"))
        nft.load(netns, table)
        wire.say("a", "b", "counted")
        held = nft.read(netns, "chaoskit_1a", family="netdev")
        assert held == nft.Contents({"s": frozenset({"0.0.0.0/0"})}, 1, 0, {"met": 1})
        assert nft.tables(netns, family="netdev") == nft.tables(netns) == ("chaoskit_1a",)
        assert nft.tables(netns, family="inet") == ()
        nft.delete(netns, "chaoskit_1a")
        assert nft.tables(netns) == ("chaoskit_1a",)
        nft.delete(netns, "chaoskit_1a", family="netdev")
        assert nft.tables(netns) == ()
