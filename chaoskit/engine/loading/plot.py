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
    values = np.array([value_of(bucket) for bucket in range(BUCKETS)], np.float64) / 1e6
    length = max(1, result.lasted)
    return LoadCourse(tally.width, length, tally.outcomes, tally.latencies, values, Anchor(0, result.utc))
