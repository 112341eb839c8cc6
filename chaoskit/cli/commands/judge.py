"""Judge a recorded run again: with changed checks, on another machine, as often as you like."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chaoskit.cli import options
from chaoskit.cli.output import console

HELP = "judge a recorded run again"
EXAMPLES = """\
  chaoskit judge latest                  after changing a check in the experiment's file
  chaoskit judge runs/2026*/ --json      verdicts for a machine
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("run_name", metavar="RUN", help="a run directory, its name or part of it, or `latest`")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are (runs/)")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Judge and print."""
    from chaoskit.cli.run_directory import find
    from chaoskit.core.verdict import exit_status
    from chaoskit.engine.rejudge import judge_directory
    from chaoskit.report import json
    from chaoskit.report.terminal import print_result

    result = judge_directory(find(args.run_name, args.runs))
    if args.json:
        sys.stdout.write(json.render(result))
    else:
        print_result(result, console(sys.stdout))
    return exit_status(result.verdict)
