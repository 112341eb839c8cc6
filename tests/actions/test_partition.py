"""`partition`: a grudge becomes rules at the receivers, and the rules cut real traffic."""

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import pytest

from chaoskit.actions.grudges import Grudge, bridge, isolate, one_way
from chaoskit.actions.partition import partition
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import everything, name, role
from chaoskit.core.step import Prior
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.core.units import NS
from chaoskit.kernel import nft
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.nft import MARGIN, Nft
from chaoskit.testing import check_action, host, topology_of
from tests.wire import Wire, until, wired

TOPOLOGY = topology_of([host(f"n{i}", f"198.18.1.{i}", role="peer") for i in range(1, 4)])


def planned(grudge: object, topology: Topology = TOPOLOGY, *, seed: int = 1) -> list[Nft]:
    """The steps of a partition of 10 s."""
    steps = partition(cast(Grudge, grudge)).steps(Planning(topology, random.Random(seed), 10 * NS))
    assert all(isinstance(step, Nft) for step in steps)
    return [step for step in steps if isinstance(step, Nft)]


def test_each_receiver_drops_the_addresses_of_those_it_does_not_hear() -> None:
    """One step a receiver, in a table of its own, with a kernel timeout soon after the action's end."""
    steps = planned({"n1": ["n2", "n3"], "n2": ["n1"]})
    assert [(step.host, step.addresses) for step in steps] == [
        ("n1", {"unheard": ("198.18.1.2", "198.18.1.3")}),
        ("n2", {"unheard": ("198.18.1.1",)}),
    ]
    assert steps[0].effect == "hears nothing from n2, n3"
    assert {step.lasting for step in steps} == {10 * NS + MARGIN}
    assert len({step.table for step in steps}) == 2
    assert all(step.table.startswith("chaoskit_") for step in steps)


def test_the_same_seed_plans_the_same_tables_and_another_one_others() -> None:
    """Two partitions of one run must not meet in one table."""
    grudge = isolate(name("n1"))
    assert planned(grudge) == planned(grudge)
    assert {step.table for step in planned(grudge)}.isdisjoint(step.table for step in planned(grudge, seed=2))


def test_every_address_of_a_host_with_several_links_is_dropped() -> None:
    """Whichever way its packets come, unless only some networks are meant."""
    links = tuple(
        Link("m", net, f"eth{i}", f"198.18.{i}.5", 24, f"02:42:c6:12:0{i}:05") for i, net in enumerate(("x", "y"))
    )
    topology = Topology(
        "multi",
        (*TOPOLOGY.hosts, HostInfo("m", "m", links=links)),
        (*TOPOLOGY.networks, Network("x", "198.18.0.0/24"), Network("y", "198.18.1.0/24")),
    )
    assert planned({"n1": ["m"]}, topology)[0].addresses == {"unheard": ("198.18.0.5", "198.18.1.5")}
    (step,) = partition({"n1": ["m"]}, on=name("y")).steps(Planning(topology, random.Random(1), 10 * NS))
    assert (step.addresses, step.effect) == ({"unheard": ("198.18.1.5",)}, "hears nothing from m on y")
    with pytest.raises(UsageError, match="m: no address on edge to drop at n1"):
        partition({"n1": ["m"]}, on=name("edge")).steps(Planning(topology, random.Random(1), 10 * NS))


@pytest.mark.parametrize(
    ("grudge", "message"),
    [
        ({"n9": ["n1"]}, "no host 'n9'\n  There are: n1, n2, n3"),
        ({"n1": ["n22"]}, "no host 'n22'"),
        ({"n1": ["n1"]}, "n1 cannot be told not to hear itself"),
        ({"n1": []}, "cuts nobody off"),
        ({}, "cuts nobody off"),
        (isolate(everything()), r"partition\(isolate\(everything\(\)\)\) cuts nobody off"),
    ],
)
def test_a_grudge_that_cannot_be_meant_is_an_error(grudge: object, message: str) -> None:
    """Before anything starts, in words about the grudge."""
    with pytest.raises(UsageError, match=message):
        planned(grudge)


def test_a_host_without_addresses_cannot_be_cut_off() -> None:
    """A drop of nothing would look like a partition and be none."""
    topology = Topology("bare", (*TOPOLOGY.hosts, HostInfo("dumb", "dumb")), TOPOLOGY.networks)
    with pytest.raises(UsageError, match="dumb: no address to drop at n1"):
        planned({"n1": ["dumb"]}, topology)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Three hosts on one bridge."""
    with wired("a", "b", "c") as hosts:
        yield hosts


def _apply(wire: Wire, grudge: object) -> list[tuple[Nft, Prior]]:
    done = []
    for step in planned(grudge, wire.topology):
        prior = step.prepare(wire.lab)
        step.do(wire.lab, prior)
        done.append((step, prior))
    return done


def _counted(wire: Wire, step: Nft, prior: Prior) -> bool:
    """Whether the kernel soon says that it has dropped a packet."""
    return until(lambda: ", 0 packets" not in step.confirm(wire.lab, prior).what)


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions_on_real_networks(wire: Wire) -> None:
    """Prepared, done, confirmed and undone, twice as well as once, with nothing left."""
    check_action(partition(isolate(role("peer").pick(1))), wire.topology, lab=wire.lab)
    assert [nft.tables(wire.networks[each]) for each in "abc"] == [(), (), ()]


@pytest.mark.lab
def test_one_way_is_one_way(wire: Wire) -> None:
    """B no longer hears a, and a still hears b: the drop counts at b only."""
    ((step, prior),) = _apply(wire, one_way(name("a"), to=name("b")))
    assert step.host == "b"
    with wire.listener("a") as a:
        wire.say("a", "b", "lost")
        assert _counted(wire, step, prior)
        wire.say("b", "a", "heard")
        assert a.recv(99) == b"heard"
    assert nft.tables(wire.networks["a"]) == ()


@pytest.mark.lab
def test_the_bridge_goes_on_hearing_both_sides_that_no_longer_hear_each_other(wire: Wire) -> None:
    """A and c are apart, b hears both."""
    done = _apply(wire, bridge(name("a"), name("b"), name("c")))
    with wire.listener("b") as b:
        for speaker in "ac":
            wire.say(speaker, "b", speaker)
        assert {b.recv(99), b.recv(99)} == {b"a", b"c"}
    wire.say("a", "c", "lost")
    wire.say("c", "a", "lost")
    for step, prior in done:
        assert _counted(wire, step, prior)


@pytest.mark.lab
def test_an_established_connection_is_cut_as_well(wire: Wire) -> None:
    """The drop comes before connection tracking: what was sent stays unacknowledged until the partition heals."""
    ((step, prior),) = _apply(wire, one_way(name("a"), to=name("b")))
    step.undo(wire.lab, prior)
    with _connected(wire, "a", "b") as (a, b):
        step.do(wire.lab, prior)
        a.sendall(b"late")
        assert _counted(wire, step, prior)
        b.setblocking(False)
        with pytest.raises(BlockingIOError):
            b.recv(99)
        step.undo(wire.lab, prior)
        b.settimeout(5)
        assert b.recv(99) == b"late"


@contextmanager
def _connected(wire: Wire, caller: str, called: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection between two hosts."""
    with ExitStack() as stack:
        server = stack.enter_context(in_network(wire.networks[called], lambda: socket.create_server(("0.0.0.0", 9001))))
        address = (wire.address(called), 9001)
        near = stack.enter_context(in_network(wire.networks[caller], lambda: socket.create_connection(address, 2)))
        far, _ = server.accept()
        yield near, stack.enter_context(far)


@pytest.mark.lab
def test_a_host_still_hears_itself(wire: Wire) -> None:
    """Its own address, by the loopback interface, is never cut, whatever the sets hold."""
    _apply(wire, isolate(name("a")))
    with wire.listener("a") as a:
        wire.say("a", "a", "myself")
        assert a.recv(99) == b"myself"
