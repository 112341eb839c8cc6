"""The file of a fault by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.experiment import Experiment
from chaoskit.core.units import NS
from chaoskit.engine import module
from chaoskit.engine.authoring.fault import Fault
from chaoskit.engine.registry import kinds
from chaoskit.engine.sources import Source

PAUSE = Fault("pause", "chaoskit.actions.pause", "pause(hosts=name('app-*'))", 30 * NS, False, "my-shop")


def loaded(fault: Fault, folder: Path) -> Experiment:
    """Its experiment, as discovery finds it."""
    path = folder / "fault.py"
    path.write_text(fault.text)
    (found,) = module.load(Source(path, "fault", folder))
    assert found.id == f"fault.{fault.variable}"
    return found.experiment


def test_it_watches_what_it_hits_and_what_it_does_not(tmp_path: Path) -> None:
    """The fault is in force for its time; everything runs before; the rest is a guard, and what was hit comes back."""
    one = loaded(Fault(**{**vars(PAUSE), "hit": ("app-1",), "others": ("app-2", "db")}), tmp_path)
    assert [(entry.action.kind, entry.lasting) for entry in one.timeline] == [("pause", 30 * NS)]
    assert [str(probe.hosts) for probe in one.probes] == ["name('app-1')", "name('app-2', 'db')"]
    assert [check.arguments["probe"] for check in one.checks] == list(one.probes)
    assert [guard.check for guard in one.guards] == [one.checks[1]]
    assert one.steady is not None
    assert one.length == 34 * NS


def test_a_command_on_this_machine_hits_no_host(tmp_path: Path) -> None:
    """There is nothing that would have to come back; the others are watched all the same."""
    call = "command(do=['a b', \"it's\"], undo=['x'], confirm=['y'])"
    fault = Fault("command", "chaoskit.actions.command", call, NS, False, "shop", (), ("web",))
    one = loaded(fault, tmp_path)
    assert one.timeline[0].action.arguments["do"] == ["a b", "it's"]
    assert len(one.checks) == len(one.guards) == 1


def test_without_any_host_it_is_still_an_experiment(tmp_path: Path) -> None:
    """As it is planned first, to find out whom it hits."""
    one = loaded(PAUSE, tmp_path)
    assert [*one.probes, *one.checks, *one.guards] == []
    assert one.steady is None


@pytest.mark.parametrize(
    "call",
    [
        "partition(grudge=isolate((role('a') & region('name(')).pick(1)))",
        "partition(grudge=halves(label('k', 'v'), everything()))",
        "partition(grudge=one_way(name('a'), to=name('b')))",
    ],
)
def test_what_a_call_is_written_with_is_imported(tmp_path: Path, call: str) -> None:
    """And nothing else: what stands in quotes is no word."""
    fault = Fault("partition", "chaoskit.actions.partition", call, NS, False, "shop")
    assert loaded(fault, tmp_path).timeline[0].action.kind == "partition"


def test_a_one_shot_action_is_watched_for_the_time(tmp_path: Path) -> None:
    """It cannot be undone, so that no lasting= is given."""
    (kind,) = [each for each in kinds("actions") if each.name == "command_once"]
    call = "command_once(do=['true'], confirm=['true'])"
    one = loaded(Fault(kind.name, kind.module, call, 5 * NS, True, "shop"), tmp_path)
    assert one.timeline[0].lasting is None
    assert one.length == 9 * NS


@pytest.mark.parametrize(
    ("hit", "said"),
    [
        ((), "pause for 30 s"),
        (("app-1",), "pause at app-1 for 30 s"),
        (("a", "b", "c"), "pause at a, b, c for 30 s"),
        (("a", "b", "c", "d", "e"), "pause at a, b, c and 2 more for 30 s"),
    ],
)
def test_the_claim_says_whom_it_hits(tmp_path: Path, hit: tuple[str, ...], said: str) -> None:
    """A pick is known by then, and the verdict is read without the plan; a few stand for many."""
    one = loaded(replace(PAUSE, hit=hit), tmp_path)
    assert one.claim == f"my-shop is as it was after {said}"
