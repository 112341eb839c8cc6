"""Options that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from chaoskit.core.arm import GUARDED
from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.units import duration, show_duration
from chaoskit.labs.attachment import LONGEST, Attachment, Permit

DRIVERS = ("native", "docker")


def experiments(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Operands: which experiments; `optional` where an option can say it as well."""
    parser.add_argument(
        "ids",
        nargs="*" if optional else "+",
        metavar="ID",
        help="an id (gslb.pool_death), a module (gslb), a glob ('gslb.*'), a file, a folder, or FILE::NAME",
    )


def params(parser: argparse.ArgumentParser) -> None:
    """`--set NAME=VALUE`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="set",
        help="change a parameter the experiment declares with param(); may be repeated",
    )


def overrides(pairs: Iterable[str]) -> dict[str, str]:
    """What `--set` was given.

    Raises:
        UsageError: one is not NAME=VALUE.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise UsageError(f"--set takes NAME=VALUE, not {pair!r}")
        found[name] = value
    return found


def arm(parser: argparse.ArgumentParser) -> None:
    """`--arm`."""
    parser.add_argument("--arm", default=GUARDED, metavar="ARM", help="which arm: guarded (default) or a twin's name")


def seed(parser: argparse.ArgumentParser) -> None:
    """`--seed`."""
    parser.add_argument(
        "--seed", type=count, default=0, metavar="N", help="decides arrivals and picks; the same seed repeats them"
    )


def count(text: str) -> int:
    """A whole number from 0 up, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 up is wanted, not {text!r}")
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 up is wanted, not {text!r}")
    return int(text)


def driver(parser: argparse.ArgumentParser) -> None:
    """`--driver`."""
    parser.add_argument(
        "--driver",
        type=_driver,
        default="native",
        metavar="{" + ",".join(DRIVERS) + "}",
        help="how the lab is brought up (native); one that an installed distribution brings is taken as well",
    )


def _driver(text: str) -> str:
    if text in DRIVERS:
        return text
    from chaoskit.labs.drivers import driver_names  # noqa: PLC0415  looking for distributions takes its time

    names = driver_names()
    if text not in names:
        raise argparse.ArgumentTypeError(f"there is no driver {text!r}. {did_you_mean(text, names)}{_listed(names)}")
    return text


def _listed(names: Iterable[str]) -> str:
    return f"There are: {', '.join(names)}."


def owner(parser: argparse.ArgumentParser) -> None:
    """`--i-own-the-target`."""
    parser.add_argument(
        "--i-own-the-target",
        action="store_true",
        dest="owns_target",
        help="you may put load on the system elsewhere that the experiment names; without, load goes to labs only",
    )


def attach(parser: argparse.ArgumentParser) -> None:
    """`--attach` and what goes with it."""
    group = parser.add_argument_group("a running Compose project, which stays up and is left as found")
    group.add_argument("--attach", metavar="PROJECT", help="act on this project, as `docker compose ls` names it")
    group.add_argument(
        "--client-network",
        metavar="NET",
        help="its network that load comes from (that of its published port)",
    )
    group.add_argument(
        "--longest", metavar="DURATION", help=f"how long a run on it may take ({show_duration(LONGEST)})"
    )
    for permit in Permit:
        group.add_argument(permit.flag, action="append_const", const=permit, dest="permits", help=_ALLOWS[permit])


_ALLOWS = {
    Permit.EVERY_INSTANCE: "faults may hit all instances of a service at once",
    Permit.PROTECTED: "faults may hit hosts labelled chaoskit.protected",
    Permit.ONE_SHOT: "actions that cannot be undone may be done",
    Permit.REMOTE_ENGINE: "the engine may be another machine's: by its API alone, namespaces cannot be entered",
}


def attachment(args: argparse.Namespace) -> Attachment | None:
    """The running project that `--attach` named, with what the user allows; None without it.

    Raises:
        UsageError: an option is about an attached project, and none is named; or a duration is none.
    """
    permits = frozenset(args.permits or ())
    if args.attach is None:
        given = [permit.flag for permit in permits]
        given += [
            flag for flag, value in (("--client-network", args.client_network), ("--longest", args.longest)) if value
        ]
        if given:
            raise UsageError(f"{given[0]} is about a running project: name it with --attach PROJECT")
        return None
    longest = LONGEST if args.longest is None else duration(args.longest)
    return Attachment(args.attach, args.client_network, permits, longest)


def as_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="answer in JSON, alone on stdout")


def runs(parser: argparse.ArgumentParser) -> None:
    """`--runs`."""
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="where run directories are made (runs/)"
    )


def running(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Options of every command that runs experiments."""
    experiments(parser, optional=optional)
    seed(parser)
    driver(parser)
    params(parser)
    owner(parser)
    attach(parser)
    runs(parser)
    as_json(parser)
    parser.add_argument(
        "--unknown", choices=("error", "warn"), default="error", help="warn: an unknown verdict exits 0 with a warning"
    )
    parser.add_argument(
        "--rerun-unknown", type=count, default=0, metavar="N", help="run again, up to N times, what came out unknown"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML as well")
