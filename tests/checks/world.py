"""The objects that tests of checks talk about: a load, an outage, a probe, windows, and forecasts of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaoskit.core.action import Planning, action
from chaoskit.core.forecast import Forecast, planned_moment
from chaoskit.core.history import Event, History, Reading, Requests
from chaoskit.core.host import Status
from chaoskit.core.load import Connections, Load, Outcome, load
from chaoskit.core.naming import DnsCache
from chaoskit.core.probe import probe
from chaoskit.core.request import get
from chaoskit.core.selector import role
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.core.window import begin, bound, end, undone, window
from chaoskit.testing import happened, make_history, rows, two_regions

BEGIN, END, UNDONE = 5.0, 17.0, 17.3


@dataclass(frozen=True)
class Even:
    """Arrivals in even steps."""

    rate: float

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Every 1 / rate seconds."""
        del rng
        return (i / self.rate for i in range(int(duration_s * self.rate)))

    def rate_at(self, t: float) -> float:
        """Always the same."""
        del t
        return self.rate

    @property
    def title(self) -> str:
        """For plans."""
        return f"even, {self.rate:g}/s"


@action(longest="1m")
def _break(plan: Planning) -> Iterable[Step]:
    """Plan nothing."""
    del plan
    return ()


@probe
def _look(host: Any) -> Callable[[], Mapping[str, Any]]:
    """Read a state."""
    status: Callable[[], Status] = host.status
    return lambda: {"state": status().state}


def a_load(rate: float = 100.0, connections: Connections = Connections.NEW, cache: DnsCache = DnsCache.NONE) -> Load:
    """A load of all clients."""
    return load(get("http://x/"), Even(rate), clients=role("client"), connections=connections, dns_cache=cache)


shoppers = a_load()
others = a_load()
outage = _break()
answers = _look().at(role("resolver"), every="100ms")
failover = window(after=begin(outage), lasting=bound(detection="4s", ttl="2s", margin="1s"))
return_home = window(after=undone(outage), lasting="5s")
drained = window(after=begin(outage), delay="4s", before=end(outage))
fault = window(after=begin(outage), before=end(outage))

NAMES = {"shoppers": shoppers, "others": others, "outage": outage, "answers": answers}
OUTAGE = happened("outage", begin=BEGIN, confirmed=BEGIN + 0.05, end=END, undone=UNDONE)


def history(
    *requests: Requests, readings: Iterable[Reading] = (), events: Iterable[Event] = OUTAGE, **more: Any
) -> History:
    """Thirty seconds with an outage from 5 s to 17 s, and these rows."""
    return make_history(requests, names=NAMES, events=events, readings=readings, **more)


def good(n: int, **columns: Any) -> Requests:
    """So many successful requests, spread over 30 s."""
    return spread(n, **columns)


def bad(n: int, outcome: Outcome = Outcome.REFUSED, **columns: Any) -> Requests:
    """So many failed requests, spread over 30 s."""
    return spread(n, outcome=outcome, **columns)


def spread(n: int, *, start: float = 0.0, seconds: float = 30.0, name: str = "shoppers", **columns: Any) -> Requests:
    """So many requests in even steps."""
    return rows(name, at=[start + seconds * (i + 0.5) / n for i in range(n)] if n else [], **columns)


def forecast(instead: Mapping[Load, Load] | None = None) -> Forecast:
    """What the plan of the history above would say."""
    starts = {outage: (round(BEGIN * NS), round((END - BEGIN) * NS))}
    return Forecast(
        two_regions(),
        30 * NS,
        lambda event: planned_moment(event, *starts[event.action]),
        lambda asked: (instead or {}).get(asked, asked),
        1,
    )
