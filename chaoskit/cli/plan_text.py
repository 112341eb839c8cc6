"""A plan as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaoskit.core.guard import Guard
from chaoskit.core.naming import Dns
from chaoskit.core.retry import Retry
from chaoskit.core.topology import HostInfo
from chaoskit.core.units import show_duration
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.forecast import (
    PlannedCheck,
    PlannedWindow,
    planned_arrivals,
    planned_checks,
    planned_steady,
    planned_windows,
)
from chaoskit.engine.plan import Plan, PlannedProbe
from chaoskit.engine.reach import replicas_hit, who_is_hit
from chaoskit.engine.title import title
from chaoskit.labs.drivers import EXTERNAL


def plan_lines(plan: Plan) -> Iterator[str]:
    """What happens in this arm, as a person reads it."""
    experiment = plan.experiment
    yield f"{plan.found.id}, arm {plan.arm}, seed {plan.seed}, {plan.driver} driver, {show_duration(plan.length)}"
    yield f"  claim: {experiment.claim}"
    if plan.twin:
        yield f"  mistake: {plan.twin.mistake}"
    yield _lab(plan)
    for heading, lines in _sections(plan):
        if lines:
            yield heading
            yield from (f"  {line}" for line in lines)


def _lab(plan: Plan) -> str:
    hosts, networks = plan.topology.hosts, plan.topology.networks
    if plan.driver == EXTERNAL:
        named = [f"{host.name} ({host.addresses[0]})" for host in hosts if host.addresses]
        return f"{plan.spec.name}: a system elsewhere, none of it can be entered" + (
            f"; it has {', '.join(named)}" if named else ""
        )
    if plan.spec.standing is not None:
        known = plan.spec.standing.engine
        return (
            f"project {plan.spec.name}, which is up: {len(hosts) - 1} hosts and a client, {len(networks)} networks; "
            f"engine {known.name} (Docker {known.version}, {'local' if known.local else 'remote'}, {known.where})"
        )
    files = " + ".join(file.name for file in plan.spec.files)
    return f"lab {plan.spec.name}: {len(hosts)} hosts, {len(networks)} networks ({files})"


def _sections(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    names = plan.names
    yield "params", [f"{name} = {value}" for name, value in plan.found.params.items()]
    yield "containers", list(_containers(plan))
    yield "loads", list(_loads(plan))
    yield "probes", [_probe(probe, plan) for probe in plan.probes]
    yield "boot", [line for entry in plan.boot for line in _entry(entry, plan)]
    yield "timeline", [line for entry in plan.entries for line in _entry(entry, plan)]
    yield "steady state, before the first fault", [_check(check, plan) for check in _steady(plan)]
    yield "windows", [_window(window) for window in planned_windows(plan)]
    yield "checks", [_check(check, plan) for check in planned_checks(plan)]
    yield "arms compared", [f"{names.of(each)}: {title(each, names)}" for each in plan.experiment.compares]
    yield "guards", [_guard(name, guard, plan) for name, guard in plan.guards]
    if plan.twin:
        yield "must fail", [names.of(check) for check in plan.twin.must_fail]
        yield "may fail", [names.of(check) for check in plan.twin.may_fail]


def _containers(plan: Plan) -> Iterator[str]:
    """Those of a project that is running, with what is going to be done to each."""
    standing = plan.spec.standing
    if standing is None:
        return
    for host, container in standing.containers.items():
        hitting = [
            entry.name for entry in plan.entries if any(target.partition("/")[0] == host for target in entry.targets)
        ]
        hit = f", hit by {', '.join(hitting)}" if hitting else ""
        yield f"{host}: {container.id[:12]} {container.name}{hit}"
    client = standing.client
    yield f"{client.host}: added for the run at {client.address}, removed afterwards"
    yield from (f"{note.where}: {note.text}" for note in plan.spec.notes)


def _steady(plan: Plan) -> list[PlannedCheck]:
    steady = planned_steady(plan)
    return [steady] if steady else []


def _loads(plan: Plan) -> Iterator[str]:
    arrivals = planned_arrivals(plan)
    for each in plan.loads:
        during = f" while {each.by} is in force" if each.by else ""
        naming = "" if each.load.naming == Dns() else f" ({each.load.naming.title})"
        users = f", {each.load.population.title}" if each.load.population else ""
        policy = Retry.of(each.load.retries)
        retries = f", {policy.title}" if policy.limit else ""
        what = f"{each.name}: {each.load.request.title}{naming}, {each.load.arrivals.title}{users}{retries}{during}"
        yield f"{what}, about {arrivals[each.name]:,} requests from {_hosts(each.clients)}"


def _probe(each: PlannedProbe, plan: Plan) -> str:
    rhythm = f"every {show_duration(each.probe.every)}"
    return f"{each.name}: {title(each.probe, plan.names)} {rhythm} at {_hosts(each.hosts)}"


def _hosts(hosts: Sequence[HostInfo]) -> str:
    names = [host.name for host in hosts]
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"


def _entry(entry: PlannedEntry, plan: Plan) -> Iterator[str]:
    when = "before ready" if entry in plan.boot else f"T+{show_duration(entry.start)}"
    lasting = f" for {show_duration(entry.lasting)}" if entry.lasting else ", one-shot" if entry.one_shot else ""
    who = who_is_hit if plan.spec.standing is None else replicas_hit
    hit = ", ".join(who(entry.targets, plan.topology))
    hit = f"found when it fires, among {hit}" if entry.choices else hit or "the load"
    yield f"{when}  {entry.name}: {title(entry.action, plan.names)}{lasting}: {hit}"
    if not entry.choices:
        yield from (f"    {step.describe()}" for step in entry.steps)
    for choice in entry.choices:
        said = ", ".join(host for hosts in choice.answers.values() for host in hosts)
        targets = entry.decided(choice.answers).targets
        yield f"    if the lab answers {said}: hits {', '.join(dict.fromkeys(t.partition('/')[0] for t in targets))}"
        yield from (f"      {step.describe()}" for step in choice.steps)


def _window(window: PlannedWindow) -> str:
    span = f"T+{show_duration(window.span.start)} to T+{show_duration(window.span.end)}"
    return f"{window.name}: {span}" + (f", {window.sum}" if window.sum else "")


def _check(planned: PlannedCheck, plan: Plan) -> str:
    samples = planned.samples
    counts = f": {samples.expected:,} samples expected, {samples.needed:,} needed" if samples else ""
    return f"{planned.name}: {title(planned.check, plan.names)}{counts}"


def _guard(name: str, guard: Guard, plan: Plan) -> str:
    return f"{name}: stop unless {title(guard.check, plan.names)} over {show_duration(guard.over)}"


def plan_warnings(plan: Plan) -> list[str]:
    """What would make the run say less than it should."""
    return [f"{plan.found.id}: {check.warning}" for check in (*_steady(plan), *planned_checks(plan)) if check.warning]
