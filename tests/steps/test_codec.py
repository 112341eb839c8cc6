"""Steps to JSON and back, as the journal needs them."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaoskit.core.errors import StepError
from chaoskit.core.step import Step
from chaoskit.steps.codec import decode, encode
from chaoskit.steps.registry import step_kinds
from chaoskit.steps.signal import ENDING
from chaoskit.steps.stop import Stop

WORDS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=2).map(tuple) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
ONLY: dict[str, dict[str, st.SearchStrategy[Any]]] = {"signal": {"signal": st.sampled_from(ENDING)}}
"""Fields of which not every value of their type makes sense, by kind."""


def made(kind: type[Step]) -> st.SearchStrategy[Step]:
    """Steps of a kind, each field any value of its type."""
    fields = {name: of_type(hint) for name, hint in hints(kind).items()} | ONLY.get(kind.kind, {})
    return st.builds(kind, **fields)


def hints(kind: type[Step]) -> dict[str, Any]:
    """The declared type of each field."""
    known = get_type_hints(kind)
    return {field.name: known[field.name] for field in dataclasses.fields(kind)}  # type: ignore[arg-type]


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type: words, numbers, truths, and tuples and mappings of them; any JSON else."""
    plain: dict[Any, st.SearchStrategy[Any]] = {str: WORDS, int: st.integers(), bool: st.booleans()}
    origin, inner = get_origin(hint), get_args(hint)
    if hint in plain:
        return plain[hint]
    if origin is tuple:
        return st.lists(of_type(inner[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(of_type(inner[0]), of_type(inner[1]), max_size=2)
    return VALUES


@pytest.mark.parametrize("kind", step_kinds().values(), ids=list(step_kinds()))
@settings(max_examples=30)
@given(data=st.data())
def test_a_step_survives_the_journal(kind: type[Step], data: st.DataObject) -> None:
    """What is decoded from JSON text equals what was encoded, tuples included, whatever the kind."""
    step = data.draw(made(kind))
    assert decode(json.loads(json.dumps(encode(step)))) == step


def test_a_kind_nobody_knows_is_an_error_that_names_the_nearest() -> None:
    """A journal of a plug-in that is gone, or of a newer version, is refused clearly."""
    with pytest.raises(StepError, match=r"no step kind 'signl'[\s\S]*Did you mean 'signal'"):
        decode({"kind": "signl", "host": "a"})


@pytest.mark.parametrize("data", [{"kind": "stop"}, {"kind": "stop", "host": "a", "grace": 3}])
def test_fields_that_the_kind_does_not_have_are_an_error(data: dict[str, str | int]) -> None:
    """Neither a missing field nor a further one is guessed at."""
    with pytest.raises(StepError, match="has the fields host, not"):
        decode(data)


def test_an_unregistered_step_cannot_be_journalled() -> None:
    """No other process could make it again, so it must not be done at all."""

    @dataclass(frozen=True)
    class Loose(Stop):
        kind: ClassVar[str] = "loose"

    with pytest.raises(StepError, match=r"'loose'.*not registered"):
        encode(Loose("a"))


def test_a_field_that_is_no_json_value_is_an_error() -> None:
    """A set, say, would come back as something else."""
    with pytest.raises(StepError, match="no JSON value"):
        encode(Stop({"a"}))  # type: ignore[arg-type]
