"""Steps to JSON and back, as the journal needs them."""

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import StepError
from chaoskit.core.step import Step
from chaoskit.steps.codec import decode, encode
from chaoskit.steps.link import SetLink
from chaoskit.steps.nft import Nft
from chaoskit.steps.pause import Pause
from chaoskit.steps.power_off import PowerOff
from chaoskit.steps.registry import step_kinds
from chaoskit.steps.signal import ENDING, Signal
from chaoskit.steps.stop import Stop

words = st.text(max_size=12)
ADDRESSES = st.lists(st.ip_addresses(v=4).map(str), max_size=3).map(tuple)
STEPS = st.one_of(
    st.builds(Signal, words, st.sampled_from(ENDING)),
    st.builds(Stop, words),
    st.builds(PowerOff, words),
    st.builds(Pause, words),
    st.builds(SetLink, words, words, words, st.booleans()),
    st.builds(
        Nft,
        words,
        words,
        words,
        st.dictionaries(words, ADDRESSES, max_size=2),
        st.lists(words, max_size=2).map(tuple),
        st.integers(0, 10**12),
    ),
)


@given(STEPS)
def test_a_step_survives_the_journal(step: Step) -> None:
    """What is decoded from JSON text equals what was encoded, tuples included."""
    assert decode(json.loads(json.dumps(encode(step)))) == step


def test_every_kind_takes_part_in_the_round_trip() -> None:
    """The strategy above makes a step of each registered kind of this package."""
    made = {"signal", "stop", "power_off", "pause", "link", "nft"}
    own = {name for name, kind in step_kinds().items() if kind.__module__.startswith("chaoskit.steps")}
    assert own == made


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
