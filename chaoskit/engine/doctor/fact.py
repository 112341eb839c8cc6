"""One fact about this machine, and what follows from it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
        group: `machine`, `tool`, `facility`, `docker`, `daemon` or `image`.
        value: what was found, in a few words.
        means: what follows for a user; for a substitute which one is used, for a missing one what does not run.
        remedy: what to do about it.
        package: the Debian package that brings it; what `--fix` installs.
        needed: what was asked about does not run without it.
    """

    name: str
    group: str
    standing: Standing
    value: str
    means: str = ""
    remedy: str = ""
    package: str = ""
    needed: bool = False


def every_fact(driver: str = "native") -> tuple[Fact, ...]:
    """All that is known about this machine, daemons and images apart; takes about a second and changes nothing.

    Args:
        driver: what labs are to be brought up by; what it alone lives on is needed, what the other does is not.
    """
    return tuple(_for(driver, fact) for fact in _walk())


_ONLY = {"docker": "docker", "overlay of /": "native"}
"""Groups and facts that one driver alone needs."""


def _for(driver: str, fact: Fact) -> Fact:
    only = _ONLY.get(fact.group) or _ONLY.get(fact.name)
    return replace(fact, needed=only == driver) if only else fact


def _walk() -> Iterator[Fact]:
    package = importlib.import_module("chaoskit.engine.doctor.facts")
    for info in pkgutil.iter_modules(package.__path__):
        yield from importlib.import_module(f"{package.__name__}.{info.name}").facts()
