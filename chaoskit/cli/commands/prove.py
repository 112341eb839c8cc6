"""Prove experiments: run every arm; each twin carries one mistake, which the checks must notice.

Several experiments share one pool of --jobs runs, whose labs know nothing of each other. A run that the machine
did not let be measured beside others is repeated alone when they are done. It ends with a table of all arms and
an index of their reports.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.core.errors import UsageError

if TYPE_CHECKING:
    from chaoskit.core.progress import Progress
    from chaoskit.core.result import ExperimentResult
    from chaoskit.engine.found import Found
    from chaoskit.engine.options import RunOptions
    from chaoskit.engine.prove import Choice

HELP = "run all arms: the checks must notice each twin's mistake"
EXAMPLES = """\
  chaoskit prove gslb.pool_death            passes only if the guarded arm does and every twin fails as it must
  chaoskit prove gslb.pool_death --jobs 2   both arms side by side, in half the time
  chaoskit prove gslb.pool_death --json     the arms' runs and `proved`
  chaoskit prove --all --jobs 2             every experiment there is, a table, and an index of reports
  chaoskit prove --all --resume latest      go on after an interruption; what was unknown is run again
  chaoskit prove --family dns --family lb   the experiments of two modules
  chaoskit prove 'lb.*' --junit lb.xml      those a pattern means, results for a CI server
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    options.running(parser, optional=True)
    parser.add_argument("--all", action="store_true", help="every experiment that `chaoskit list` shows")
    parser.add_argument(
        "--family",
        action="append",
        default=[],
        metavar="F",
        help="every experiment of a module (dns, gslb, lb, ...); may be repeated",
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        help="of several experiments prove only what that earlier proof has not decided: its folder, or `latest`",
    )
    parser.add_argument(
        "--jobs",
        type=options.positive,
        default=1,
        metavar="N",
        help="runs side by side (1); one whose gates break that way is run again alone",
    )


def run(args: argparse.Namespace) -> int:
    """Prove and print; a twin that is not proved makes the verdict unknown."""
    from chaoskit.cli.proving import prove_many
    from chaoskit.cli.running import run_all
    from chaoskit.engine.discovery import Discovery, select, select_all
    from chaoskit.report.json import prove_object

    overrides = options.overrides(args.set)
    if args.ids and (args.all or args.family):
        raise UsageError("name experiments, or say --all or --family, not both")
    if args.all or args.family:
        return prove_many(args, select_all(args.family, overrides=overrides))
    if not args.ids:
        raise UsageError(
            "which experiments?", remedy="Name some, or say --all or --family F; `chaoskit list` shows them."
        )
    found = select(args.ids, overrides=overrides)
    if len(found) > 1 or args.resume:
        return prove_many(args, Discovery(found))
    return run_all(args, _prove_one, prove_object)


def _prove_one(found: Found, choice: Choice, run_options: RunOptions, progress: Progress) -> ExperimentResult:
    from chaoskit.cli.output import console
    from chaoskit.core.progress import OneView
    from chaoskit.engine.prove import prove
    from chaoskit.report.board import board_for

    board = OneView(progress) if choice.jobs == 1 else board_for(console(sys.stderr))
    try:
        return prove(found, choice, run_options, board)
    finally:
        board.close()
