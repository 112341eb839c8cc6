"""Checks: pure functions from a history to a verdict.

    @check
    def availability(history: History, load: Load, *, at_least: float, outside: Window | None = None) -> Verdict:
        '''The share of successful requests.'''
        ...

    available = availability(shoppers, at_least=0.999, outside=failover)     # a value; nothing is judged

A check may also say beforehand how many samples it expects and needs; `plan` shows both:

    @availability.samples
    def _(forecast: Forecast, load: Load, *, at_least: float, outside: Window | None = None) -> Samples: ...

And it may look at its arguments where they are written, so that a mistake is an error with file and line:

    @availability.accepts
    def _(given: Mapping[str, Any]) -> None:
        fraction(given["at_least"])
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec

from chaoskit.core.bind import bound, validated, without_first
from chaoskit.core.errors import ChaoskitError
from chaoskit.core.load import Load
from chaoskit.core.selector import Selector
from chaoskit.core.verdict import Verdict, unknown
from chaoskit.core.where import Where, caller

if TYPE_CHECKING:
    from chaoskit.core.forecast import Forecast
    from chaoskit.core.history import History

P = ParamSpec("P")


@dataclass(frozen=True)
class Samples:
    """How many independent samples a check will get if all goes to plan, and how many it needs."""

    expected: int
    needed: int


@dataclass(frozen=True, eq=False)
class Check:
    """A check bound to its arguments."""

    kind: str
    arguments: Mapping[str, object]
    decide: Callable[[History], Verdict]
    forecast: Callable[[Forecast], Samples | None]
    label: str | None = None
    where: Where = field(default_factory=caller)
    weighs: bool = False

    def named(self, label: str) -> Check:
        """The same check under a name of its own."""
        return replace(self, label=label)

    def judge(self, history: History) -> Verdict:
        """The verdict; a check that raises is unknown, and the reason says what it raised."""
        one_in = history.meta.one_success_in
        if one_in > 1 and not self.weighs and any(isinstance(each, Load) for each in _each(self.arguments.values())):
            return unknown(
                f"of {one_in:,} successful requests one has a row in this history, and the check needs all of them",
                remedy="Run the experiment without one_success_in=.",
            )
        try:
            return self.decide(history)
        except ChaoskitError as error:
            return unknown(str(error.args[0]), remedy=error.remedy)
        except Exception as error:  # noqa: BLE001  a crashed check must not take the others' verdicts with it
            return unknown(f"the check itself failed: {type(error).__name__}: {error}", remedy=f"See {self.where}.")

    def __str__(self) -> str:
        shown = [_shown(key, value) for key, value in self.arguments.items() if value is not None]
        return f"{self.kind}({', '.join(shown)})"


def _each(values: Iterable[object]) -> Iterator[object]:
    """Arguments, and those that are given several at a time."""
    for value in values:
        yield from value if isinstance(value, tuple | list) else (value,)


def _shown(key: str, value: object) -> str:
    return f"{key}={_word(value)}"


def _word(value: object) -> object:
    if isinstance(value, str | int | float | Selector):
        return value
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(str(_word(item)) for item in value)
    return getattr(value, "label", None) or type(value).__name__.lower()


class CheckKind(Generic[P]):
    """What `@check` makes of a judging function: calling it binds arguments."""

    def __init__(self, judge: Callable[Concatenate[History, P], Verdict]) -> None:
        functools.update_wrapper(self, judge)
        self.judge = judge
        self.name = judge.__name__
        self.signature = without_first(judge)
        self._samples: Callable[Concatenate[Forecast, P], Samples | None] | None = None
        self._accepts: Callable[[Mapping[str, Any]], None] | None = None
        self._weighs = False

    def weighs_rows(self) -> None:
        """Declare that the check counts a row for as many requests as it stands for (`Meta.one_success_in`).

        Others are unknown on a history in which not every request has a row.
        """
        self._weighs = True

    def samples(
        self, forecast: Callable[Concatenate[Forecast, P], Samples | None]
    ) -> Callable[Concatenate[Forecast, P], Samples | None]:
        """Declare how many samples the check expects and needs, from the plan alone; None when that cannot be said."""
        self._samples = forecast
        return forecast

    def accepts(self, validate: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        """Declare what looks at the arguments, defaults included, and raises UsageError when they make no sense."""
        self._accepts = validate
        return validate

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Check:
        """Bind the arguments; nothing is judged.

        Raises:
            DefinitionError: the arguments make no sense; the message starts with file and line.
        """
        given = bound(self.name, self.signature, args, kwargs)
        validated(self._accepts, given)
        return Check(
            self.name,
            given,
            lambda history: self.judge(history, *args, **kwargs),
            lambda forecast: self._samples(forecast, *args, **kwargs) if self._samples else None,
            where=caller(),
            weighs=self._weighs,
        )


def check(judge: Callable[Concatenate[History, P], Verdict]) -> CheckKind[P]:
    """Declare a check."""
    return CheckKind(judge)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A check over the histories of several arms, by arm: how the guarded one and its twins differ."""

    kind: str
    arguments: Mapping[str, object]
    decide: Callable[[Mapping[str, History]], Verdict]
    label: str | None = None
    where: Where = field(default_factory=caller)

    def named(self, label: str) -> Comparison:
        """The same comparison under a name of its own."""
        return replace(self, label=label)


class ComparisonKind(Generic[P]):
    """What `@compare` makes of a function: calling it binds arguments."""

    def __init__(self, judge: Callable[Concatenate[Mapping[str, History], P], Verdict]) -> None:
        functools.update_wrapper(self, judge)
        self.judge = judge
        self.name = judge.__name__
        self.signature = without_first(judge)
        self._accepts: Callable[[Mapping[str, Any]], None] | None = None

    def accepts(self, validate: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        """Declare what looks at the arguments, as for a check."""
        self._accepts = validate
        return validate

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Comparison:
        """Bind the arguments; nothing is judged.

        Raises:
            DefinitionError: the arguments make no sense; the message starts with file and line.
        """
        given = bound(self.name, self.signature, args, kwargs)
        validated(self._accepts, given)
        decide = lambda histories: self.judge(histories, *args, **kwargs)  # noqa: E731
        return Comparison(self.name, given, decide, where=caller())


def compare(judge: Callable[Concatenate[Mapping[str, History], P], Verdict]) -> ComparisonKind[P]:
    """Declare a comparison of arms."""
    return ComparisonKind(judge)
