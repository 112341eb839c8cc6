"""A run's environment as pairs of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaoskit.core.step import Json


def flat(environment: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """`("daemons haproxy", "2.6.12")` of nested mappings, in their order."""
    for name, value in environment.items():
        if isinstance(value, Mapping):
            for inner, text in flat(value):
                yield f"{name} {inner}", text
        elif isinstance(value, list | tuple):
            yield name, ", ".join(str(item) for item in value)
        else:
            yield name, str(value)
