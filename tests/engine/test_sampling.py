"""One in so many successes, every failure, and exact counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.checks.availability import availability
from chaoskit.checks.comes_home import comes_home
from chaoskit.checks.failures import failures
from chaoskit.checks.goodput import goodput
from chaoskit.checks.latency import latency
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.recovers import recovers
from chaoskit.checks.share_by import share_by
from chaoskit.core.check import Check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History, Requests, concatenate
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.selector import region
from chaoskit.core.units import NS
from chaoskit.core.verdict import UNKNOWN
from chaoskit.engine.sampling import Sampler, read_counts, write_counts
from chaoskit.loads.histogram import Histogram
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.impact import impacts
from chaoskit.report.model.latency import latency as latencies
from chaoskit.report.model.traffic import rates, shares
from chaoskit.testing import outage_history
from tests.checks.world import failover, outage, return_home, shoppers

ONE_IN = 20
WHOLE = outage_history(load=shoppers, action=outage, rate=2_000)


def sampled(history: History, one_in: int = ONE_IN) -> History:
    """The same run, of which not every row was written."""
    table = Sampler(one_in).chosen(history.requests)
    return replace(history, requests=table, meta=replace(history.meta, one_success_in=one_in))


def _tables(draw: st.DrawFn) -> list[Requests]:
    sizes = draw(st.lists(st.integers(0, 30), min_size=1, max_size=5))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    every = outage_history(rate=200).requests
    return [every.take(np.sort(rng.choice(len(every), size, replace=False))) for size in sizes]


@given(st.composite(_tables)(), st.integers(1, 7))
def test_every_failure_is_kept_and_one_success_in_so_many(parts: list[Requests], one_in: int) -> None:
    """However the run was cut into parts; each load begins with its first success."""
    sampler = Sampler(one_in)
    kept = concatenate([sampler.chosen(part) for part in parts])
    whole = concatenate(parts)
    ok = OUTCOMES.index(Outcome.OK)
    assert (kept.outcome != ok).sum() == (whole.outcome != ok).sum()
    assert kept.intended[kept.outcome == ok].tolist() == whole.intended[whole.outcome == ok][::one_in].tolist()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.composite(_tables)())
def test_the_counts_are_exact_and_so_are_their_histograms(tmp_path: Path, parts: list[Requests]) -> None:
    """Nothing is lost in any cell: by load and client as many as there were, by bucket what a histogram would hold."""
    for old in tmp_path.iterdir():
        old.unlink()
    paths = [tmp_path / f"part-{number}.parquet" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        write_counts(path, part)
    whole = concatenate(parts)
    counts = read_counts(paths)
    for client in whole.client.labels:
        assert counts.get(("shoppers", client), 0) == whole.client.equals(client).sum()
    assert sum(counts.values()) == len(whole)
    cells = [row for path in paths for row in pq.read_table(path).to_pylist()]
    expected = Histogram()
    expected.add(whole.end)
    found = np.zeros_like(expected.counts)
    for cell in cells:
        found[cell["bucket"]] += cell["count"]
    assert found.tolist() == expected.counts.tolist()
    by_second = [(cell["second"], cell["outcome"]) for cell in cells for _ in range(cell["count"])]
    assert sorted(by_second) == sorted(zip((whole.intended // NS).tolist(), whole.outcome.tolist(), strict=True))


def test_damaged_counts_are_named(tmp_path: Path) -> None:
    """Half a file of counts proves nothing."""
    (tmp_path / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"part-00000\.parquet is damaged"):
        read_counts([tmp_path / "part-00000.parquet"])


CHECKS: dict[str, tuple[Check, float]] = {
    "availability": (availability(shoppers, at_least=0.9), 0.001),
    "failures": (failures(shoppers, at_most=100), 0),
    "outcome_share": (outcome_share(shoppers, Outcome.UNAVAILABLE, at_most=0.5), 0.001),
    "latency": (latency(shoppers, quantile=0.99, at_most="1s"), 0.002),
    "recovers": (recovers(shoppers, within=failover), 0.02),
    "goodput": (goodput(shoppers, of="4000/s", between=(0.7, 1.1)), 0.001),
    "comes_home": (
        comes_home(shoppers, to=region("eu"), within=return_home, clients=region("eu"), holding="1500ms"),
        0.02,
    ),
}


@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_that_weighs_rows_measures_the_same(kind: str) -> None:
    """A success stands for twenty: what is measured is that of the whole run, as near as twenty requests."""
    check, tolerance = CHECKS[kind]
    whole, part = check.judge(WHOLE), check.judge(sampled(WHOLE))
    assert part.outcome == whole.outcome != UNKNOWN
    assert part.measured == pytest.approx(whole.measured, abs=tolerance)


@pytest.mark.parametrize(
    ("check", "why"),
    [
        (share_by(shoppers, by="instance", of="web-eu-1", at_least=0.01), "the check needs all of them"),
        (latency(shoppers, quantile=1, at_most="1s"), "may not be recorded"),
        (latency(shoppers, quantile=0.5, at_most="1s", of=Outcome), "may not be recorded"),
    ],
)
def test_a_check_that_needs_every_row_is_unknown(check: Check, why: str) -> None:
    """It can be judged on the whole run, and says of the other one what it lacks."""
    assert check.judge(WHOLE).outcome is not UNKNOWN
    verdict = check.judge(sampled(WHOLE))
    assert verdict.outcome is UNKNOWN
    assert why in verdict.reason


def test_reports_show_the_whole_run() -> None:
    """Rates, shares, counts and the heat map are those of all requests, as near as what a row stands for."""
    part, bins = sampled(WHOLE), Bins(5 * NS, 30 * NS)
    found, all_of_it = rates(part.requests, bins, ONE_IN), rates(WHOLE.requests, bins)
    assert found[Outcome.OK] == pytest.approx(all_of_it[Outcome.OK], rel=0.01)
    assert found[Outcome.UNAVAILABLE] == pytest.approx(all_of_it[Outcome.UNAVAILABLE])
    for one, other in zip(shares(part, bins), shares(WHOLE, bins), strict=True):
        assert one.group == other.group
        for place, share in other.by_place.items():
            assert one.by_place[place] == pytest.approx(share, abs=0.02, nan_ok=True)
    for mine, whole in zip(impacts(part), impacts(WHOLE), strict=True):
        assert mine.failed == whole.failed
        assert mine.arrivals == pytest.approx(whole.arrivals, rel=0.01)
        assert mine.is_outage == whole.is_outage
    total = latencies(WHOLE.requests, bins).heat.sum()
    assert latencies(part.requests, bins, ONE_IN).heat.sum() == pytest.approx(total, abs=ONE_IN)
