"""A plan as a machine reads it."""

from __future__ import annotations

import dataclasses

from chaoskit.core.retry import Retry
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.forecast import PlannedCheck, planned_arrivals, planned_checks, planned_steady, planned_windows
from chaoskit.engine.plan import Plan
from chaoskit.engine.reach import replicas_hit, who_is_hit
from chaoskit.engine.title import title


def plan_json(plan: Plan) -> dict[str, object]:
    """The plan for a machine; times in seconds since the run's origin."""
    steady = planned_steady(plan)
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
            "attached": _attached_json(plan),
        },
        "loads": _loads_json(plan),
        "probes": [
            {
                "name": p.name,
                "probe": title(p.probe, plan.names),
                "every": p.probe.every / NS,
                "hosts": [h.name for h in p.hosts],
            }
            for p in plan.probes
        ],
        "boot": [_entry_json(entry, plan) for entry in plan.boot],
        "timeline": [_entry_json(entry, plan) for entry in plan.entries],
        "windows": [
            {"name": w.name, "start": w.span.start / NS, "end": w.span.end / NS, "sum": w.sum}
            for w in planned_windows(plan)
        ],
        "steady": _check_json(steady, plan) if steady else None,
        "checks": [_check_json(check, plan) for check in planned_checks(plan)],
        "guards": [
            {"name": name, "check": title(guard.check, plan.names), "over": guard.over / NS}
            for name, guard in plan.guards
        ],
        "must_fail": [plan.names.of(check) for check in plan.twin.must_fail] if plan.twin else [],
        "may_fail": [plan.names.of(check) for check in plan.twin.may_fail] if plan.twin else [],
    }


def _attached_json(plan: Plan) -> dict[str, object] | None:
    """How the running project stood; None for a lab that is brought up."""
    standing, attached = plan.spec.standing, plan.spec.attachment
    if standing is None or attached is None:
        return None
    return {
        "engine": dataclasses.asdict(standing.engine),
        "containers": {host: dataclasses.asdict(one) for host, one in standing.containers.items()},
        "client": dataclasses.asdict(standing.client),
        "allowed": sorted(attached.permits),
        "longest": attached.longest / NS,
    }


def _loads_json(plan: Plan) -> list[dict[str, object]]:
    arrivals = planned_arrivals(plan)
    return [
        {
            "name": each.name,
            "request": each.load.request.title,
            "arrivals": each.load.arrivals.title,
            "naming": each.load.naming.title,
            "retries": Retry.of(each.load.retries).title,
            "population": each.load.population.title if each.load.population else "",
            "expected": arrivals[each.name],
            "clients": [host.name for host in each.clients],
            "start": each.span.start / NS,
            "end": each.span.end / NS,
            "by": each.by,
        }
        for each in plan.loads
    ]


def _entry_json(entry: PlannedEntry, plan: Plan) -> dict[str, object]:
    return {
        "name": entry.name,
        "action": title(entry.action, plan.names),
        "start": None if entry in plan.boot else entry.start / NS,
        "lasting": entry.lasting / NS if entry.lasting is not None else None,
        "one_shot": entry.one_shot,
        "hit": list((who_is_hit if plan.spec.standing is None else replicas_hit)(entry.targets, plan.topology)),
        "targets": list(entry.targets),
        "steps": [_step_json(step) for step in entry.steps],
        "choices": [
            {"answers": {text: list(hosts) for text, hosts in choice.answers.items()}}
            | {"steps": [_step_json(step) for step in choice.steps]}
            for choice in entry.choices
        ],
    }


def _step_json(step: Step) -> dict[str, object]:
    return {"kind": step.kind, "target": step.target, "text": step.describe()}


def _check_json(planned: PlannedCheck, plan: Plan) -> dict[str, object]:
    samples = dataclasses.asdict(planned.samples) if planned.samples else None
    return {"name": planned.name, "check": title(planned.check, plan.names), "samples": samples}
