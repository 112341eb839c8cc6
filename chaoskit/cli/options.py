"""Options that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from chaoskit.core.arm import GUARDED
from chaoskit.core.errors import UsageError

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
        "--seed", type=_count, default=0, metavar="N", help="decides arrivals and picks; the same seed repeats them"
    )


def _count(text: str) -> int:
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
    parser.add_argument("--driver", choices=DRIVERS, default="native", help="how the lab is brought up (native)")


def owner(parser: argparse.ArgumentParser) -> None:
    """`--i-own-the-target`."""
    parser.add_argument(
        "--i-own-the-target",
        action="store_true",
        dest="owns_target",
        help="you may put load on the system elsewhere that the experiment names; without, load goes to labs only",
    )


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
    runs(parser)
    as_json(parser)
    parser.add_argument(
        "--unknown", choices=("error", "warn"), default="error", help="warn: an unknown verdict exits 0 with a warning"
    )
    parser.add_argument(
        "--rerun-unknown", type=_count, default=0, metavar="N", help="run again, up to N times, what came out unknown"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML as well")
