"""Bring a lab up and leave it to its keeper; `chaoskit lab down` takes it down."""

from __future__ import annotations

import argparse

from chaoskit.cli import options
from chaoskit.cli.commands.lab import _options
from chaoskit.cli.output import complain, say, say_json, tell
from chaoskit.cli.status import ERROR, PASS
from chaoskit.core.units import duration

HELP = "bring a lab up and leave it up"
EXAMPLES = """\
  chaoskit lab up gslb                            a shipped lab
  chaoskit lab up ./compose.yaml --timeout 3m     yours, with slow daemons
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    _options.lab_file(parser)
    options.driver(parser)
    parser.add_argument("--timeout", default="60s", metavar="TIME", help="until every healthcheck is healthy (60s)")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Bring it up and say how long it took; a host that has ended already is an error, and the lab stays up for it."""
    from chaoskit.cli import privileges
    from chaoskit.cli.leftovers import offer_sweep
    from chaoskit.engine import labs
    from chaoskit.engine.ended import ended

    privileges.ensure(args)
    offer_sweep()
    timeout = duration(args.timeout) / 1e9
    spec = _options.read(args)
    for note in spec.notes:
        tell(f"{note.where}: {note.service}.{note.key}: {note.text}")
    running, timings = labs.up(spec, args.driver, timeout)
    gone = ended(spec, running)
    if args.json:
        say_json(
            {
                "run": running.run,
                "created_s": timings.created_s,
                "ready_s": timings.ready_s,
                "ended": [{"host": one.host, "exit_code": one.exit_code} for one in gone],
            }
        )
    else:
        daemons = f"{len(gone)} of them ended already" if gone else f"daemons ready after {timings.ready_s:.2f} s"
        say(f"{spec.name} is up as {running.run}")
        say(f"  {len(spec.hosts)} hosts after {timings.created_s:.2f} s, {daemons}")
        say(f"  down with: chaoskit lab down {running.title}")
    for one in gone:
        hint = f"\n    {one.hint}" if one.hint else ""
        complain(f"{one.where}: host {one.host} ended with exit code {one.exit_code}\n{one.log}{hint}")
    return ERROR if gone else PASS
