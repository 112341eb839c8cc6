"""Binding: kinds are functions whose first parameter is given later, by the engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.where import caller


def without_first(function: Callable[..., Any]) -> inspect.Signature:
    """What an author of experiments may give: the signature without the parameter that the engine fills in."""
    signature = inspect.signature(function)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def validated(accepts: Callable[[Mapping[str, Any]], None] | None, arguments: Mapping[str, Any]) -> None:
    """Let a kind look at the arguments it was given, where they are written.

    Raises:
        DefinitionError: they make no sense; the message starts with file and line.
    """
    try:
        if accepts is not None:
            accepts(arguments)
    except UsageError as error:
        raise DefinitionError(f"{caller()}: {error.args[0]}", remedy=error.remedy) from None


def bound(
    name: str, signature: inspect.Signature, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> dict[str, Any]:
    """The arguments by name, defaults included.

    Raises:
        TypeError: they do not fit the signature; the message says whose.
    """
    try:
        given = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None
    given.apply_defaults()
    return dict(given.arguments)
