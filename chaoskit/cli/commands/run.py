"""Run experiments, and judge what happened: the guarded arm, or the one that --arm names."""

from __future__ import annotations

import argparse

from chaoskit.cli import options

HELP = "run experiments and judge what happened"
EXAMPLES = """\
  chaoskit run gslb.pool_death                      run the guarded arm
  chaoskit run gslb.pool_death --arm plain-dns      run a twin
  chaoskit run gslb --set rate=200/s --seed 7       every experiment of a module, with a parameter changed
  chaoskit run chaos/shop.py::checkout --json       an experiment of yours, verdicts for a machine
  chaoskit run 'gslb.*' --junit gslb.xml            results for a CI server
  chaoskit run chaos/shop.py --attach shop          on a Compose project that is running, left as found
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    options.running(parser)
    options.arm(parser)


def run(args: argparse.Namespace) -> int:
    """Run and print; the exit status is the worst verdict's."""
    from chaoskit.cli.running import run_all
    from chaoskit.engine.prove import run_experiment
    from chaoskit.report.json import run_object

    return run_all(args, run_experiment, lambda result: run_object(result, result.arms[0]))
