"""Take a lab down that `chaoskit lab up` brought up; what is in force on it is undone first."""

from __future__ import annotations

import argparse

from chaoskit.cli.commands.lab import _options
from chaoskit.cli.output import say
from chaoskit.cli.status import PASS

HELP = "take a lab down"
EXAMPLES = """\
  chaoskit lab down gslb
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    _options.running_lab(parser, host=False)


def run(args: argparse.Namespace) -> int:
    """Take it down."""
    from chaoskit.engine import labs

    say(f"{labs.down(args.lab).run} is down")
    return PASS
