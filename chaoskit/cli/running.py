"""Running experiments one after the other: what `run` and `prove` have in common."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from chaoskit.cli import options, privileges
from chaoskit.cli.leftovers import offer_sweep
from chaoskit.cli.output import complain, console, say_json, tell, warn
from chaoskit.cli.plan_text import plan_warnings
from chaoskit.cli.status import ERROR, PASS, UNKNOWN, worst
from chaoskit.core.arm import GUARDED
from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.progress import Progress
from chaoskit.core.result import ExperimentResult
from chaoskit.core.verdict import exit_status
from chaoskit.engine.discovery import select
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from chaoskit.report import junit
from chaoskit.report.forgiving import Forgiving
from chaoskit.report.terminal import print_result, progress_for

Run = Callable[[Found, Choice, RunOptions, Progress], ExperimentResult]


def run_all(args: argparse.Namespace, run: Run, as_object: Callable[[ExperimentResult], Mapping[str, object]]) -> int:
    """Run everything that was selected, print a table or an object each, and merge the exit statuses.

    An experiment that cannot be run is an error and does not keep the others from running.
    """
    found = select(args.ids, overrides=options.overrides(args.set))
    privileges.ensure(args, found)
    if args.junit:
        refuse_unwritable(args.junit)
    offer_sweep()
    choice = chosen(args, found)
    results: list[ExperimentResult] = []
    objects: list[Mapping[str, object]] = []
    errors: dict[str, str] = {}
    status = PASS
    for each, result in _each(found, choice, RunOptions(args.runs, owns_target=args.owns_target), run):
        if isinstance(result, ChaoskitError):
            complain(f"{each.id}: {result}" if len(found) > 1 else str(result))
            errors[each.id] = str(result)
            objects.append({"id": each.id, "error": str(result)})
            status = worst((status, ERROR))
            continue
        results.append(result)
        status = worst((status, verdict_status(result, tolerant=args.unknown == "warn")))
        objects.append(as_object(result))
        if not args.json:
            print_result(result, console(sys.stdout))
    if args.json:
        say_json(objects[0] if len(objects) == 1 else objects)
    if args.junit:
        args.junit.write_text(junit.render(results, errors), encoding="utf-8")
    return status


def chosen(args: argparse.Namespace, wanted: Iterable[Found] = ()) -> Choice:
    """What of the experiments is to be run, and on what.

    Raises:
        UsageError: two options do not go together.
    """
    attachment, jobs = options.attachment(args), getattr(args, "jobs", 1)
    if attachment is not None and jobs > 1:
        raise UsageError(
            f"project {attachment.project} is one: its runs come one after the other", remedy="Leave out --jobs."
        )
    elsewhere = [found for found in wanted if found.experiment.lab.is_external]
    if elsewhere and jobs > 1:
        system = elsewhere[0].experiment.lab.source
        raise UsageError(
            f"{elsewhere[0].id} is about {system}, which is one: its runs come one after the other",
            remedy="Leave out --jobs, or prove it apart.",
        )
    arm = getattr(args, "arm", GUARDED)
    return Choice(args.seed, args.driver, arm, args.rerun_unknown, jobs, attachment)


def _each(
    found: tuple[Found, ...], choice: Choice, run_options: RunOptions, run: Run
) -> Iterator[tuple[Found, ExperimentResult | ChaoskitError]]:
    for each in found:
        warn_of(each, choice)
        progress = Forgiving(progress_for(console(sys.stderr)))
        try:
            outcome: ExperimentResult | ChaoskitError = run(each, choice, run_options, progress)
        except ChaoskitError as error:
            outcome = error
        except KeyboardInterrupt:
            progress.close()
            tell(f"{each.id}: interrupted; everything was undone")
            raise
        progress.close()
        yield each, outcome


def warn_of(found: Found, choice: Choice) -> None:
    """Say before a run of minutes what `plan` would have said; what keeps it from running is said by the run."""
    with contextlib.suppress(ChaoskitError):
        for warning in plan_warnings(choice.plan(found)):
            warn(warning)


def verdict_status(result: ExperimentResult, *, tolerant: bool) -> int:
    """What a result makes the command exit with."""
    status = exit_status(result.verdict)
    if status == UNKNOWN and tolerant:
        warn(f"{result.experiment}: the verdict is unknown, and --unknown=warn lets it pass")
        return PASS
    return status


def refuse_unwritable(path: Path) -> None:
    """Say before a run of minutes, and not after it, that its result cannot be written."""
    try:
        path.touch()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
