"""`param`: a value of an experiment that `--set` or the environment may change.

An experiment's module is executed anew with the overrides in force, so what `param` returns is a
plain value and the experiment stays frozen data. Every value used is recorded with the run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from chaoskit.core.errors import UsageError

T = TypeVar("T", str, int, float, bool)


@dataclass
class Params:
    """The overrides in force while experiments are loaded, and every value that was asked for."""

    overrides: Mapping[str, str]
    used: dict[str, str | int | float | bool] = field(default_factory=dict)

    def unused(self) -> list[str]:
        """Names that were overridden but that no loaded experiment declares."""
        return sorted(set(self.overrides) - set(self.used))


_current: ContextVar[Params | None] = ContextVar("params", default=None)


@contextmanager
def params(overrides: Mapping[str, str]) -> Iterator[Params]:
    """Execute experiment modules under these overrides."""
    scope = Params(dict(overrides))
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


def param(name: str, default: T) -> T:
    """The value of a parameter: `--set NAME=VALUE`, else `CHAOSKIT_NAME`, else the default.

    The default's type is the parameter's type.

    Raises:
        UsageError: the override cannot be read as the default's type.
    """
    scope = _current.get()
    text = scope.overrides.get(name) if scope else None
    if text is None:
        text = os.environ.get(f"CHAOSKIT_{name.upper()}")
    value = default if text is None else _read(name, text, default)
    if scope is not None:
        scope.used[name] = value
    return value


def _read(name: str, text: str, default: T) -> T:
    kind = type(default)
    if kind is bool:
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise UsageError(f"parameter {name} is true or false, not {text!r}")
        return kind(text.lower() in ("true", "1", "yes"))
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f"parameter {name} is a {kind.__name__}, not {text!r}") from None
