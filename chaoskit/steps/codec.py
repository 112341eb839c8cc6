"""Steps as the journal has them: a dictionary of JSON values, from which another process makes the same step.

{"kind": "signal", "host": "web-eu-1", "signal": "KILL"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from chaoskit.core.errors import StepError
from chaoskit.core.step import Json, Step
from chaoskit.core.suggest import did_you_mean
from chaoskit.steps.registry import step_kinds


def encode(step: Step) -> dict[str, Json]:
    """The step as JSON values.

    Raises:
        StepError: its kind is not registered, so no other process could undo it.
    """
    known = step_kinds().get(step.kind)
    if known is not type(step):
        raise StepError(
            f"the step kind {step.kind!r} of {type(step).__module__} is not registered",
            remedy="Only a registered kind can be undone by another process: name the class under the entry-point "
            "group chaoskit.steps of an installed distribution.",
        )
    return {"kind": step.kind, **{name: _to_json(getattr(step, name)) for name in _field_names(known)}}


def decode(data: Mapping[str, Json]) -> Step:
    """The step that `encode` was given.

    Raises:
        StepError: nobody here knows the kind, or its fields are others.
    """
    kind = str(data.get("kind"))
    known = step_kinds().get(kind)
    if known is None:
        raise StepError(
            f"no step kind {kind!r} is known here",
            remedy=f"{did_you_mean(kind, step_kinds())}A plug-in that was there when the journal was written may be "
            "missing, or chaoskit was newer then.",
        )
    given = {name: _from_json(value) for name, value in data.items() if name != "kind"}
    expected = _field_names(known)
    if set(given) != set(expected):
        raise StepError(f"the step kind {kind!r} has the fields {', '.join(expected)}, not {', '.join(given)}")
    return known(**given)


def _field_names(kind: type[Step]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))  # type: ignore[arg-type]  # the registry holds dataclasses only


def _to_json(value: Any) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise StepError(f"{value!r} is no JSON value and cannot be a field of a step")


def _from_json(value: Json) -> Any:
    if isinstance(value, dict):
        return {key: _from_json(item) for key, item in value.items()}
    return tuple(_from_json(item) for item in value) if isinstance(value, list) else value
