"""Gates: what must hold of a run before any check of it is believed. Pure functions of the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chaoskit.core.action import Action, Entry
from chaoskit.core.check import Check
from chaoskit.core.gate import Gate
from chaoskit.core.history import History, Requests
from chaoskit.core.units import duration
from chaoskit.core.verdict import FAIL, Unit, Verdict, failed, held_to, unknown
from chaoskit.core.window import Moment
from chaoskit.engine.found import Found
from chaoskit.engine.machine import PROBE
from chaoskit.engine.outages import long_enough

ACTION_LATE_AT_MOST_S = 1.0
"""How much later than planned an action may begin or end: what is done to dozens of hosts takes its time."""
STEAL_AT_MOST = 0.2
LATE_AT_MOST_S = 0.5
"""How much later than asked for a sleeping thread may wake before the machine counts as stalled."""


def gates_of(found: Found) -> tuple[Gate, ...]:
    """Every gate of an experiment, in the order in which they explain each other."""
    experiment = found.experiment
    gates: list[Gate] = []
    if experiment.every_load:
        gates.append(Gate("every arrival accounted for", _accounted))
        gates.append(Gate("generator on time", _on_time(duration(experiment.lag) / 1e9)))
    gates.append(Gate("machine not stalled", _machine))
    if experiment.steady:
        gates.append(Gate("steady before the first fault", _steady(experiment.steady)))
    if experiment.actions:
        gates.append(Gate("every action confirmed", _confirmed(experiment.actions)))
        gates.append(Gate("outages long enough to be seen", _seen))
    if experiment.timeline:
        gates.append(Gate("actions on time", _punctual(experiment.timeline)))
    return tuple(gates)


def _steady(check: Check) -> Callable[[History], Verdict]:
    def judge(history: History) -> Verdict:
        return check.judge(before_first_action(history))

    return judge


def before_first_action(history: History) -> History:
    """The history up to the first fault, or to what stopped the run before it: what had ended by then."""
    ends = [("action", Moment.BEGIN), ("guard", "stopped")]
    moments = [event.t for event in history.events if (event.kind, event.what) in ends and event.t >= 0]
    return history.until(min(moments)) if moments else history


def _confirmed(actions: tuple[Action, ...]) -> Callable[[History], Verdict]:
    def judge(history: History) -> Verdict:
        seen: Mapping[str, set[str]] = {history.names.of(action): set() for action in actions}
        for event in history.events:
            if event.kind == "action" and event.subject in seen:
                seen[event.subject].add(event.what)
        missing = [name for name, moments in seen.items() if Moment.CONFIRMED not in moments]
        # Whatever was confirmed: the effect was not there for as long as the record has the action in force.
        ended = [name for name, moments in seen.items() if "ended" in moments]
        confirmed = len(seen) - len({*missing, *ended})
        wrong = [f"not confirmed: {', '.join(missing)}"] if missing else []
        wrong += [f"its effect ended before it was undone: {', '.join(ended)}"] if ended else []
        reason = "; ".join(wrong) or "each was seen to take effect in the lab"
        return held_to(confirmed, "==", len(seen), Unit.COUNT, reason)

    return judge


def _seen(history: History) -> Verdict:
    remedy = "Use stop or power_off, which no restart policy undoes, raise the rate, or probe more often."
    return _with_remedy(long_enough(history), remedy)


def _punctual(timeline: Sequence[Entry]) -> Callable[[History], Verdict]:
    """An action that waits for an earlier one, or for the machine, makes another experiment than the planned one."""

    def judge(history: History) -> Verdict:
        late = dict(_lateness(timeline, history))
        if not late:
            return unknown("no action began")
        worst = max(late, key=lambda what: late[what])
        reason = f"longest delay of a begin or an end of an action: {worst}"
        verdict = held_to(max(late[worst], 0) / 1e9, "<=", ACTION_LATE_AT_MOST_S, Unit.SECONDS, reason)
        return _with_remedy(verdict, "Give the action before it time to be done, or the machine less else to do.")

    return judge


def _lateness(timeline: Sequence[Entry], history: History) -> Iterator[tuple[str, int]]:
    """What happened how many ns later than planned; negative where a stop came first."""
    planned = {history.names.of(entry.action): entry for entry in timeline}
    for event in history.events:
        entry = planned.get(event.subject) if event.kind == "action" else None
        if entry and event.what == Moment.BEGIN:
            yield f"{event.subject} begins", event.t - entry.start
        elif entry and event.what == Moment.END and entry.lasting is not None:
            yield f"{event.subject} ends", event.t - entry.start - entry.lasting


def _on_time(at_most_s: float) -> Callable[[History], Verdict]:
    def judge(history: History) -> Verdict:
        lag = history.requests.lag
        if not len(lag):
            return unknown("no request was recorded", remedy="See logs/generator.log in the run directory.")
        p99 = float(np.quantile(lag, 0.99, method="higher")) / 1e6
        verdict = held_to(p99, "<=", at_most_s, Unit.SECONDS, "99th percentile of the generator's own delay")
        return _with_remedy(verdict, "Lower the rate, or leave a core to the generator.")

    return judge


def _accounted(history: History) -> Verdict:
    if not history.generated:
        return failed("the load generator gave no account of its work")
    rows = history.requests
    counts = history.counts or _by_load_and_client(rows)
    wrong = []
    for one in history.generated:
        mine = counts.get((one.load, one.client), 0)
        if one.scheduled != one.recorded or mine != one.recorded - one.abandoned:
            wrong.append(
                f"{one.load} from {one.client}: {one.scheduled} due, {one.recorded} accounted for, "
                f"{one.abandoned} abandoned, {mine} recorded"
            )
    total = sum(one.scheduled - one.abandoned for one in history.generated)
    reason = "; ".join(wrong) or "arrivals = the sum of their outcomes"
    verdict = held_to(sum(counts.values()), "==", total, Unit.COUNT, reason)
    # One load's surplus must not make up for another's loss.
    return replace(verdict, outcome=FAIL) if wrong else verdict


def _by_load_and_client(rows: Requests) -> Mapping[tuple[str, str], int]:
    """How many rows there are of each, in one pass: clients may be thousands."""
    loads, clients = rows.load.labels, rows.client.labels
    cells = rows.load.codes.astype(np.int64)
    cells *= max(len(clients), 1)
    cells += rows.client.codes
    counts = np.bincount(cells)
    return {
        (loads[cell // len(clients)], clients[cell % len(clients)]): int(counts[cell])
        for cell in np.flatnonzero(counts).tolist()
    }


def _machine(history: History) -> Verdict:
    readings = [reading.value for reading in history.readings if reading.probe == PROBE]
    if len(readings) < 2:
        return unknown("the machine was not watched long enough", remedy="Make the run longer than a second.")
    late = max(_number(value.get("late_s")) for value in readings)
    ticks = _number(readings[-1].get("total_ticks")) - _number(readings[0].get("total_ticks"))
    stolen = _number(readings[-1].get("steal_ticks")) - _number(readings[0].get("steal_ticks"))
    share = stolen / ticks if ticks else 0.0
    if share > STEAL_AT_MOST:
        verdict = held_to(share, "<=", STEAL_AT_MOST, Unit.SHARE, "processor time taken by the hypervisor")
    else:
        verdict = held_to(late, "<=", LATE_AT_MOST_S, Unit.SECONDS, "longest delay of a thread that asked to wake")
    return _with_remedy(verdict, "Run it on a machine with less else to do.")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _with_remedy(verdict: Verdict, remedy: str) -> Verdict:
    return replace(verdict, remedy=remedy) if verdict.outcome != "pass" else verdict
