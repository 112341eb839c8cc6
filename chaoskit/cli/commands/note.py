"""Write a note into the history of a run that is going on, at this moment."""

from __future__ import annotations

import argparse

from chaoskit.cli.output import say
from chaoskit.cli.status import PASS

HELP = "write a note into a run's history, at this moment"
EXAMPLES = """\
  chaoskit note gslb.pool_death "dashboards went red"
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("run_name", metavar="RUN", help="a run's name or part of it")
    parser.add_argument("text", metavar="TEXT", nargs="+", help="what was seen or done")


def run(args: argparse.Namespace) -> int:
    """Write it."""
    from chaoskit.engine.live import note

    say(f"noted in {note(args.run_name, ' '.join(args.text)).run}")
    return PASS
