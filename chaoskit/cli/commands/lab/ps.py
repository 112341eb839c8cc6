"""Show every host of every lab that is up, those of runs included."""

from __future__ import annotations

import argparse

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json, say_table
from chaoskit.cli.status import PASS

HELP = "show the hosts of labs that are up"
EXAMPLES = """\
  chaoskit lab ps
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row a host."""
    from chaoskit.engine import labs

    rows = labs.ps()
    if args.json:
        say_json(
            [
                {
                    "lab": row.lab,
                    "host": row.host,
                    "service": row.service,
                    "role": row.role or None,
                    "region": row.region or None,
                    "addresses": list(row.addresses),
                    "state": str(row.status.state),
                    "healthy": row.status.healthy,
                    "pid": row.status.pid,
                    "restarts": row.status.restarts,
                }
                for row in rows
            ]
        )
    elif rows:
        health = {True: "healthy", False: "unhealthy", None: "-"}
        say_table(
            [
                (row.lab, row.host, str(row.status.state), health[row.status.healthy], ", ".join(row.addresses))
                for row in rows
            ],
            header=("lab", "host", "state", "health", "addresses"),
        )
    else:
        say("no lab is up")
    return PASS
