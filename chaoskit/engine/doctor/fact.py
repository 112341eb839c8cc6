"""One fact about this machine, and what follows from it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a fact stands."""

    OK = "ok"
    SUBSTITUTE = "substitute"
    """Not there; something else does its work."""
    MISSING = "missing"
    """Not there; what needs it does not run."""


OK, SUBSTITUTE, MISSING = Standing.OK, Standing.SUBSTITUTE, Standing.MISSING


@dataclass(frozen=True)
class Fact:
    """What was looked at, and what it means.

    Attributes:
        group: `machine`, `tool`, `facility` or `daemon`.
        value: what was found, in a few words.
        means: what follows for a user; for a substitute which one is used, for a missing one what does not run.
        remedy: what to do about it.
        package: the Debian package that brings it; what `--fix` installs.
        needed: no native lab runs without it.
    """

    name: str
    group: str
    standing: Standing
    value: str
    means: str = ""
    remedy: str = ""
    package: str = ""
    needed: bool = False


def every_fact() -> tuple[Fact, ...]:
    """All that is known about this machine, daemons apart; takes about a second and changes nothing."""
    return tuple(_walk())


def _walk() -> Iterator[Fact]:
    package = importlib.import_module("chaoskit.engine.doctor.facts")
    for info in pkgutil.iter_modules(package.__path__):
        yield from importlib.import_module(f"{package.__name__}.{info.name}").facts()
