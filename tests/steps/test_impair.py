"""The step of packet faults on real networks: chosen, journalled, in force, done again, ended and undone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from chaoskit.core.errors import StepError
from chaoskit.core.step import Prior
from chaoskit.core.units import NS
from chaoskit.kernel import nft
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.steps.codec import encode
from chaoskit.steps.impair import DIVERSION, RULES, SHAPE, Impair
from tests.packets import as_found, flight
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

MS = 1_000_000
LOSS = Impair("a", "edge", "eth0", "loss", {"share": 1_000_000}, (), "00010001", 60 * NS)
DELAY = Impair("a", "edge", "eth0", "delay", {"delay": 30 * MS, "jitter": 0, "seed": 1}, (), "00020002", 60 * NS)
RATE = Impair("a", "edge", "eth0", "bandwidth", {"rate": 8_000_000, "queue": 100 * MS}, (), "00030003", 60 * NS)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Three hosts on one bridge."""
    with wired("a", "b", "c") as hosts:
        yield hosts


def begun(wire: Wire, step: Impair) -> Prior:
    """The step in force; what it was prepared with, by way of the journal's JSON."""
    prior: Prior = json.loads(json.dumps(dict(step.prepare(wire.lab))))
    step.do(wire.lab, prior)
    assert until(lambda: step.confirm(wire.lab, prior).holds), step.confirm(wire.lab, prior)
    return prior


def process(prior: Prior) -> Identity:
    """The process that packets are diverted to."""
    return Identity(cast(str, prior["boot"]), cast(int, prior["pid"]), cast(int, prior["start"]))


def diverted(wire: Wire, step: Impair) -> Prior:
    """The step in force by a process, also where the kernel has netem: a discipline of somebody else is in its way."""
    in_the_way = ["tc", "qdisc", "replace", "dev", "eth0", "root", "handle", "7:", "pfifo"]
    run_in_network(wire.networks["a"], in_the_way)
    prior = begun(wire, step)
    assert prior["by"] == DIVERSION
    return prior


@pytest.mark.parametrize("step", [LOSS, DELAY, RATE], ids=lambda step: step.fault)
def test_another_process_undoes_it_by_what_the_journal_says(wire: Wire, step: Impair) -> None:
    """With step and prior from the journal, and the host's network, everything is as it was found."""
    before = as_found(wire, "a")
    prior = begun(wire, step)
    assert as_found(wire, "a") != before
    code = """
import json, pathlib, sys
from chaoskit.steps.codec import decode
from chaoskit.testing import FakeLab, host, topology_of
step, prior, network = json.loads(sys.argv[1])
lab = FakeLab(topology_of([host("a", "198.18.1.1")]), networks={"a": pathlib.Path(network)})
decode(step).undo(lab, prior)
decode(step).undo(lab, prior)
"""
    journal = json.dumps([encode(step), dict(prior), str(wire.networks["a"])])
    subprocess.run([sys.executable, "-c", code, journal], check=True, timeout=30)
    assert until(lambda: as_found(wire, "a") == before)
    step.undo(wire.lab, prior)


def test_a_discipline_of_somebody_else_stays_and_the_fault_is_done_without(wire: Wire) -> None:
    """Bandwidth needs its place and is refused; a loss and a delay do not."""
    run_in_network(wire.networks["a"], ["tc", "qdisc", "add", "dev", "eth0", "root", "handle", "7:", "pfifo"])
    before = as_found(wire, "a")
    with pytest.raises(StepError, match="somebody else has set already: pfifo 7:"):
        RATE.prepare(wire.lab)
    for step, by in ((LOSS, RULES), (DELAY, DIVERSION)):
        prior = begun(wire, step)
        assert prior["by"] == by
        step.undo(wire.lab, prior)
    assert as_found(wire, "a") == before


def test_a_second_fault_of_a_kind_needs_other_peers(wire: Wire) -> None:
    """A packet meets each kind once: what is clear is refused, and what does not meet is not."""
    to_b = replace(DELAY, peers=("198.18.1.2",))
    prior = begun(wire, to_b)
    for again in (replace(DELAY, id="00090009"), replace(to_b, id="00090009")):
        with pytest.raises(StepError, match="a delay of another action is in force for the same packets"):
            again.prepare(wire.lab)
    with pytest.raises(StepError, match="drawn the same mark"):
        replace(to_b, peers=("198.18.1.3",)).prepare(wire.lab)
    to_c = replace(to_b, peers=("198.18.1.3",), id="00090009")
    further = begun(wire, to_c)
    to_c.undo(wire.lab, further)
    to_b.undo(wire.lab, prior)
    shape = begun(wire, RATE)
    assert shape["by"] == SHAPE
    with pytest.raises(StepError, match="of another action, or of another run already: tbf c406:"):
        replace(RATE, id="00090009").prepare(wire.lab)
    RATE.undo(wire.lab, shape)


def test_the_kernel_alone_ends_what_it_does_by_rules(wire: Wire) -> None:
    """Without any undo, packets pass when the time is over."""
    run_in_network(wire.networks["a"], ["tc", "qdisc", "add", "dev", "eth0", "root", "handle", "7:", "pfifo"])
    step = replace(LOSS, lasting=400 * MS)
    prior = begun(wire, step)
    assert until(lambda: "holds 0 of 1 addresses" in step.confirm(wire.lab, prior).what)
    assert len(flight(wire, 10)) == 10
    with pytest.raises(StepError, match="its time is over"):
        step.do(wire.lab, prior)


def test_when_its_process_is_killed_packets_pass_and_it_is_told(wire: Wire) -> None:
    """The kernel takes the table away with the process; nothing is lost for longer than that."""
    prior = diverted(wire, DELAY)
    assert DELAY.ended(prior) == ""
    process(prior).kill()
    assert until(lambda: nft.tables(wire.networks["a"]) == ())
    assert until(lambda: DELAY.ended(prior) == "a/edge: delay of 30 ms has ended (signal 9): it said nothing")
    assert not DELAY.confirm(wire.lab, prior).holds
    assert [each.took < 10 * MS for each in flight(wire, 10)] == [True] * 10
    DELAY.undo(wire.lab, prior)
    assert DELAY.ended(prior) == ""


def test_what_comes_faster_than_it_can_be_taken_ends_it_with_words(wire: Wire) -> None:
    """An overflow is no loss in silence: the process says how many, and the table goes with it."""
    prior = diverted(wire, DELAY)
    pid = process(prior).pid
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + 20
    filling = 0
    while not lost(wire) and time.monotonic() < deadline:
        filling += 1
        flight(wire, 500, size=30_000, quiet_s=0.001)
    os.kill(pid, signal.SIGCONT)
    assert until(lambda: DELAY.ended(prior) != ""), filling
    assert "frames of eth0 came faster than they were taken, and are lost" in DELAY.ended(prior)
    assert nft.tables(wire.networks["a"]) == ()
    DELAY.undo(wire.lab, prior)


def lost(wire: Wire) -> bool:
    """Whether the buffer of the process is full: as much waits there as it may hold (proc(5), net/packet)."""

    def waiting() -> int:
        rows = Path("/proc/thread-self/net/packet").read_text().splitlines()[1:]
        return max((int(row.split()[6]) for row in rows), default=0)

    return in_network(wire.networks["a"], waiting) > 127 << 20


@pytest.mark.parametrize("step", [LOSS, DELAY, RATE], ids=lambda step: step.fault)
def test_done_again_on_the_same_network_it_is_there_once(wire: Wire, step: Impair) -> None:
    """A host that restarts twice in a row is told of twice: its packets are not lost twice, nor is it an error."""
    before = as_found(wire, "a")
    prior = begun(wire, step)
    network = wire.networks["a"]

    def rules() -> list[int]:
        found = (nft.read(network, table, family="netdev") for table in nft.tables(network))
        return [held.rules for held in found if held]

    once = rules()
    step.do(wire.lab, prior)
    assert until(lambda: step.confirm(wire.lab, prior).holds)
    assert rules() == once
    step.undo(wire.lab, prior)
    assert as_found(wire, "a") == before


def test_on_a_host_that_came_back_it_is_done_again(wire: Wire) -> None:
    """Power-cycled, the link is gone for a while: that is no end of the fault, and the new link has it again."""
    prior = diverted(wire, DELAY)
    run_in_network(wire.networks["a"], ["ip", "link", "delete", "eth0"])
    assert until(lambda: not process(prior).alive())
    assert DELAY.ended(prior) == ""
    assert DELAY.confirm(wire.lab, prior).what == "a/edge: the link is gone"
    wire.lab.hosts["a"].network = wire.networks["c"]  # its new network
    DELAY.do(wire.lab, prior)
    assert until(lambda: DELAY.confirm(wire.lab, prior).holds)
    assert min(each.took for each in flight(wire, 10, sender="c")) >= 29.9 * MS
    DELAY.undo(wire.lab, prior)
    assert as_found(wire, "c").count("chaoskit") == 0


@pytest.mark.parametrize("step", [LOSS, DELAY, RATE], ids=lambda step: step.fault)
def test_a_host_that_is_off_has_nothing_to_undo_and_nothing_to_confirm(wire: Wire, step: Impair) -> None:
    """What was there went with its network; a new fault is refused."""
    prior = begun(wire, step)
    wire.lab.hosts["a"].power_off()
    assert step.confirm(wire.lab, prior).what == "a cannot be entered: a is off and has no network namespace"
    step.undo(wire.lab, prior)
    with pytest.raises(StepError, match="a cannot be entered"):
        step.prepare(wire.lab)


def test_what_the_kernel_cannot_do_is_said_before_anything_is_done(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is not there, and a kernel without rules at the egress: errors that say what is missing."""
    with pytest.raises(StepError, match="No such device"):
        replace(LOSS, device="eth7").prepare(wire.lab)
    monkeypatch.setattr("chaoskit.steps.impair.has_qdisc", lambda kind: False)
    monkeypatch.setattr("chaoskit.steps.packets.rules.FAMILY", "arp")  # whose chains have no egress
    with pytest.raises(StepError, match=r"cannot be had here[\s\S]*Linux 5.16[\s\S]*chaoskit doctor"):
        LOSS.prepare(wire.lab)
    with pytest.raises(StepError, match="this kernel has no tbf"):
        RATE.prepare(wire.lab)


def test_netem_is_chosen_where_the_kernel_has_it(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """And towards some peers only where it has prio as well; the choice is in what the journal gets."""
    there = {"netem"}
    monkeypatch.setattr("chaoskit.steps.impair.has_qdisc", lambda kind: kind in there)
    assert DELAY.prepare(wire.lab)["by"] == "netem"
    towards = replace(LOSS, peers=("198.18.1.2",))
    assert towards.prepare(wire.lab)["by"] == RULES
    there.add("prio")
    prior: dict[str, Any] = dict(towards.prepare(wire.lab))
    assert (prior["by"], prior["handle"]) == ("netem", 0xC402 << 16)
    assert not towards.confirm(wire.lab, prior).holds
    towards.undo(wire.lab, prior)
