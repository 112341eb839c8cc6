"""The contracts of plug-ins as tests: what every action must keep, whoever wrote it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass

from chaoskit.core.action import Action, Planning
from chaoskit.core.host import HostState
from chaoskit.core.step import THIS_MACHINE, Evidence, Json, Step, targets
from chaoskit.core.topology import Topology
from chaoskit.core.units import NS
from chaoskit.testing.lab import FakeLab

_CONFIRMED_WITHIN = 2.0
"""Seconds an effect may take to show, as in a run."""


class ContractBroken(AssertionError):
    """A plug-in does not do what its protocol demands; the message says which demand."""


def check_action(action: Action, topology: Topology, *, lab: FakeLab | None = None, seed: int = 1) -> tuple[Step, ...]:
    """Hold an action to its contract, and give back its steps for further assertions.

    Planning is deterministic for a seed and touches nothing; steps are frozen dataclasses of JSON
    values with a kind, a target of this lab and a description; `one_shot` is declared by the action
    when a step is; `prepare` changes nothing and returns JSON; an effect is confirmed after `do` and
    not before; `undo` restores what was there, twice as well as once, and also when `do` never ran.

    Steps that enter a host's network namespace are only run when `lab` has namespaces for its hosts;
    without them they are held to the demands on data.

    Raises:
        ContractBroken: a demand is not met.
    """
    steps = _plan(action, topology, seed)
    _demand(bool(steps or action.loads), f"{action} plans no steps and brings no load")
    _demand(steps == _plan(action, topology, seed), f"{action} plans different steps for the same seed")
    for step in steps:
        _check_data(step, topology)
        _demand(action.one_shot or not step.one_shot, f"{action} is not declared one-shot, but {step.kind} is")
    _demand(
        not action.one_shot or any(step.one_shot for step in steps), f"{action} is declared one-shot, but no step is"
    )
    running = lab or FakeLab(topology)
    for step in steps:
        if _can_run(step, running):
            _check_effects(step, running)
    return steps


def _plan(action: Action, topology: Topology, seed: int) -> tuple[Step, ...]:
    return action.steps(Planning(topology, random.Random(seed), min(action.longest, 10 * NS), seed=seed))


def _check_data(step: Step, topology: Topology) -> None:
    _demand(is_dataclass(step), f"{step!r} is no dataclass")
    _demand(type(step).__dataclass_params__.frozen, f"{type(step).__name__} is not frozen")  # type: ignore[attr-defined]
    _demand(bool(step.kind) and bool(step.describe()), f"{step!r} has no kind or no description")
    data = asdict(step)  # type: ignore[call-overload]
    _demand(_survives_json(data), f"{step!r} does not survive JSON, so it cannot be journalled")
    known = {
        THIS_MACHINE,
        *topology.by_name,
        *(link.name for link in topology.links),
        *(net.name for net in topology.networks),
    }
    for target in targets(step):
        _demand(target in known, f"{step!r} changes {target!r}, which is no host, link or network of the lab")


def _survives_json(data: object) -> bool:
    try:
        return bool(json.loads(json.dumps(data)) == _listed(data))
    except TypeError:
        return False


def _listed(value: object) -> object:
    """What JSON makes of a value: tuples are lists there."""
    if isinstance(value, Mapping):
        return {str(key): _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _can_run(step: Step, lab: FakeLab) -> bool:
    """Whether the fake lab has what the step works on: a step on a network needs a namespace."""
    return not step.on_network or all(host.network is not None for host in lab.hosts.values())


def _check_effects(step: Step, lab: FakeLab) -> None:
    before = dict(lab.state)
    prior = _prior(step, lab)
    _demand(lab.state == before, f"{step.kind}: prepare has changed the lab")
    if step.one_shot:
        step.do(lab, prior)
        return
    step.undo(lab, prior)
    _demand(lab.state == before, f"{step.kind}: undo without do has changed the lab")
    _demand(not step.confirm(lab, prior).holds, f"{step.kind}: the effect is confirmed before the step is done")
    prior = _prior(step, lab)  # what was undone is prepared anew: a held process, say, has gone
    step.do(lab, prior)
    evidence = _confirmed(step, lab, prior)
    _demand(evidence.holds, f"{step.kind}: done, but not confirmed: {evidence.what}")
    _demand(bool(evidence.what), f"{step.kind}: the evidence does not say what was looked at")
    for often in ("once", "twice"):
        step.undo(lab, prior)
        _demand(lab.state == before, f"{step.kind}: undone {often}, the lab is not as before: {_changed(lab, before)}")


def _confirmed(step: Step, lab: FakeLab, prior: Mapping[str, Json]) -> Evidence:
    """What confirms the effect, asked again as a run does, until it holds or its time is up."""
    deadline = time.monotonic() + _CONFIRMED_WITHIN
    while not (evidence := step.confirm(lab, prior)).holds and time.monotonic() < deadline:
        time.sleep(0.01)
    return evidence


def _prior(step: Step, lab: FakeLab) -> Mapping[str, Json]:
    """What prepare read, as an undo in another process would get it: through the journal's JSON."""
    prior: Mapping[str, Json] = json.loads(json.dumps(dict(step.prepare(lab))))
    return prior


def _changed(lab: FakeLab, before: Mapping[str, HostState]) -> str:
    return ", ".join(f"{name} {before[name]} -> {now}" for name, now in lab.state.items() if now != before[name])


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ContractBroken(otherwise)
