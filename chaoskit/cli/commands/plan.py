"""Print what a run would do, when, and to whom; starts nothing and changes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json, warn
from chaoskit.cli.status import PASS

if TYPE_CHECKING:
    from chaoskit.engine.plan import Plan
    from chaoskit.engine.prove import Choice

HELP = "print what a run would do, and to whom; touches nothing"
EXAMPLES = """\
  chaoskit plan gslb.pool_death                      steps, loads, bounds with their sums, sample sizes
  chaoskit plan gslb.pool_death --arm plain-dns      the same for a twin
  chaoskit plan chaos/shop.py::checkout --json       an experiment of yours, for a machine
  chaoskit plan chaos/shop.py --attach shop          on a project that is running: which engine, which containers
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    options.experiments(parser)
    options.arm(parser)
    options.seed(parser)
    options.driver(parser)
    options.attach(parser)
    options.params(parser)
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Plan and print."""
    from chaoskit.cli.plan_text import plan_lines, plan_warnings
    from chaoskit.engine.discovery import select
    from chaoskit.engine.plan_json import plan_json
    from chaoskit.engine.prove import Choice
    from chaoskit.labs.drivers import NATIVE
    from chaoskit.labs.native import preflight

    found = select(args.ids, overrides=options.overrides(args.set))
    choice = Choice(args.seed, args.driver, args.arm, attachment=options.attachment(args))
    plans = [choice.plan(each) for each in found]
    if args.json:
        say_json([plan_json(plan) for plan in plans] if len(plans) > 1 else plan_json(plans[0]))
    else:
        say("\n\n".join("\n".join(plan_lines(plan)) for plan in plans))
    for warning in (text for plan in plans for text in (*plan_warnings(plan), *_unchanged(args, plan, choice))):
        warn(warning)
    for problem in dict.fromkeys(preflight.problem(plan.spec) for plan in plans if plan.driver == NATIVE):
        if problem:
            warn(problem)
    return PASS


def _unchanged(args: argparse.Namespace, plan: Plan, choice: Choice) -> Iterator[str]:
    """Say which of the parameters that were set is rather another experiment's, of the same file."""
    from chaoskit.cli.plan_text import plan_lines
    from chaoskit.engine.discovery import select

    given = options.overrides(args.set)
    for name, value in given.items():
        others = {other: text for other, text in given.items() if other != name}
        (found,) = select([plan.found.operand], overrides=others)
        if str(found.params.get(name)) == value:
            continue  # what it is by default
        without = choice.plan(found)
        own = f"{name} = {value}", f"{name} = {found.params.get(name)}"
        kept = [[line for line in plan_lines(one) if not line.endswith(own)] for one in (plan, without)]
        if kept[0] == kept[1]:
            yield f"{plan.found.id}: --set {name}={value} changes nothing of what is planned"
