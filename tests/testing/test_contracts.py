import random
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import pytest

from chaoskit.core.action import Action, Planning, action
from chaoskit.core.host import HostState, RunningLab
from chaoskit.core.selector import name
from chaoskit.core.step import Evidence, Prior, Step
from chaoskit.testing import ContractBroken, FakeLab, check_action, two_regions

LAB = two_regions()


@dataclass(frozen=True)
class Down:
    """A sound step: kill a host, start it again."""

    target: str
    kind: ClassVar[str] = "down"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = False

    def describe(self) -> str:
        """One line."""
        return f"kill {self.target}"

    def prepare(self, lab: RunningLab) -> Prior:
        """Whether it runs."""
        return {"ran": lab.hosts[self.target].status().pid is not None}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Kill it."""
        del prior
        lab.hosts[self.target].kill(signal.SIGKILL)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """No process is left."""
        del prior
        state = lab.hosts[self.target].status().state
        return Evidence(state is HostState.EXITED, f"{self.target} is {state}")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Start it if it ran."""
        if prior["ran"]:
            lab.hosts[self.target].start()


def acting(plan: Callable[[Planning], Iterable[Step]], *, one_shot: bool = False) -> Action:
    """An action that plans so."""

    @action(longest="1m", one_shot=one_shot)
    def made(planning: Planning) -> Iterable[Step]:
        """Plan as told."""
        return plan(planning)

    return made()


def doing(step: Step, *, one_shot: bool = False) -> Action:
    """An action of this one step."""
    return acting(lambda _plan: [step], one_shot=one_shot)


def broken(**changes: Any) -> Down:
    """The sound step on lb-eu with something about it changed."""
    kind: type[Down] = dataclass(frozen=True)(type("Broken", (Down,), changes))
    return kind("lb-eu")


def test_a_sound_action_passes_and_gives_its_steps() -> None:
    """For assertions of one's own on what it plans."""
    steps = check_action(acting(lambda plan: [Down(host.name) for host in plan.hosts(name("lb-*"))]), LAB)
    assert [step.target for step in steps] == ["lb-eu", "lb-na"]


def undoing(what: Callable[[RunningLab, str], None]) -> Callable[..., None]:
    """An undo that does so, whatever was."""
    return lambda self, lab, _prior: what(lab, self.target)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no description": ({"describe": lambda _self: ""}, "no kind or no description"),
    "a prepare that acts": (
        {"prepare": lambda self, lab: lab.hosts[self.target].stop() or {"ran": True}},
        "prepare has changed the lab",
    ),
    "an undo without do that acts": (
        {"undo": undoing(lambda lab, host: lab.hosts[host].stop())},
        "undo without do has changed the lab",
    ),
    "a confirm that always holds": (
        {"confirm": lambda _self, _lab, _prior: Evidence(True, "sure")},
        "confirmed before the step is done",
    ),
    "a do that does nothing": ({"do": lambda _self, _lab, _prior: None}, "done, but not confirmed"),
    "an undo that does nothing": ({"undo": undoing(lambda _lab, _host: None)}, "undone once, the lab is not as before"),
    "an evidence without words": (
        {"confirm": lambda self, lab, _prior: Evidence(lab.hosts[self.target].status().pid is None, "")},
        "does not say what was looked at",
    ),
    "a one-shot that is not declared": ({"one_shot": True}, "not declared one-shot"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_each_broken_demand_on_a_step_is_noticed(case: str) -> None:
    """One mistake each, and the message says which demand it breaks."""
    changes, message = BROKEN[case]
    with pytest.raises(ContractBroken, match=message):
        check_action(doing(broken(**changes)), LAB)


def test_an_undo_that_acts_twice_is_noticed() -> None:
    """Undoing again must change nothing more: one that toggles is caught at the second time."""

    def toggle(lab: RunningLab, host: str) -> None:
        running = lab.hosts[host].status().state is HostState.RUNNING
        calls = [call for call in lab.hosts[host].calls if call[0] == "kill"]  # type: ignore[attr-defined]
        if calls and running:
            lab.hosts[host].stop()
        elif not running:
            lab.hosts[host].start()

    with pytest.raises(ContractBroken, match="undone twice"):
        check_action(doing(broken(undo=undoing(toggle))), LAB)


def test_each_broken_demand_on_a_plan_is_noticed() -> None:
    """No steps, steps that differ by chance, a target outside the lab, a one-shot that has no such step."""
    for plan, one_shot, message in (
        (lambda _plan: [], False, "plans no steps"),
        (lambda _plan: [Down(random.choice(LAB.hosts).name) for _ in range(20)], False, "different steps"),
        (lambda _plan: [Down("mars")], False, "no host, link or network of the lab"),
        (lambda _plan: [Down("lb-eu")], True, "declared one-shot, but no step is"),
    ):
        with pytest.raises(ContractBroken, match=message):
            check_action(acting(plan, one_shot=one_shot), LAB)


def test_a_step_must_be_frozen_data() -> None:
    """A field that JSON has no word for cannot be journalled, and a mutable step could change after it was."""

    @dataclass(frozen=True)
    class Odd(Down):
        extra: object = frozenset({1})

    @dataclass
    class Mutable:
        target: str
        kind: ClassVar[str] = "mutable"
        one_shot: ClassVar[bool] = False

    with pytest.raises(ContractBroken, match="does not survive JSON"):
        check_action(doing(Odd("lb-eu")), LAB)
    with pytest.raises(ContractBroken, match="is not frozen"):
        check_action(doing(cast("Step", Mutable("lb-eu"))), LAB)
    with pytest.raises(ContractBroken, match="is no dataclass"):
        check_action(doing(cast("Step", "kill lb-eu")), LAB)


def test_a_one_shot_is_done_and_not_undone() -> None:
    """It is declared by action and step."""
    running = FakeLab(LAB)
    check_action(doing(broken(one_shot=True), one_shot=True), LAB, lab=running)
    assert running.calls == [("lb-eu", "kill", signal.SIGKILL)]


def test_steps_on_a_network_run_only_where_there_is_one() -> None:
    """Without namespaces they are held to the demands on data alone."""
    running = FakeLab(LAB)
    check_action(doing(broken(on_network=True)), LAB, lab=running)
    assert running.calls == []
