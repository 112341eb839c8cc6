from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.latency import latency
from chaoskit.testing import rows

SECONDS = Bins(NS, 3 * NS)


@given(st.lists(st.integers(1, 5_000_000), min_size=1, max_size=200))
def test_percentiles_are_latencies_that_occurred(took: list[int]) -> None:
    """The nearest rank: a percentile of a bin is one of its values, as numpy's inverted CDF has it."""
    found = latency(rows(at=np.linspace(0, 0.9, len(took)), latency=np.array(took)), SECONDS)
    for name, percent in {"p50": 50, "p90": 90, "p99": 99, "max": 100}.items():
        expected = np.percentile(np.array(took) / 1e6, percent, method="inverted_cdf")
        assert found.percentiles[name][0] == pytest.approx(expected)
        assert found.overall[name] == pytest.approx(expected)


def test_bins_without_a_success_have_no_percentile() -> None:
    """A failure's duration is no latency, and an empty bin is a gap in the line, not a zero."""
    found = latency(rows(at=[0.5, 1.5], outcome=[Outcome.OK, Outcome.RESET]), SECONDS)
    assert np.isnan(found.percentiles["p99"]).tolist() == [False, True, True]


@given(st.lists(st.integers(0, 2_000_000_000), max_size=100))
def test_the_heat_map_holds_every_success_once(took: list[int]) -> None:
    """Cells add up to the successes, below the lowest row and above the highest included."""
    found = latency(rows(at=np.linspace(0, 2.9, len(took)), latency=np.array(took, np.int64)), SECONDS)
    assert found.heat.sum() == len(took)
    assert found.heat.shape == (len(found.edges) - 1, 3)
