"""Which protocols loads speak: those of this package, and those that installed distributions bring."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.loads import protocols

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client, Job

    Opener = Callable[[Engine, Job, Client], Stream]

GROUP = "chaoskit.protocols"
"""The entry-point group for protocols of others; an entry has the protocol's name and names its `open_stream`."""


def protocol_names() -> tuple[str, ...]:
    """Every protocol there is, in order of the alphabet; none is imported."""
    return tuple(sorted(_own() | {entry.name for entry in entry_points(group=GROUP)}))


def _own() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(protocols.__path__))


def require(protocol: str) -> None:
    """Pass a protocol that there is.

    Raises:
        UsageError: there is none of that name.
    """
    if protocol not in _own() and protocol not in protocol_names():
        known = ", ".join(protocol_names())
        raise UsageError(f"no load generator speaks {protocol!r}", remedy=f"There are: {known}.")


def opener(protocol: str) -> Opener:
    """What opens streams of a protocol.

    Raises:
        UsageError: there is none of that name.
        DefinitionError: its module has no `open_stream`, or its entry point names something else.
    """
    require(protocol)
    if protocol in _own():
        found = getattr(importlib.import_module(f"{protocols.__name__}.{protocol}"), "open_stream", None)
    else:
        (entry, *_) = entry_points(group=GROUP, name=protocol)
        found = entry.load()
    if not callable(found):
        raise DefinitionError(
            f"the protocol {protocol!r} has nothing that opens a stream",
            remedy="Its module needs a function open_stream(engine, job, client).",
        )
    return cast("Opener", found)
