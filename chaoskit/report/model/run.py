"""Everything the reports show of one run, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.load import Outcome
from chaoskit.core.result import ArmResult
from chaoskit.core.window import Span
from chaoskit.report.model.bands import Fault, faults, windows
from chaoskit.report.model.bins import Bins, bins_for
from chaoskit.report.model.counters import Counters, counters
from chaoskit.report.model.impact import Impact, impacts
from chaoskit.report.model.lanes import Lane, lanes
from chaoskit.report.model.latency import Latency, latency
from chaoskit.report.model.milestones import Milestone, milestones
from chaoskit.report.model.traffic import Shares, rates, rates_by_load, shares
from chaoskit.report.model.utc import Utc


@dataclass(frozen=True)
class RunModel:
    """One run in numbers.

    Attributes:
        arm: the judged run they come from.
        rates: arrivals a second by outcome, a bin each.
        by_load: the same for each load apart, where there are several.
        windows: the windows of its checks, by name.
    """

    arm: ArmResult
    bins: Bins
    utc: Utc
    rates: Mapping[Outcome, NDArray[np.float64]]
    by_load: Mapping[str, Mapping[Outcome, NDArray[np.float64]]]
    latency: Latency
    shares: tuple[Shares, ...]
    lanes: tuple[Lane, ...]
    counters: Counters
    faults: tuple[Fault, ...]
    windows: Mapping[str, Span]
    impacts: tuple[Impact, ...]
    milestones: tuple[Milestone, ...]

    @property
    def length(self) -> int:
        """What the charts cover, in ns: the planned length, and whatever arrived after it."""
        return self.bins.length


def model_of(arm: ArmResult) -> RunModel:
    """Compute the numbers; a few seconds for ten million requests."""
    history = arm.history
    requests, topology = history.requests, history.topology
    latest = int(requests.intended.max()) + 1 if len(requests) else 0
    length = max(history.meta.duration, latest, 1)
    bins = bins_for(length, requests)
    one_in = history.meta.one_success_in
    actions, states, cost = faults(history), lanes(history.readings, topology, length), impacts(history)
    return RunModel(
        arm,
        bins,
        Utc(history.anchors),
        rates(requests, bins, one_in),
        rates_by_load(requests, bins, one_in),
        latency(requests, bins, one_in),
        shares(history, bins),
        states,
        counters(history.readings, bins, [check.title for check in arm.checks]),
        actions,
        windows(arm.checks),
        cost,
        milestones(history, actions, states, cost),
    )
