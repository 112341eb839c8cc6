"""Operands that the commands about labs share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaoskit.labs.spec import LabSpec


def lab_file(parser: argparse.ArgumentParser) -> None:
    """A lab that may not be up: `LAB [-f OVERLAY]...`."""
    parser.add_argument("lab", metavar="LAB", help="a shipped lab's name, a Compose file, or a folder that holds one")
    parser.add_argument(
        "-f",
        "--file",
        action="append",
        default=[],
        dest="overlays",
        metavar="OVERLAY",
        help="a further Compose file, merged over it as docker compose does; may be repeated",
    )


def running_lab(parser: argparse.ArgumentParser, *, host: bool) -> None:
    """A lab that is up: `LAB`, and `HOST` where one host is meant."""
    parser.add_argument("lab", metavar="LAB", help="a lab that is up: its name, or a run's name or part of it")
    if host:
        parser.add_argument("host", metavar="HOST", help="a host of it")


def read(args: argparse.Namespace) -> LabSpec:
    """What the operands of `lab_file` mean.

    Raises:
        UsageError: there is no such lab.
        LabError: a file cannot be read.
    """
    from chaoskit.labs.find import lab_argument
    from chaoskit.labs.load import load_lab

    return load_lab(lab_argument(args.lab, args.overlays))
