"""A plan as text and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from chaoskit.core.step import Step
from chaoskit.core.units import NS, show_duration
from chaoskit.engine.forecast import PlannedCheck, planned_arrivals, planned_checks, planned_windows
from chaoskit.engine.plan import Plan, PlannedEntry
from chaoskit.engine.reach import who_is_hit


def plan_lines(plan: Plan) -> Iterator[str]:
    """What happens in this arm, as a person reads it."""
    experiment = plan.experiment
    yield f"{plan.found.id}, arm {plan.arm}, seed {plan.seed}, {plan.driver} driver, {show_duration(plan.length)}"
    yield f"  claim: {experiment.claim}"
    if plan.twin:
        yield f"  mistake: {plan.twin.mistake}"
    files = " + ".join(file.name for file in plan.spec.files)
    yield f"lab {plan.spec.name}: {len(plan.topology.hosts)} hosts, {len(plan.topology.networks)} networks ({files})"
    for title, lines in _sections(plan):
        if lines:
            yield title
            yield from (f"  {line}" for line in lines)


def _sections(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    arrivals = planned_arrivals(plan)
    yield "params", [f"{name} = {value}" for name, value in plan.found.params.items()]
    yield (
        "loads",
        [
            f"{each.name}: {each.load.request.title}, {each.load.arrivals.title}, about {arrivals[each.name]:,} "
            f"requests from {_hosts(host.name for host in each.clients)}"
            for each in plan.loads
        ],
    )
    yield (
        "probes",
        [
            f"{each.name}: {each.probe} every {show_duration(each.probe.every)} at {_hosts(h.name for h in each.hosts)}"
            for each in plan.probes
        ],
    )
    yield "boot", [line for entry in plan.boot for line in _entry(entry, plan)]
    yield "timeline", [line for entry in plan.entries for line in _entry(entry, plan)]
    yield (
        "windows",
        [_window(*each) for each in ((w.name, w.span.start, w.span.end, w.sum) for w in planned_windows(plan))],
    )
    yield "checks", [_check(check) for check in planned_checks(plan)]
    yield (
        "guards",
        [f"{name}: stop unless {guard.check} over {show_duration(guard.over)}" for name, guard in plan.guards],
    )
    if plan.twin:
        yield "must fail", [plan.names.of(check) for check in plan.twin.must_fail]
        yield "may fail", [plan.names.of(check) for check in plan.twin.may_fail]


def _hosts(names: Iterator[str]) -> str:
    every = list(names)
    return ", ".join(every) if len(every) <= 6 else f"{', '.join(every[:5])} and {len(every) - 5} more"


def _entry(entry: PlannedEntry, plan: Plan) -> Iterator[str]:
    when = "before ready" if entry in plan.boot else f"T+{show_duration(entry.start)}"
    lasting = f" for {show_duration(entry.lasting)}" if entry.lasting else ", one-shot" if entry.one_shot else ""
    yield f"{when}  {entry.name}: {entry.action}{lasting}: {', '.join(who_is_hit(entry.targets, plan.topology))}"
    yield from (f"    {step.describe()}" for step in entry.steps)


def _window(name: str, start: int, end: int, total: str) -> str:
    return f"{name}: T+{show_duration(start)} to T+{show_duration(end)}" + (f", {total}" if total else "")


def _check(planned: PlannedCheck) -> str:
    samples = planned.samples
    counts = f": {samples.expected:,} samples expected, {samples.needed:,} needed" if samples else ""
    return f"{planned.name}: {planned.check}{counts}"


def plan_warnings(plan: Plan) -> list[str]:
    """What would make the run say less than it should."""
    return [f"{plan.found.id}: {check.warning}" for check in planned_checks(plan) if check.warning]


def plan_json(plan: Plan) -> dict[str, object]:
    """The plan for a machine; times in seconds since the run's origin."""
    return {
        "id": plan.found.id,
        "claim": plan.experiment.claim,
        "arm": plan.arm,
        "mistake": plan.twin.mistake if plan.twin else "",
        "seed": plan.seed,
        "driver": plan.driver,
        "duration": plan.length / NS,
        "params": dict(plan.found.params),
        "lab": {
            "name": plan.spec.name,
            "files": [str(file) for file in plan.spec.files],
            "hosts": [host.name for host in plan.topology.hosts],
            "networks": [network.name for network in plan.topology.networks],
        },
        "loads": _loads_json(plan),
        "probes": [
            {"name": p.name, "probe": str(p.probe), "every": p.probe.every / NS, "hosts": [h.name for h in p.hosts]}
            for p in plan.probes
        ],
        "boot": [_entry_json(entry, plan) for entry in plan.boot],
        "timeline": [_entry_json(entry, plan) for entry in plan.entries],
        "windows": [
            {"name": w.name, "start": w.span.start / NS, "end": w.span.end / NS, "sum": w.sum}
            for w in planned_windows(plan)
        ],
        "checks": [_check_json(check) for check in planned_checks(plan)],
        "guards": [{"name": name, "check": str(guard.check), "over": guard.over / NS} for name, guard in plan.guards],
        "must_fail": [plan.names.of(check) for check in plan.twin.must_fail] if plan.twin else [],
        "may_fail": [plan.names.of(check) for check in plan.twin.may_fail] if plan.twin else [],
    }


def _loads_json(plan: Plan) -> list[dict[str, object]]:
    arrivals = planned_arrivals(plan)
    return [
        {
            "name": each.name,
            "request": each.load.request.title,
            "arrivals": each.load.arrivals.title,
            "expected": arrivals[each.name],
            "clients": [host.name for host in each.clients],
        }
        for each in plan.loads
    ]


def _entry_json(entry: PlannedEntry, plan: Plan) -> dict[str, object]:
    return {
        "name": entry.name,
        "action": str(entry.action),
        "start": None if entry in plan.boot else entry.start / NS,
        "lasting": entry.lasting / NS if entry.lasting is not None else None,
        "one_shot": entry.one_shot,
        "hit": list(who_is_hit(entry.targets, plan.topology)),
        "targets": list(entry.targets),
        "steps": [_step_json(step) for step in entry.steps],
    }


def _step_json(step: Step) -> dict[str, object]:
    return {"kind": step.kind, "target": step.target, "text": step.describe()}


def _check_json(planned: PlannedCheck) -> dict[str, object]:
    samples = dataclasses.asdict(planned.samples) if planned.samples else None
    return {"name": planned.name, "check": str(planned.check), "samples": samples}
