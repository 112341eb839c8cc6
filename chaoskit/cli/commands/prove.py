"""Prove experiments: run every arm; each twin carries one mistake, which the checks must notice."""

from __future__ import annotations

import argparse

from chaoskit.cli import options

HELP = "run all arms: the checks must notice each twin's mistake"
EXAMPLES = """\
  chaoskit prove gslb.pool_death            passes only if the guarded arm does and every twin fails as it must
  chaoskit prove gslb.pool_death --jobs 2   both arms side by side, in half the time
  chaoskit prove gslb.pool_death --json     the arms' runs and `proved`
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    options.running(parser)
    parser.add_argument(
        "--jobs",
        type=options.positive,
        default=1,
        metavar="N",
        help="arms to run side by side (1); one whose gates break that way is run again alone",
    )


def run(args: argparse.Namespace) -> int:
    """Prove and print; a twin that is not proved makes the verdict unknown."""
    from chaoskit.cli.running import run_all
    from chaoskit.engine.prove import prove
    from chaoskit.report.json import prove_object

    return run_all(args, prove, prove_object)
