"""What is never done to a running project of somebody's unless the user says so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chaoskit.core.arm import Twin
from chaoskit.core.errors import UsageError
from chaoskit.core.experiment import Experiment
from chaoskit.core.step import Step, targets
from chaoskit.core.topology import PROTECTED, HostInfo, Topology
from chaoskit.core.units import show_duration
from chaoskit.engine.entries import PlannedEntry
from chaoskit.labs.attachment import Attachment, Permit
from chaoskit.labs.spec import LabSpec


def refuse_unsuited(experiment: Experiment, twin: Twin | None, attachment: Attachment) -> None:
    """See that an experiment can be run on a project that is up already, and ends by itself.

    Raises:
        UsageError: it has no guard, is longer than a run may be, or wants the project brought up in another way.
    """
    if not experiment.guards and not attachment.watched:
        raise UsageError(
            f"{experiment.where}: a run on somebody's project needs a guard that stops it, and this has none",
            remedy="Add guards=[stop_unless(availability(LOAD, at_least=0.5))], or whatever must not go on.",
        )
    if experiment.length > attachment.longest:
        raise UsageError(
            f"{experiment.where}: it takes {show_duration(experiment.length)}, and a run on somebody's project "
            f"may take {show_duration(attachment.longest)}",
            remedy="Shorten it, or say how long it may take: --longest DURATION.",
        )
    if experiment.boot:
        raise UsageError(
            f"{experiment.boot[0].where}: {experiment.boot[0]} is for a lab that is about to come up; "
            f"project {attachment.project} is up",
            remedy="Put it into the timeline.",
        )
    if twin and twin.overlays:
        raise UsageError(
            f"{twin.where}: the twin {twin.mistake!r} is another Compose file ({', '.join(twin.overlays)}), and the "
            f"running project {attachment.project} is not changed",
            remedy="`run` runs the guarded arm; twins that only replace loads or actions can be proved.",
        )


def refuse_unpermitted(entries: Sequence[PlannedEntry], spec: LabSpec) -> None:
    """See that nothing of a timeline does what the user has not allowed, whatever the lab answers to late targets.

    On a lab of ours all is allowed but a fault of a protected host.

    Raises:
        UsageError: something does; the remedy names the flag that allows it.
    """
    _refuse_protected(entries, spec)
    if spec.attachment is None:
        return
    _refuse_one_shots(entries, spec.attachment)
    for entry in entries:
        at_once = [other for other in entries if other.start <= entry.start < _end(other)]
        refuse_together(at_once, spec)


def refuse_together(entries: Sequence[PlannedEntry], spec: LabSpec) -> None:
    """See that actions which are in force at the same time leave each service an instance.

    Raises:
        UsageError: they would not, and the user has not allowed it.
    """
    if spec.attachment is None or Permit.EVERY_INSTANCE in spec.attachment.permits:
        return
    for service, instances in _services(spec).items():
        unions = {frozenset[str]()}
        for entry in entries:
            unions = {one | hit for one in unions for hit in _choices(entry, spec.topology, instances)}
        if instances in unions:
            hitting = [entry for entry in entries if any(_choices(entry, spec.topology, instances))]
            names = " and ".join(entry.name for entry in hitting)
            number = f"every one of the {len(instances)} instances" if len(instances) > 1 else "the only instance"
            leave = "Leave one out, as .pick(1) or @1 does, or allow it" if len(instances) > 1 else "Allow it"
            raise UsageError(
                f"{hitting[-1].action.where}: {names} would hit {number} of {service} at once",
                remedy=f"{leave}: {Permit.EVERY_INSTANCE.flag}.",
            )


def _services(spec: LabSpec) -> dict[str, frozenset[str]]:
    """The project's hosts by service; the client host is ours."""
    ours = spec.standing.client.host if spec.standing else ""
    names = dict.fromkeys(host.service for host in spec.topology.hosts if host.name != ours)
    return {name: frozenset(h.name for h in spec.topology.hosts if h.service == name) for name in names}


def _choices(entry: PlannedEntry, topology: Topology, among: frozenset[str]) -> set[frozenset[str]]:
    """Which of some hosts it hits: one set for each answer the lab may give."""
    each = [choice.steps for choice in entry.choices] or [entry.steps]
    return {frozenset(host.name for host in hit_hosts(steps, topology)) & among for steps in each}


def hit_hosts(steps: Iterable[Step], topology: Topology) -> Iterator[HostInfo]:
    """The hosts that steps change: themselves, by a link of theirs, or by a network they are on."""
    words = {target for step in steps for target in targets(step)}
    for host in topology.hosts:
        names = {host.name, *(link.name for link in host.links), *(link.network for link in host.links)}
        if names & words:
            yield host


def _refuse_protected(entries: Iterable[PlannedEntry], spec: LabSpec) -> None:
    attached = spec.attachment
    if attached is not None and Permit.PROTECTED in attached.permits:
        return
    for entry in entries:
        for host in hit_hosts(entry.steps, spec.topology):
            if host.labels.get(PROTECTED, "").lower() in ("true", "1", "yes"):
                allow = f", or allow it: {Permit.PROTECTED.flag}" if attached else ""
                raise UsageError(
                    f"{entry.action.where}: {entry.action} would hit {host.name}, which is protected",
                    remedy=f"Leave it out of the selector, remove the label {PROTECTED}{allow}.",
                )


def _refuse_one_shots(entries: Iterable[PlannedEntry], attachment: Attachment) -> None:
    if Permit.ONE_SHOT in attachment.permits:
        return
    for entry in entries:
        for step in entry.steps:
            if step.one_shot:
                raise UsageError(
                    f"{entry.action.where}: {entry.action} cannot be undone ({step.describe()})",
                    remedy=f"Allow it if that may stay: {Permit.ONE_SHOT.flag}.",
                )


def _end(entry: PlannedEntry) -> float:
    return entry.start + (float("inf") if entry.lasting is None else entry.lasting)
