"""Undo what an older run left behind, from its journal alone; runs that go on are not touched."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from chaoskit.cli import options
from chaoskit.cli.output import complain, say, say_json
from chaoskit.cli.status import ERROR, PASS

HELP = "undo what an older run left behind"
EXAMPLES = """\
  chaoskit sweep                   every run whose processes are all gone
  chaoskit sweep RUN               that run only
  chaoskit sweep --yes             without asking first
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("run_name", metavar="RUN", nargs="?", help="a run's whole name; all by default")
    parser.add_argument("--yes", action="store_true", help="undo without asking, as it does where nobody can answer")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Sweep, and say what was done; 3 when something could not be undone."""
    from chaoskit.cli.leftovers import confirmed, somebody_is_there
    from chaoskit.engine.leftovers import leftovers
    from chaoskit.engine.recover import recover

    found = leftovers(args.run_name)
    asks = found and not (args.yes or args.json) and somebody_is_there()
    if asks and not confirmed(found):
        return PASS
    lines = recover(args.run_name)
    stays = {one.run for one in leftovers(args.run_name)} & {one.run for one in found}
    if args.json:
        say_json({"found": [asdict(one) for one in found], "done": list(lines), "stays": sorted(stays)})
    else:
        say("\n".join(lines) if lines else "nothing was left")
    if stays:
        complain(f"something is still left of {', '.join(sorted(stays))}; `chaoskit sweep` tries again")
    return ERROR if stays else PASS
