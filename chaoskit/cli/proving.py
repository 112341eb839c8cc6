"""Proving several experiments: one pool of runs, one table, one index."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping

from chaoskit.cli import privileges
from chaoskit.cli.leftovers import offer_sweep
from chaoskit.cli.output import complain, console, say_json, tell
from chaoskit.cli.run_directory import find_summary
from chaoskit.cli.running import chosen, refuse_unwritable, verdict_status, warn_of
from chaoskit.cli.status import ERROR, worst
from chaoskit.core.errors import UsageError
from chaoskit.core.progress import Board
from chaoskit.core.summary import Item, Summary
from chaoskit.engine.catalogue import prove_all
from chaoskit.engine.discovery import Discovery
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from chaoskit.engine.resume import shown_before
from chaoskit.report import junit
from chaoskit.report.board import board_for
from chaoskit.report.summary.json import summary_object
from chaoskit.report.summary.terminal import print_summary


def prove_many(args: argparse.Namespace, wanted: Discovery) -> int:
    """Prove everything, print the table or the object, and merge the exit statuses."""
    privileges.ensure(args, wanted.found)
    if args.junit:
        refuse_unwritable(args.junit)
    offer_sweep()
    choice = chosen(args, wanted.found)
    if choice.attachment is not None and args.resume:
        raise UsageError(
            "what was proved on a running project may not hold of it any more", remedy="Leave out --resume."
        )
    for each in wanted.found:
        warn_of(each, choice)
    shown = (
        shown_before(find_summary(args.resume, args.runs), wanted.found, args.seed, args.driver) if args.resume else {}
    )
    summary = _prove(args, wanted, choice, shown, board_for(console(sys.stderr)))
    if args.json:
        say_json(summary_object(summary))
        for experiment, error in summary.errors.items():
            complain(f"{experiment}: {error}")
    else:
        print_summary(summary, console(sys.stdout))
    if args.junit:
        args.junit.write_text(junit.render(summary.results, summary.errors), encoding="utf-8")
    tolerant = args.unknown == "warn"
    return worst([*(verdict_status(result, tolerant=tolerant) for result in summary.results), *_errors(summary)])


def _prove(
    args: argparse.Namespace, wanted: Discovery, choice: Choice, shown: Mapping[str, Item], board: Board
) -> Summary:
    command = shlex.join(["chaoskit", *args.command_line])
    try:
        options = RunOptions(args.runs, owns_target=args.owns_target)
        return prove_all(wanted.found, wanted.broken, choice, options, board, command, shown)
    except KeyboardInterrupt:
        board.close()
        tell(f"interrupted; everything was undone, and what was done by then is in {args.runs / 'latest'}")
        raise
    finally:
        board.close()


def _errors(summary: Summary) -> list[int]:
    return [ERROR] * len(summary.errors)
