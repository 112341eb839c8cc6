"""Whether slow connects took as long as TCP's retries make them take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chaoskit.checks import bounds, rows
from chaoskit.checks.bounds import Share
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load
from chaoskit.core.selector import Selector
from chaoskit.core.units import NS, Duration, duration, fraction, show_duration
from chaoskit.core.verdict import FAIL, Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

_CLASSIC = ("1s", "3s", "7s")
_EARLY = 0.01
"""How much sooner a connect may show than TCP retried, as a share: what rounding and clocks come to."""


@check
def connect_clusters(
    history: History,
    load: Load,
    *,
    at: Sequence[Duration] = _CLASSIC,
    within: Share = 0.15,
    at_least: Share = 0.99,
    clients: Selector | None = None,
    during: Window | None = None,
) -> Verdict:
    """The share of slow connects that took about as long as given times, each of which must occur.

    A SYN that is dropped is sent again when its timer runs out: after 1 s, and each time after twice as long
    (RFC 6298, 2.1 and 5.5), so that a connect that succeeds at last took 1, 3, 7 or 15 s. Kernels from 6.5 on
    send the first ones in even steps of 1 s instead, as many as `net.ipv4.tcp_syn_linear_timeouts` says. The
    kernel's timers are never early, but up to an eighth of their time late (kernel/time/timer.c, on granularity):
    at a tick of 4 ms the last 4 s of 7 may be 4.25.

    A connect is slow when it took more than half of the first time. It takes ten samples on the bound's rarer
    side: 1,000 slow connects for 99 %.

    Args:
        history: the run.
        load: whose connections.
        at: the times around which slow connects must lie, ascending.
        within: how much longer than one of them a connect may have taken, as a share of it.
        at_least: the share of slow connects that must be so near.
        clients: connections of these client hosts only.
        during: of requests whose intended start lies in this window only; of a plan, the time in which SYNs are
            dropped.
    """
    held = Limit(">=", fraction(at_least))
    centres = np.array([duration(each) for each in at]) / 1000
    chosen = rows.select(history, load, clients=clients, during=during)
    connects = history.requests.connect[chosen]
    slow = connects[connects > centres[0] / 2]
    needed = bounds.needed_for_share(held)
    if len(slow) < needed:
        return too_few(len(slow), needed, "slow connects")
    ratio = slow[:, None] / centres[None, :]
    near = (ratio >= 1 - _EARLY) & (ratio <= 1 + fraction(within))
    counts = near.sum(axis=0)
    share = float(near.any(axis=1).mean())
    found = ", ".join(f"{n:,} at {show_duration(duration(each))}" for n, each in zip(counts, at, strict=True))
    reason = f"of {len(slow):,} slow connects {found}"
    if not counts.all():
        return Verdict(FAIL, f"{reason}: none at one of them", share, held, Unit.SHARE, len(slow), needed)
    return bounds.judged(share, held, Unit.SHARE, reason, samples=len(slow), needed=needed)


@connect_clusters.accepts
def _(given: Mapping[str, Any]) -> None:
    times = [duration(each) for each in given["at"]]
    fraction(given["at_least"])
    if not times or times != sorted(set(times)) or not times[0]:
        raise UsageError("the times of clusters ascend, from above zero", remedy='Write at=("1s", "3s", "7s").')
    late = 1 + fraction(given["within"])
    if any(sooner * late >= later * (1 - _EARLY) for sooner, later in pairwise(times)):
        raise UsageError(f"within={given['within']}: the clusters would touch")


@connect_clusters.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    at: Sequence[Duration] = _CLASSIC,
    within: Share = 0.15,
    at_least: Share = 0.99,
    clients: Selector | None = None,
    during: Window | None = None,
) -> Samples:
    # SYNs dropped until the window's end get through with the first retry after it: those of the last seconds only.
    whole = forecast.span(during)
    expected = forecast.arrivals(load, during=during, clients=clients)
    share = min(1.0, duration(at[-1]) / NS / max(whole.length / NS, 1e-9))
    return Samples(round(expected * share), bounds.needed_for_share(Limit(">=", fraction(at_least))))
