"""A load's counts as the report draws them."""

from __future__ import annotations

import numpy as np

from chaoskit.core.clock import Anchor
from chaoskit.engine.loading.result import LoadResult
from chaoskit.loads.histogram import BUCKETS, value_of
from chaoskit.report.load import LoadCourse


def course_of(result: LoadResult) -> LoadCourse:
    """The course of a load that has a length; bins after the moment it was stopped at are left out."""
    tally = result.tally
    # A bucket's value is its upper end, and nothing took longer than the longest, which is known exactly.
    values = np.array([min(value_of(bucket), tally.whole.longest) for bucket in range(BUCKETS)], np.float64) / 1e6
    length = max(1, result.lasted)
    return LoadCourse(tally.width, length, tally.outcomes, tally.latencies, values, Anchor(0, result.utc))
