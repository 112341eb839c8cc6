"""What a load by hand came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.engine.loading.plan import LoadPlan
from chaoskit.engine.loading.tally import Tally
from chaoskit.loads.histogram import Histogram

PERCENTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
LAG_BOUND = NS // 20
"""The 99th percentile of the generator's own delay up to which a load is believed: as an experiment's `lag=`."""

ABANDONED = "abandoned"
"""The class of arrivals that were under way when the load was stopped: nothing can be said of them."""

_ANSWERED = {
    *(Outcome.OK, Outcome.BAD, Outcome.CLIENT_ERROR, Outcome.UNAVAILABLE, Outcome.SERVER_ERROR),
    Outcome.OTHER_STATUS,
}
"""What counts for the rate: the target answered, be it with an error."""


@dataclass(frozen=True)
class LoadResult:
    """A load that is over.

    Attributes:
        tally: what was counted.
        scheduled: arrivals that were due, the generators' own count of their schedules.
        abandoned: of those, requests under way when the load was stopped before its time.
        lasted: ns during which requests arrived: the plan's duration, unless it was stopped.
        utc: ns since the Unix epoch at its origin.
        transport: how generators reach the kernel here, for the protocols that leave it a choice.
        interrupted: it was stopped before its time.
    """

    plan: LoadPlan
    tally: Tally
    scheduled: int
    abandoned: int
    lasted: int
    utc: int
    transport: str
    lag_bound: int = LAG_BOUND
    interrupted: bool = False

    @property
    def outcomes(self) -> dict[str, int]:
        """How many arrivals came to what; they add up to `scheduled`."""
        counted = self.tally.whole.by_class()
        return {**counted, ABANDONED: self.abandoned} if self.abandoned else counted

    @property
    def rate(self) -> float:
        """Requests answered a second, while requests arrived; 0 where it was stopped at once."""
        answered = sum(
            int(count)
            for outcome, count in zip(OUTCOMES, self.tally.whole.outcomes, strict=True)
            if outcome in _ANSWERED
        )
        return answered * NS / self.lasted if self.lasted else 0.0

    @property
    def latency(self) -> dict[str, float | None]:
        """Percentiles of successes in seconds from their intended start; None where nothing succeeded."""
        whole = self.tally.whole
        return _percentiles(whole.latencies, whole.longest, PERCENTILES)

    @property
    def lag(self) -> dict[str, float | None]:
        """Percentiles of the generators' own delay, in seconds; None where nothing was taken up."""
        whole = self.tally.whole
        return _percentiles(whole.lags, whole.latest, {"p50": 0.5, "p99": 0.99})

    @property
    def believed(self) -> bool:
        """Whether the generators kept time: latencies measured by one that was late itself say nothing."""
        late = self.lag["p99"]
        return late is not None and late <= self.lag_bound / NS


def _percentiles(histogram: Histogram, longest: int, wanted: Mapping[str, float]) -> dict[str, float | None]:
    """From a histogram (1.6 % off at most), and the exact maximum, which none of them exceeds."""
    if not histogram.total:
        return {**dict.fromkeys(wanted), "max": None}
    found: dict[str, float | None] = {name: min(histogram.quantile(q), longest) / 1e6 for name, q in wanted.items()}
    return {**found, "max": longest / 1e6}
