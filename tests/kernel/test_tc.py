"""Queueing disciplines by netlink: what is set here, tc(8) lists, and what tc(8) sets, is read here."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.netlink import Netlink, Request
from chaoskit.kernel.tc import (
    class_options,
    delete_qdisc,
    filtered_addresses,
    new_class,
    new_qdisc,
    qdiscs,
    root_of,
    to_address,
)
from chaoskit.kernel.tc_options import Shape, bfifo, htb, htb_class_rate, tbf_rate_and_limit
from tests.wire import Wire, wired

pytestmark = pytest.mark.lab

T = TypeVar("T")
Ask = Callable[[Netlink, int], T]

SLOW = Shape(rate=1_250_000, burst=32_768, limit=125_000)
FAST = Shape(rate=5_000_000_000, burst=1 << 20, limit=1 << 20)
"""More bytes a second than 32 bits hold."""
HANDLE = 0xC406 << 16


@pytest.fixture
def wire() -> Iterator[Wire]:
    """One host with a link."""
    with wired("a") as hosts:
        yield hosts


def ask(wire: Wire, question: Ask[T]) -> T:
    """What the kernel answers about the host's link."""

    def inside() -> T:
        with Netlink() as netlink:
            return question(netlink, netlink.index("eth0"))

    return in_network(wire.networks["a"], inside)


def do(wire: Wire, *requests: Callable[[int], Request]) -> None:
    """Carry out requests, each made for the index of the host's link."""
    ask(wire, lambda netlink, index: netlink.do([each(index) for each in requests]))


def tc(wire: Wire, *arguments: str) -> str:
    """Run the command tc there, and give back what it says."""
    done = run_in_network(wire.networks["a"], ["tc", *arguments])
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("shape", "listed"),
    [(SLOW, "rate 10Mbit burst 32Kb"), (FAST, "rate 40Gbit burst 1045000b")],
    ids=["32 bits", "64 bits"],
)
def test_a_tbf_is_what_tc_lists(wire: Wire, shape: Shape, listed: str) -> None:
    """Rate, burst and limit come back from tc and from our own reading."""
    do(wire, lambda index: new_qdisc(index, "tbf", shape.tbf(), handle=HANDLE))
    said = tc(wire, "qdisc", "show", "dev", "eth0")
    assert said.startswith("qdisc tbf c406: root")
    assert listed in said
    root = ask(wire, lambda netlink, index: root_of(qdiscs(netlink, index)))
    assert root is not None
    assert (root.name, root.is_default) == ("tbf c406:", False)
    assert tbf_rate_and_limit(root.options) == (shape.rate, shape.limit)


def test_an_htb_for_two_addresses_is_what_tc_lists(wire: Wire) -> None:
    """Root, class, queue and filters; what no filter names goes to class 0, which is none."""
    do(
        wire,
        lambda index: new_qdisc(index, "htb", htb(), handle=HANDLE),
        lambda index: new_class(index, "htb", SLOW.htb_class(), classid=HANDLE + 2, parent=HANDLE),
        lambda index: new_qdisc(index, "bfifo", bfifo(99_999), handle=0xC506 << 16, parent=HANDLE + 2),
        *(
            lambda index, to=to: to_address(index, to, parent=HANDLE, classid=HANDLE + 2)
            for to in ("198.18.1.7", "198.18.9.8")
        ),
    )
    listed = tc(wire, "qdisc", "show", "dev", "eth0")
    assert "qdisc htb c406: root" in listed
    assert "default 0" in listed
    assert "qdisc bfifo c506: parent c406:2 limit 99999b" in listed
    assert "class htb c406:2 root leaf c506: prio 0 rate 10Mbit ceil 10Mbit burst 32Kb" in tc(
        wire, "class", "show", "dev", "eth0"
    )
    filters = tc(wire, "filter", "show", "dev", "eth0")
    assert filters.count("flowid c406:2") == 2
    assert "match c6120107/ffffffff at 16" in filters
    found = ask(wire, lambda netlink, index: filtered_addresses(netlink, index, HANDLE))
    assert found == {"198.18.1.7", "198.18.9.8"}
    options = ask(wire, lambda netlink, index: class_options(netlink, index, HANDLE + 2))
    assert options is not None
    assert htb_class_rate(options) == SLOW.rate
    assert ask(wire, lambda netlink, index: class_options(netlink, index, HANDLE + 3)) is None


def test_the_default_comes_back_and_nothing_is_replaced(wire: Wire) -> None:
    """A discipline in the way is an error; deleting by another handle is one as well; the right one is deleted."""
    before = tc(wire, "qdisc", "show")
    tc(wire, "qdisc", "add", "dev", "eth0", "root", "handle", "7:", "htb")
    with pytest.raises(OSError, match="File exists") as refused:
        do(wire, lambda index: new_qdisc(index, "tbf", SLOW.tbf(), handle=HANDLE))
    assert refused.value.errno == errno.EEXIST
    with pytest.raises(OSError, match="rtnetlink"):
        do(wire, lambda index: delete_qdisc(index, handle=HANDLE))
    assert "htb 7:" in tc(wire, "qdisc", "show", "dev", "eth0")
    do(wire, lambda index: delete_qdisc(index, handle=7 << 16))
    assert tc(wire, "qdisc", "show") == before
    root = ask(wire, lambda netlink, index: root_of(qdiscs(netlink, index)))
    assert root is None or root.is_default
