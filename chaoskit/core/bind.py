"""Binding: kinds are functions whose first parameter is given later, by the engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def without_first(function: Callable[..., Any]) -> inspect.Signature:
    """What an author of experiments may give: the signature without the parameter that the engine fills in."""
    signature = inspect.signature(function)
    return signature.replace(parameters=list(signature.parameters.values())[1:])
