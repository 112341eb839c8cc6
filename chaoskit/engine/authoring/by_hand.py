"""A fault by hand, run: its file is written, loaded as any other, planned, and kept with the record."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.progress import Progress
from chaoskit.core.result import ArmResult, ExperimentResult
from chaoskit.engine import module, store
from chaoskit.engine.attempt import report
from chaoskit.engine.authoring.fault import FILE, Fault
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.paths import new_run_id, point_latest
from chaoskit.engine.plan import Plan
from chaoskit.engine.prove import Choice
from chaoskit.engine.rejudge import judge_directory
from chaoskit.engine.run import run_arm
from chaoskit.engine.sources import Source

_PLACE = re.compile(rf"\S*{re.escape(FILE)}:\d+: ")


def planned(fault: Fault, choice: Choice, directory: Path) -> tuple[Fault, Plan]:
    """The fault with the hosts it hits and those that have to run on meanwhile, and its plan.

    Args:
        fault: what is to be done; whom it hits is found out.
        choice: on which project, with which permits.
        directory: of the run, where its file will be.

    Raises:
        ChaoskitError: it cannot be planned.
    """
    first = _plan(fault, choice, directory)
    targets = {target.partition("/")[0] for entry in first.entries for target in entry.targets}
    standing = first.spec.standing
    client, unsteady = (standing.client.host, standing.unsteady) if standing else ("", {})
    names = [host.name for host in first.topology.hosts if host.name != client]
    hit = tuple(name for name in names if name in targets)
    others = tuple(name for name in names if name not in targets and name not in unsteady)
    whole = replace(fault, hit=hit, others=others)
    return whole, _plan(whole, choice, directory)


def run_fault(fault: Fault, choice: Choice, options: RunOptions, progress: Progress) -> ExperimentResult:
    """Do it, undo it when its time is over, and write a report.

    An interruption undoes it at once; what was recorded by then is judged and reported as well.

    Raises:
        ChaoskitError: it cannot be planned, or the project cannot be attached to.
        KeyboardInterrupt: it was interrupted before anything of it was recorded.
    """
    run = new_run_id(f"fault.{fault.variable}")
    directory = options.runs.resolve() / run
    fault, plan = planned(fault, choice, directory)
    if fault.hit:
        progress.note(f"{fault.action} hits {', '.join(fault.hit)}")
    try:
        arm = run_arm(plan, replace(options, keep={FILE: fault.text}), progress, directory, run)
    except KeyboardInterrupt:
        arm = _interrupted(directory)
    result = ExperimentResult(plan.found.id, plan.experiment.claim, directory, (arm,))
    report(result)
    point_latest(options.runs, directory)
    return result


def _interrupted(directory: Path) -> ArmResult:
    if not (directory / store.EVENTS).exists():
        raise KeyboardInterrupt
    return judge_directory(directory).arms[0]


def _plan(fault: Fault, choice: Choice, directory: Path) -> Plan:
    try:
        return choice.plan(_found(fault, directory))
    except ChaoskitError as error:
        # Nobody wrote that file: its lines say nothing to whoever typed the command.
        said = _PLACE.sub("", str(error.args[0]))
        raise UsageError(said, remedy=error.remedy) from error


def _found(fault: Fault, directory: Path) -> Found:
    """The experiment of its file, which is known by the place it will have."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_text(fault.text, encoding="utf-8")
        (found,) = module.load(Source(path, path.stem, path.parent, by_hand=True))
    return replace(found, origin=Source(directory / FILE, found.origin.module, directory, by_hand=True))
