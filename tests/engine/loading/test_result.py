"""What a load came to."""

from __future__ import annotations

import pytest

from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from tests.engine.loading.results import batch, result


def test_outcomes_add_up_to_what_was_due() -> None:
    """What was under way at a stop is a class of its own."""
    load = result(batch([1000] * 5), batch([10] * 2, Outcome.REFUSED), abandoned=3)
    assert load.outcomes == {"ok": 5, "refused": 2, "abandoned": 3}
    assert sum(load.outcomes.values()) == load.scheduled == 10


def test_the_rate_is_of_answers() -> None:
    """An error of the server is one; a time-out or a refusal is none."""
    load = result(
        batch([1] * 10), batch([1] * 5, Outcome.UNAVAILABLE), batch([1] * 9, Outcome.RESPONSE_TIMEOUT), duration=3 * NS
    )
    assert load.rate == pytest.approx(5)


def test_percentiles_are_of_successes_in_seconds() -> None:
    """By nearest rank, 1.6 % off at most; the longest exactly."""
    load = result(batch(range(1000, 100_001, 1000)), batch([1] * 900, Outcome.SERVER_ERROR))
    assert load.latency == {
        "p50": pytest.approx(0.05, rel=0.016),
        "p90": pytest.approx(0.09, rel=0.016),
        "p99": pytest.approx(0.099, rel=0.016),
        "p99.9": pytest.approx(0.1, rel=0.016),
        "max": 0.1,
    }


def test_without_a_success_there_is_no_latency() -> None:
    """Nothing is made up; the generator's lag is known all the same."""
    load = result(batch([1] * 3, Outcome.REFUSED, lag=200))
    assert set(load.latency.values()) == {None}
    assert load.lag["max"] == pytest.approx(0.0002)
    assert load.believed


@pytest.mark.parametrize(("lag", "believed"), [(49_000, True), (51_000, False)])
def test_a_late_generator_is_not_believed(lag: int, believed: bool) -> None:
    """Up to 50 ms, as a run's gate has it."""
    assert result(batch([1000] * 100, lag=lag)).believed is believed
