"""Show what this machine can and cannot run, and install what it lacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.output import say, say_json, say_table, tell
from chaoskit.cli.status import ERROR, PASS, UNKNOWN

if TYPE_CHECKING:
    from chaoskit.engine.doctor.fact import Fact

HELP = "show what this machine can and cannot run; --fix installs what it lacks"
EXAMPLES = """\
  chaoskit doctor                          what works here, what stands in, what is missing
  chaoskit doctor --for gslb               only what the lab gslb needs; exit 3 if it cannot run
  chaoskit doctor --fix --for gslb --yes   install its daemons by apt; nothing is started on this machine
  chaoskit doctor --driver docker          whether there is an engine with Compose; exit 3 if not
  chaoskit doctor --fix --driver docker --for gslb
                                           set the engine up and start it, and build the images of gslb
  chaoskit doctor --stop-engine            stop the engine that --fix started
  chaoskit doctor --calibrate              the highest rate the load generator drives here; takes up to 40 s
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("--for", dest="lab", metavar="LAB", help="what one lab and its twins need: a name or a file")
    parser.add_argument(
        "--driver",
        choices=options.DRIVERS,
        default="native",
        help="what labs are to be brought up by: as namespaces (native, the default) or as containers (docker)",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="install missing packages by apt; starts no service, but with --driver docker the engine where none runs",
    )
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    parser.add_argument("--stop-engine", action="store_true", help="stop the Docker engine that --fix started")
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="measure the highest rate the load generator drives within its lag bound, on a server of this machine",
    )
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and with `--fix` repair and look again; exit 3 where what is needed is missing."""
    if args.stop_engine:
        return _stop_engine()
    if args.calibrate:
        return _calibrate(as_json=args.json)
    facts = _look(args)
    if args.fix and _fix(facts, asked=args.yes):
        facts = _look(args)
    if args.json:
        say_json([_fact_json(fact) for fact in facts])
    else:
        _show(facts)
    return ERROR if any(fact.needed and fact.standing == "missing" for fact in facts) else PASS


def _stop_engine() -> int:
    from chaoskit.engine.doctor.dockerd import stop

    stop(tell)
    return PASS


def _calibrate(*, as_json: bool) -> int:
    from chaoskit.cli.calibration import calibration_json, calibration_rows, step_line
    from chaoskit.engine.doctor.calibration import calibrate

    found = calibrate(lambda step: tell(step_line(step)))
    if as_json:
        say_json(calibration_json(found))
    else:
        say_table(list(calibration_rows(found)))
    return PASS if found.best else UNKNOWN


def _look(args: argparse.Namespace) -> tuple[Fact, ...]:
    from chaoskit.engine.doctor.daemons import daemons
    from chaoskit.engine.doctor.fact import every_fact
    from chaoskit.engine.doctor.images import image_facts

    if args.driver == "docker":
        return (*every_fact(args.driver), *(image_facts(args.lab) if args.lab else ()))
    return (*every_fact(args.driver), *daemons(args.lab))


def _fix(facts: Sequence[Fact], *, asked: bool) -> bool:
    """Repair what can be repaired; whether anything was."""
    from chaoskit.engine.doctor.setup import repairs

    found = repairs(facts)
    if not found:
        tell("Nothing to install.")
        return False
    if not asked and not _agreed([repair.says for repair in found]):
        return False
    for repair in found:
        repair.do(tell)
    return True


def _agreed(lines: Sequence[str]) -> bool:
    tell("This would:")
    for line in lines:
        tell(f"  {line}")
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
