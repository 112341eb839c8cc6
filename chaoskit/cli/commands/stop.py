"""Stop a run that is going on: everything is undone within a second, and what it had shown is judged."""

from __future__ import annotations

import argparse

from chaoskit.cli.output import say
from chaoskit.cli.status import PASS

HELP = "stop a run that is going on; everything is undone"
EXAMPLES = """\
  chaoskit stop gslb.pool_death                    the only run of that experiment
  chaoskit stop 3fa2 --why "pager went off"        by part of its name, with a reason for the record
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("run_name", metavar="RUN", help="a run's name or part of it")
    parser.add_argument("--why", default="by hand", metavar="TEXT", help="recorded with the run")


def run(args: argparse.Namespace) -> int:
    """Stop it."""
    from chaoskit.engine.live import stop

    say(f"stopping {stop(args.run_name, args.why).run}")
    return PASS
