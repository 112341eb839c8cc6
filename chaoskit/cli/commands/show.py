"""Show an experiment, or how an action, probe or check is called and what its parameters mean."""

from __future__ import annotations

import argparse

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json
from chaoskit.cli.status import PASS
from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean

HELP = "show an experiment, or an action, probe or check with its parameters"
EXAMPLES = """\
  chaoskit show gslb.pool_death      an experiment: claim, timeline, checks, arms
  chaoskit show crash                an action: parameters, units, how it is undone
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("name", metavar="NAME", help="an experiment's id, or an action's, probe's or check's name")
    options.params(parser)
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show what the name means."""
    from chaoskit.cli import describe
    from chaoskit.engine.registry import every_kind

    kinds = [kind for kind in every_kind() if kind.name == args.name]
    if kinds and args.json:
        say_json([describe.kind_json(kind) for kind in kinds])
    elif kinds:
        say("\n\n".join("\n".join(describe.kind_lines(kind)) for kind in kinds))
    else:
        _experiments(args)
    return PASS


def _experiments(args: argparse.Namespace) -> None:
    from chaoskit.cli import describe
    from chaoskit.engine.discovery import select

    try:
        found = select([args.name], overrides=options.overrides(args.set))
    except UsageError as error:
        raise _with_kinds(args.name, error) from None
    if args.json:
        say_json([describe.experiment_json(each) for each in found])
    else:
        say("\n\n".join("\n".join(describe.experiment_lines(each)) for each in found))


def _with_kinds(name: str, error: UsageError) -> UsageError:
    """The same error, or one that names the nearest action, probe or check."""
    from chaoskit.engine.registry import every_kind

    hint = did_you_mean(name, [kind.name for kind in every_kind()])
    return UsageError(f"nothing is called {name!r}", remedy=hint.strip()) if hint else error
