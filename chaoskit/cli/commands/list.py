"""List experiments: chaoskit's own, the project's and those of plug-ins; or what they are made of."""

from __future__ import annotations

import argparse

from chaoskit.cli import options
from chaoskit.cli.output import complain, say_json, say_table
from chaoskit.cli.status import ERROR, PASS

HELP = "list experiments, or the actions, probes, checks and loads they are made of"
EXAMPLES = """\
  chaoskit list                list experiments
  chaoskit list --json         the same for a machine
  chaoskit list --actions      what can be done to a lab
  chaoskit list --loads        requests, arrivals, shapes of their rate, namings
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    what = parser.add_mutually_exclusive_group()
    for group in ("actions", "probes", "checks", "loads"):
        what.add_argument(f"--{group}", action="store_const", const=group, dest="group", help=f"list {group}")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """List them; a file of experiments that cannot be loaded is an error, after the others."""
    if args.group == "loads":
        return _loads(as_json=args.json)
    return _kinds(args.group, as_json=args.json) if args.group else _experiments(as_json=args.json)


def _experiments(*, as_json: bool) -> int:
    from chaoskit.cli.describe import experiment_json
    from chaoskit.engine.discovery import discover

    discovery = discover()
    if as_json:
        say_json([experiment_json(found) for found in discovery.found])
    else:
        rows = [(found.id, ", ".join(found.experiment.arms), found.experiment.claim) for found in discovery.found]
        say_table(rows, header=("id", "arms", "claim"))
    for broken in discovery.broken:
        complain(str(broken.error))
    return ERROR if discovery.broken else PASS


def _kinds(group: str, *, as_json: bool) -> int:
    from chaoskit.cli.describe import kind_json
    from chaoskit.engine.registry import kinds

    if as_json:
        say_json([kind_json(kind) for kind in kinds(group)])
    else:
        say_table([(kind.name, kind.module, kind.summary) for kind in kinds(group)], header=("name", "module", ""))
    return PASS


def _loads(*, as_json: bool) -> int:
    from chaoskit.cli.describe import kind_json
    from chaoskit.engine.words import load_words

    if as_json:
        say_json([kind_json(word) for word in load_words()])
    else:
        rows = [(word.name, word.group, word.module, word.summary) for word in load_words()]
        say_table(rows, header=("name", "group", "module", ""))
    return PASS
