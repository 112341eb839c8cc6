import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks import moments
from chaoskit.checks.moments import Deadline, density, first_good, needed_to_hold, time_to
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Limit


@pytest.mark.parametrize(
    ("arrivals", "at_least", "fewest", "moment"),
    [
        ("1. 2. 3. 4. 5.", 1.0, 1, 0),
        ("1x 2x 3. 4. 5.", 1.0, 1, 3),
        ("1x 2. 3x 4. 5.", 1.0, 1, 4),
        ("1x 2. 3x 4. 5. 6. 7. 8.", 0.75, 3, 2),
        ("1x 2. 3x 4. 5. 6. 7. 8.", 0.8, 3, 4),
        ("1. 2x 3x 4x 5x", 1.0, 1, None),
        ("1. 9. 10. 11. 12.", 1.0, 3, 9),
        ("8x 9x 11. 12. 13.", 1.0, 3, None),
        ("3. 4. 5. 1x 2x", 1.0, 1, 3),
        ("", 1.0, 1, None),
    ],
)
def test_the_first_moment_from_which_the_criterion_holds(
    arrivals: str, at_least: float, fewest: int, moment: int | None
) -> None:
    """Good (.) and bad (x) arrivals at these moments, of which the next four must hold; no moment after ten counts.

    The arrival at the moment itself is part of the time, one exactly at its end is not.
    """
    words = arrivals.split()
    times = np.array([int(word[:-1]) for word in words], np.int64)
    good = np.array([word[-1] == "." for word in words], np.bool_)
    assert first_good(times, good, after=0, last=10, holding=4, at_least=at_least, fewest=fewest) == moment


@pytest.mark.parametrize(
    ("moment", "observed", "outcome", "measured"),
    [(7, 30, PASS, 2.0), (12, 30, PASS, 7.0), (13, 30, FAIL, 8.0), (None, 30, FAIL, None), (None, 12, UNKNOWN, None)],
)
def test_a_moment_is_held_to_its_deadline(
    moment: int | None, observed: int, outcome: str, measured: float | None
) -> None:
    """Seven seconds from the fifth on; without a moment it failed only where the record is long enough to tell."""
    due = Deadline(5 * NS, Limit("<=", 7.0), observed * NS)
    verdict = time_to(due, None if moment is None else moment * NS, "it holds", told_after=NS)
    assert (verdict.outcome, verdict.measured) == (outcome, measured)


def test_density_is_that_of_the_window() -> None:
    """Arrivals before and after the window do not make up for those it lacks."""
    times = np.concatenate([np.full(500, 4 * NS), np.arange(5, 12, 0.1) * NS, np.full(500, 20 * NS)]).astype(np.int64)
    assert density(times, Deadline(5 * NS, Limit("<=", 7.0), 30 * NS), NS) == 10
    assert density(times, Deadline(30 * NS, Limit("<=", 7.0), 30 * NS), NS) == 0


@pytest.mark.parametrize(
    ("at_least", "needed"), [(1.0, 100), (0.999, 100), (0.99, 100), (0.98, 50), (0.9, 20), (0.5, 20)]
)
def test_a_stricter_criterion_needs_more_arrivals(at_least: float, needed: int) -> None:
    """So many that one failure more or less does not decide, up to a hundred."""
    assert needed_to_hold(at_least) == needed


@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=60),
    st.integers(0, 20),
    st.integers(1, 8),
    st.sampled_from([0.5, 0.8, 1.0]),
    st.sampled_from([1, 3, 1 << 16]),
)
def test_the_moment_is_the_one_a_plain_search_finds(
    arrivals: list[tuple[int, bool]], after: int, holding: int, at_least: float, at_once: int
) -> None:
    """However many arrivals are looked at in one go, and in whatever order they are recorded."""
    times = np.array([t for t, _ in arrivals], np.int64)
    good = np.array([fine for _, fine in arrivals], np.bool_)

    def holds(moment: int) -> bool:
        inside = [fine for t, fine in arrivals if moment <= t < moment + holding]
        return sum(inside) >= max(2, at_least * len(inside))

    candidates = [after, *sorted(t for t, fine in arrivals if fine and after < t <= 30)]
    expected = next((moment for moment in candidates if holds(moment)), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "_AT_ONCE", at_once)
        found = first_good(times, good, after=after, last=30, holding=holding, at_least=at_least, fewest=2)
    assert found == expected
