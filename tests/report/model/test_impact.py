from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.load import Outcome
from chaoskit.report.model.impact import Outage, impacts, longest_outage
from chaoskit.testing import make_history, rows
from tests.report import synthetic


@given(st.lists(st.booleans(), max_size=60))
def test_the_longest_outage_is_the_longest_walk_from_a_failure_to_a_success(fine: list[bool]) -> None:
    """The vectorised search agrees with a walk through the requests one by one."""
    longest, since = 0, None
    for i, good in enumerate([*fine, True]):
        if not good and since is None:
            since = i
        if good and since is not None:
            longest, since = max(longest, i - since), None
    bad = np.array([i for i, good in enumerate(fine) if not good], np.int64)
    good = np.array([i for i, good in enumerate(fine) if good], np.int64)
    found = longest_outage(bad, good, len(fine))
    assert (found.length if found else 0) == longest


def test_an_outage_that_no_success_ends_lasts_to_the_end_of_load() -> None:
    """And says that it was not over."""
    assert longest_outage(np.array([7]), np.array([1, 5]), 30) == Outage(7, 30, over=False)


def test_each_client_group_is_counted_apart() -> None:
    """One region's failures are not spread over the others, and what was never sent is told apart."""
    history = make_history(
        [
            rows(at=[1, 2, 3, 4], client="client-eu", outcome=[Outcome.OK, Outcome.RESET, Outcome.LATE, Outcome.OK]),
            rows(at=[1, 2], client="client-na"),
        ]
    )
    eu, na = impacts(history)
    assert (eu.group, eu.arrivals, eu.failed, eu.not_sent) == ("eu", 4, 1, 1)
    assert eu.longest == Outage(2_000_000_000, 4_000_000_000, over=True)
    assert (na.group, na.failed, na.longest) == ("na", 0, None)


def test_the_outage_of_the_demo_is_found() -> None:
    """Eu has no success from the crash until na serves it."""
    eu, _ = impacts(synthetic.history())
    assert eu.longest is not None
    assert abs(eu.longest.length / 1e9 - (synthetic.FAILED_OVER - synthetic.BEGIN)) < 0.05


def test_a_load_that_failed_is_not_hidden_by_another_of_the_same_group() -> None:
    """A row for the group, then one for each of its loads; a single load needs no row of its own."""
    history = make_history(
        [
            rows("lookups"),
            rows("lone", at=[1, 12, 13, 14], outcome=[Outcome.OK, Outcome.RESET, Outcome.RESET, Outcome.OK]),
            rows("lookups", client="client-na"),
        ]
    )
    found = {impact.title: impact for impact in impacts(history)}
    assert list(found) == ["eu", "eu, lone", "eu, lookups", "na"]
    whole, lone = found["eu"], found["eu, lone"]
    assert whole.longest is not None
    assert lone.longest is not None
    assert whole.longest.length < 20_000_000
    assert lone.longest == Outage(12_000_000_000, 14_000_000_000, over=True)
    assert (lone.arrivals, lone.failed, found["eu, lookups"].failed) == (4, 2, 0)
