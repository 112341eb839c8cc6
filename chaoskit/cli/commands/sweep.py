"""Undo what an older run left behind, from its journal alone; runs that go on are not touched."""

from __future__ import annotations

import argparse

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json
from chaoskit.cli.status import PASS

HELP = "undo what an older run left behind"
EXAMPLES = """\
  chaoskit sweep                   every run whose processes are all gone
  chaoskit sweep RUN               that run only
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("run_name", metavar="RUN", nargs="?", help="a run's whole name; all by default")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Sweep, and say what was done."""
    from chaoskit.engine.recover import recover

    lines = recover(args.run_name)
    if args.json:
        say_json(list(lines))
    else:
        say("\n".join(lines) if lines else "nothing was left")
    return PASS
