"""Which links of which hosts packet faults are about, as data."""

from __future__ import annotations

import random

import pytest

from chaoskit.actions.loss import loss
from chaoskit.actions.outbound import share_of
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector, name
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.core.units import NS
from chaoskit.steps.impair import Impair


def on(host: str, *networks: str) -> HostInfo:
    """A host with a link on each network, by the number of both."""
    numbers = {"front": 1, "back": 2, "far": 3}
    last = int(host[-1])
    links = (
        Link(host, net, f"eth{i}", f"198.18.{numbers[net]}.{last}", 24, f"02:42:c6:12:0{numbers[net]}:0{last}")
        for i, net in enumerate(networks)
    )
    return HostInfo(host, host[:-1], {}, tuple(links))


HOSTS = (on("web1", "front", "back"), on("web2", "front", "back"), on("db3", "back"), on("api4", "far"))
LAB = Topology(
    "lab", HOSTS, tuple(Network(net, f"198.18.{i}.0/24") for i, net in enumerate(("front", "back", "far"), 1))
)


def planned(hosts: Selector, *, towards: Selector | None = None, by: Selector | None = None) -> list[Impair]:
    """The steps of a loss."""
    action = loss(hosts, 0.1, towards=towards, on=by)
    steps = action.steps(Planning(LAB, random.Random(1), 10 * NS))
    return [step for step in steps if isinstance(step, Impair)]


@pytest.mark.parametrize(
    ("hosts", "towards", "by", "expected"),
    [
        ("web1", None, None, {"web1/front": (), "web1/back": ()}),
        ("web1", None, "back", {"web1/back": ()}),
        # A peer on a network of its own is reached there, by no other link.
        ("web1", "db3", None, {"web1/back": ("198.18.2.3",)}),
        ("web1", "web2", None, {"web1/front": ("198.18.1.2",), "web1/back": ("198.18.2.2",)}),
        # One behind routers by whichever link the routes say.
        ("web1", "api4", None, {"web1/front": ("198.18.3.4",), "web1/back": ("198.18.3.4",)}),
        # Nobody is its own peer.
        ("web*", "web*", "front", {"web1/front": ("198.18.1.2",), "web2/front": ("198.18.1.1",)}),
        ("db3", "web1", None, {"db3/back": ("198.18.1.1", "198.18.2.1")}),
    ],
)
def test_links_and_peers(hosts: str, towards: str | None, by: str | None, expected: dict[str, tuple[str, ...]]) -> None:
    """A step a link, with the addresses that packets by it may go to."""
    steps = planned(name(hosts), towards=name(towards) if towards else None, by=name(by) if by else None)
    assert {step.target: step.peers for step in steps} == expected
    assert len({step.id for step in steps}) == len(steps)


def test_what_comes_to_no_link_is_a_usage_error() -> None:
    """It says towards whom, and on which networks."""
    with pytest.raises(UsageError, match=r"name\('db3'\) sends nothing on name\('front'\)"):
        planned(name("db3"), by=name("front"))
    with pytest.raises(UsageError, match="sends nothing towards"):
        planned(name("web1"), towards=name("db3"), by=name("front"))


@pytest.mark.parametrize(("share", "millionths"), [(0.1, 100_000), ("10%", 100_000), (1, 1_000_000), (1e-6, 1)])
def test_a_share_is_so_many_of_a_million(share: str | float, millionths: int) -> None:
    """As fine as nftables and netem draw."""
    assert share_of(share) == millionths
