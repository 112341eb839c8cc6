"""Show what this machine can and cannot run, and install what it lacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json, say_table, tell
from chaoskit.cli.status import ERROR, PASS

if TYPE_CHECKING:
    from chaoskit.engine.doctor.fact import Fact

HELP = "show what this machine can and cannot run; --fix installs what it lacks"
EXAMPLES = """\
  chaoskit doctor                          what works here, what stands in, what is missing
  chaoskit doctor --for gslb               only what the lab gslb needs; exit 3 if it cannot run
  chaoskit doctor --fix --for gslb --yes   install its daemons by apt; nothing is started on this machine
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("--for", dest="lab", metavar="LAB", help="what one lab and its twins need: a name or a file")
    parser.add_argument("--fix", action="store_true", help="install missing packages by apt; starts no service")
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and with `--fix` install and look again; exit 3 where what is needed is missing."""
    facts = _look(args.lab)
    if args.fix and _fix(facts, asked=args.yes):
        facts = _look(args.lab)
    if args.json:
        say_json([_fact_json(fact) for fact in facts])
    else:
        _show(facts)
    return ERROR if any(fact.needed and fact.standing == "missing" for fact in facts) else PASS


def _look(lab: str | None) -> tuple[Fact, ...]:
    from chaoskit.engine.doctor.daemons import daemons
    from chaoskit.engine.doctor.fact import every_fact

    return (*every_fact(), *daemons(lab))


def _fix(facts: Sequence[Fact], *, asked: bool) -> bool:
    """Install what is missing; whether anything was."""
    from chaoskit.engine.doctor.install import command, install

    packages = sorted({fact.package for fact in facts if fact.standing == "missing" and fact.package})
    if not packages:
        tell("Nothing to install.")
        return False
    if not asked and not _agreed(command(packages)):
        return False
    for unit in install(packages):
        tell(f"{unit} will not start at the next boot: labs start their own daemons.")
    return True


def _agreed(command: str) -> bool:
    tell(f"This would run:\n  {command}\nand start no service.")
    if not sys.stdin.isatty():
        tell("Say --yes to do it.")
        return False
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(facts: Sequence[Fact]) -> None:
    rows = [(fact.name, str(fact.standing), fact.value, _follows(fact)) for fact in facts]
    say_table(rows, header=("what", "", "found", "means"))
    missing = [fact.package for fact in facts if fact.standing == "missing" and fact.package]
    if missing:
        say(f"\n`chaoskit doctor --fix` installs: {', '.join(sorted(set(missing)))}")


def _follows(fact: Fact) -> str:
    if fact.standing == "substitute" and fact.group == "facility":
        return f"instead: {fact.means}"
    return ". ".join(part for part in (fact.means, fact.remedy) if part)


def _fact_json(fact: Fact) -> dict[str, object]:
    return {
        "name": fact.name,
        "group": fact.group,
        "standing": str(fact.standing),
        "found": fact.value,
        "means": fact.means,
        "remedy": fact.remedy,
        "package": fact.package,
        "needed": fact.needed,
    }
