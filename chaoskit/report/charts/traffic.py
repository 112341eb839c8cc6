"""Charts of arrivals: the rate by outcome, and by load too, and who served each region's clients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.report.charts.palette import Palette, outcome_colour
from chaoskit.report.charts.panel import Key, area, panel
from chaoskit.report.charts.scale import Linear, Tick
from chaoskit.report.markup import Markup, join
from chaoskit.report.model import RunModel
from chaoskit.report.model.traffic import NOBODY, Shares

Rate = NDArray[np.float64]


def rate_chart(model: RunModel, top: float) -> Markup:
    """Arrivals a second, stacked: failures below, where their onset can be read, successes above them."""
    return _stacked(model, "Requests by outcome", model.rates, top, height=132)


def load_charts(model: RunModel, tops: Mapping[str, float]) -> list[Markup]:
    """The same for each load, where there are several: what one of them suffers the others would hide."""
    return [_stacked(model, f"Load {load}", of_load, tops[load], height=56) for load, of_load in model.by_load.items()]


def _stacked(model: RunModel, title: str, rates: Mapping[Outcome, Rate], top: float, *, height: int) -> Markup:
    order = [outcome for outcome in (*OUTCOMES[1:], Outcome.OK) if outcome in rates]
    scale = Linear(top)
    base = np.zeros(model.bins.count)
    areas = []
    for outcome in order:
        edge = base + rates[outcome]
        areas.append(area(base / top, np.minimum(edge / top, 1), outcome_colour(outcome)))
        base = edge
    totals = {outcome: round(float((rates[outcome] * model.bins.coverage()).sum())) for outcome in order}
    keys = [Key(f"{outcome} {totals[outcome]:,}", outcome_colour(outcome)) for outcome in reversed(order)]
    return panel(
        model,
        title,
        join(*areas),
        unit="a second, at their intended start",
        summary=", ".join(f"{count:,} {outcome}" for outcome, count in totals.items()) or "no requests",
        height=height,
        ticks=scale.ticks(),
        keys=keys,
    )


def share_charts(model: RunModel, palette: Palette) -> list[Markup]:
    """One chart a client group: which region, or instance, served it."""
    return [_share_chart(model, shares, palette) for shares in model.shares]


def _share_chart(model: RunModel, shares: Shares, palette: Palette) -> Markup:
    base = np.zeros(model.bins.count)
    areas = []
    order = sorted(shares.by_place, key=lambda name: (name != NOBODY, name != shares.group, name))
    for name in order:
        edge = base + np.nan_to_num(shares.by_place[name])
        areas.append(area(base, np.minimum(edge, 1), palette.place(name)))
        base = edge
    whole = {name: float(np.nanmean(share)) for name, share in shares.by_place.items() if not np.isnan(share).all()}
    shown = [name for name in order if whole.get(name, 0) > 0]
    return panel(
        model,
        f"Clients of {shares.group}",
        join(*areas),
        unit="share of requests, by who served them",
        summary=", ".join(f"{name} {share:.0%}" for name, share in whole.items()),
        height=44,
        ticks=[Tick(0, "0"), Tick(1, "100 %")],
        keys=[Key(name, palette.place(name)) for name in shown],
    )
