"""Show an experiment, or how a word that experiments are written with is called and what its parameters mean."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json
from chaoskit.cli.status import PASS
from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean

if TYPE_CHECKING:
    from chaoskit.engine.registry import Registered
    from chaoskit.engine.words import Word

HELP = "show an experiment, or an action, probe, check or other word with its parameters"
EXAMPLES = """\
  chaoskit show gslb.pool_death      an experiment: claim, timeline, checks, arms
  chaoskit show crash                an action: parameters, units, how it is undone
  chaoskit show lookup               a request of a load; so are get, poisson, ramp, registry
  chaoskit show at                   a word of experiments: at, window, found_by, Twin
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("name", metavar="NAME", help="an experiment's id, or the name of what one is made of")
    options.params(parser)
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show what the name means."""
    from chaoskit.cli import describe

    kinds = [kind for kind in _vocabulary() if kind.name == args.name]
    if kinds and args.json:
        say_json([describe.kind_json(kind) for kind in kinds])
    elif kinds:
        say("\n\n".join("\n".join(describe.kind_lines(kind)) for kind in kinds))
    else:
        _experiments(args)
    return PASS


def _vocabulary() -> tuple[Registered | Word, ...]:
    from chaoskit.engine.registry import every_kind
    from chaoskit.engine.words import every_word

    return (*every_kind(), *every_word())


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
    """The same error, or one that names the nearest word."""
    hint = did_you_mean(name, [kind.name for kind in _vocabulary()])
    return UsageError(f"nothing is called {name!r}", remedy=hint.strip()) if hint else error
