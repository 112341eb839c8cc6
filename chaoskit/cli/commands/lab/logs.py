"""Print what a host's daemon has written to stdout and stderr."""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from chaoskit.cli.commands.lab import _options
from chaoskit.cli.status import PASS

HELP = "print what a host's daemon has written"
EXAMPLES = """\
  chaoskit lab logs gslb lb-eu
  chaoskit lab logs gslb lb-eu --follow      and go on with it, until Ctrl-C
"""

_LOOK_EVERY_S = 0.2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    _options.running_lab(parser, host=True)
    parser.add_argument("--follow", action="store_true", help="go on until interrupted, or until the lab is down")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from chaoskit.engine import labs

    path = labs.log(args.lab, args.host)
    with path.open(encoding="utf-8", errors="replace") as file:
        shutil.copyfileobj(file, sys.stdout)
        while args.follow and path.exists():
            sys.stdout.flush()
            time.sleep(_LOOK_EVERY_S)
            shutil.copyfileobj(file, sys.stdout)
    return PASS
