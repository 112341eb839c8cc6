"""Functions by name: a step is data, so what it runs in a process of its own is written `package.module:function`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from chaoskit.core.errors import StepError


def reference(function: Callable[..., Any]) -> str:
    """The words that mean a function: its module and name, or, where nobody can import that, its file and name.

    Raises:
        StepError: it has no name of its own at the top of its module, so no other process could find it.
    """
    name, module = function.__qualname__, function.__module__
    if not name.isidentifier():
        raise StepError(f"{name} of {module} cannot be named", remedy="Define it at the top of its module, with `def`.")
    return f"{module if _importable(module) else Path(function.__code__.co_filename).resolve()}:{name}"


def resolve(words: str) -> Callable[..., Any]:
    """The function that `reference` was given.

    Raises:
        StepError: there is none of that name.
    """
    place, _, name = words.rpartition(":")
    try:
        function = getattr(_module(place), name)
    except (ImportError, AttributeError, OSError) as error:
        raise StepError(f"there is no function {words}: {error}") from error
    if not callable(function):
        raise StepError(f"{words} is no function")
    return function  # type: ignore[no-any-return]  # whatever it is, it can be called


def _importable(module: str) -> bool:
    try:
        return module != "__main__" and importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _module(place: str) -> ModuleType:
    if not place.endswith(".py"):
        return importlib.import_module(place)
    if place in sys.modules:
        return sys.modules[place]
    spec = importlib.util.spec_from_file_location(Path(place).stem, place)
    if spec is None or spec.loader is None:
        raise ImportError(f"{place} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[place] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
