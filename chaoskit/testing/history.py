"""Histories without a run: the rows, readings and events a test wants, and one whole outage.

history = make_history(
    [rows("shoppers", every="10ms", seconds=30), rows("shoppers", start=5, seconds=2, outcome=Outcome.REFUSED)],
    names={"shoppers": shoppers, "outage": outage},
    events=happened("outage", begin=5, confirmed=5.1, end=17, undone=17.2),
)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaoskit.core.arm import GUARDED
from chaoskit.core.clock import Anchor
from chaoskit.core.history import (
    NUMBER_COLUMNS,
    Event,
    Generated,
    History,
    Meta,
    Reading,
    Requests,
    Text,
    concatenate,
)
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.names import Names
from chaoskit.core.step import Json
from chaoskit.core.topology import Topology
from chaoskit.core.units import NS, Duration, duration
from chaoskit.core.window import Moment
from chaoskit.testing.topology import two_regions

_ANSWERED = {
    Outcome.OK: 200,
    Outcome.BAD: 200,
    Outcome.CLIENT_ERROR: 404,
    Outcome.UNAVAILABLE: 503,
    Outcome.SERVER_ERROR: 500,
    Outcome.OTHER_STATUS: 304,
}

Words = str | Sequence[str]
"""One string for all rows, or one a row."""


def rows(
    load: str = "load",
    *,
    start: Duration = 0,
    seconds: float = 30.0,
    every: Duration = "10ms",
    at: ArrayLike | None = None,
    client: Words = "client-eu",
    server: Words = "198.18.1.30",
    instance: Words = "web-eu-1",
    op: Words = "GET",
    value: Words = "",
    outcome: Outcome | Sequence[Outcome] = Outcome.OK,
    latency: Duration | ArrayLike = "5ms",
    dns: ArrayLike = -1,
    connect: ArrayLike = -1,
    lag: ArrayLike = 20,
    attempts: ArrayLike = 1,
) -> Requests:
    """Requests of one load: at even steps from `start`, or at the moments `at` (seconds from the origin).

    Every other argument is one value for all rows or one a row. `latency` is a duration, or µs a row;
    `dns`, `connect` and `lag` are µs (-1: a cached address, a kept connection). Status, first byte
    and moment of sending follow from the outcome.
    """
    begin = duration(start)
    if at is None:
        intended = np.arange(begin, begin + round(seconds * NS), duration(every), dtype=np.int64)
    else:
        intended = np.round(np.asarray(at, np.float64) * NS).astype(np.int64)
    n = len(intended)
    codes = _outcome_codes(outcome, n)
    answered = np.isin(codes, [OUTCOMES.index(o) for o in _ANSWERED])
    sent = codes != OUTCOMES.index(Outcome.LATE)
    end = _filled(duration(latency) // 1000 if isinstance(latency, str | int | float) else latency, n, "end")
    lags = _filled(lag, n, "lag")
    return Requests(
        load=_text(load, n),
        client=_text(client, n),
        server=_text(server, n),
        instance=_text(instance, n),
        op=_text(op, n),
        value=_text(value, n),
        intended=intended,
        lag=lags,
        sent=np.where(sent, np.minimum(lags, end), -1).astype(np.int32),
        dns=_filled(dns, n, "dns"),
        connect=_filled(connect, n, "connect"),
        first_byte=np.where(answered, end, -1).astype(np.int32),
        end=end,
        status=np.array([_ANSWERED.get(o, 0) for o in OUTCOMES], np.int16)[codes],
        outcome=codes,
        attempts=np.where(sent, _filled(attempts, n, "attempts"), 0).astype(np.int16),
    )


def happened(action: str, **moments: Duration) -> tuple[Event, ...]:
    """The events of an action: `happened("outage", begin=5, confirmed=5.1, end=17, undone=17.2)`."""
    return tuple(Event(duration(t), "action", action, Moment(what)) for what, t in moments.items())


def readings(
    probe: str,
    host: str,
    value: Mapping[str, Json] | Callable[[float], Mapping[str, Json] | str],
    *,
    start: Duration = 0,
    seconds: float = 30.0,
    every: Duration = "100ms",
) -> tuple[Reading, ...]:
    """Readings of a probe at one host in an even rhythm.

    `value` is one for all of them, or a function of the seconds since the origin; a string it returns
    is the reading's error.
    """
    begin = duration(start)
    taken = []
    for t in range(begin, begin + round(seconds * NS), duration(every)):
        said = value(t / NS) if callable(value) else value
        failed = isinstance(said, str)
        taken.append(Reading(t, 1_000_000, probe, host, {} if isinstance(said, str) else said, str(said) * failed))
    return tuple(taken)


def make_history(
    requests: Iterable[Requests] = (),
    *,
    names: Mapping[str, object] | None = None,
    events: Iterable[Event] = (),
    readings: Iterable[Reading] = (),
    topology: Topology | None = None,
    duration: Duration = 30,
    seed: int = 1,
    arm: str = GUARDED,
    experiment: str = "test.synthetic",
    claim: str = "a synthetic history",
    generated: Iterable[Generated] | None = None,
    stopped: str = "",
) -> History:
    """A history of these rows (in order of completion, as recorded ones are), events and readings.

    `names` ties objects to the names used in rows, events and readings: loads, actions, probes.
    `generated` is by default what an honest generator would report of the rows. The topology is
    by default `two_regions()`.
    """
    table = concatenate(list(requests))
    table = table.take(np.argsort(table.ended, kind="stable"))
    length = _ns(duration)
    return History(
        Meta("synthetic-run", experiment, arm, claim, "synthetic.py", seed, length, 10**12, "native", stopped=stopped),
        topology or two_regions(),
        Names({thing: name for name, thing in (names or {}).items()}),
        table,
        tuple(sorted(events, key=lambda event: event.t)),
        tuple(sorted(readings, key=lambda reading: reading.t)),
        generated_of(table) if generated is None else tuple(generated),
        tuple(Anchor(t, 1_750_000_000 * NS + t) for t in (0, length)),
    )


def generated_of(table: Requests) -> tuple[Generated, ...]:
    """What a generator that lost nothing says of these rows: one entry a load and client."""
    pairs, counts = np.unique(np.stack([table.load.codes, table.client.codes]), axis=1, return_counts=True)
    return tuple(
        Generated(table.load.labels[int(load)], table.client.labels[int(client)], int(count), int(count))
        for (load, client), count in zip(pairs.T, counts, strict=True)
    )


def outage_history(
    *,
    load: object | None = None,
    action: object | None = None,
    probe: object | None = None,
    recovers: bool = True,
    rate: int = 200,
    seed: int = 1,
) -> History:
    """Thirty seconds of two regions: every eu instance is dead from 5 s to 17 s.

    Clients of eu are refused until the name points at na 4 s later (never, unless `recovers`), are
    served by na until 3 s after the repair, and by eu again from then on. `rate` requests a second
    come from each region. Names: load `shoppers`, action `outage`, probe `dns_answers`.
    """
    rng = np.random.default_rng(seed)
    eu = _eu_traffic(rng, rate, switched=9.0 if recovers else 17.0, home=20.0 if recovers else 17.0)
    na = _traffic(rng, rate, "na", server="na", start=0.0, stop=30.0)
    given = {"shoppers": load, "outage": action, "dns_answers": probe}

    def answer(t: float) -> Mapping[str, Json]:
        away = recovers and 8.5 <= t < 19.5
        return {"addresses": ["198.18.2.30" if away else "198.18.1.30"], "ttl": 2, "rcode": "NOERROR"}

    na_answer: Mapping[str, Json] = {"addresses": ["198.18.2.30"], "ttl": 2, "rcode": "NOERROR"}
    return make_history(
        [*eu, na],
        names={name: thing for name, thing in given.items() if thing is not None},
        events=(
            Event(0, "phase", "run", "begin"),
            *happened("outage", begin=5, confirmed=5.05, end=17, undone=17.3),
        ),
        readings=(
            *readings("dns_answers", "resolver-eu", answer),
            *readings("dns_answers", "resolver-na", na_answer),
        ),
        seed=seed,
        arm=GUARDED if recovers else "plain-dns",
    )


def _eu_traffic(rng: np.random.Generator, rate: int, *, switched: float, home: float) -> list[Requests]:
    parts = [
        _traffic(rng, rate, "eu", server="eu", start=0.0, stop=5.0),
        _traffic(rng, rate, "eu", server="eu", start=5.0, stop=switched, outcome=Outcome.UNAVAILABLE),
        _traffic(rng, rate, "eu", server="na", start=switched, stop=home),
        _traffic(rng, rate, "eu", server="eu", start=home, stop=30.0),
    ]
    return [part for part in parts if len(part)]


def _traffic(
    rng: np.random.Generator,
    rate: int,
    client: str,
    *,
    server: str,
    start: float,
    stop: float,
    outcome: Outcome = Outcome.OK,
) -> Requests:
    n = rng.poisson(rate * (stop - start))
    number = 1 if server == "eu" else 2
    far = 0.080 if client != server else 0.002
    served = outcome is Outcome.OK
    return rows(
        "shoppers",
        at=np.sort(rng.uniform(start, stop, n)),
        client=f"client-{client}",
        server=f"198.18.{number}.30",
        instance=[f"web-{server}-{i}" for i in rng.integers(1, 4, n)] if served else "",
        outcome=outcome,
        latency=((far + rng.gamma(2.0, 0.002, n)) * 1e6).astype(np.int32),
        dns=np.where(rng.random(n) < 0.01, 400, -1),
        connect=np.where(rng.random(n) < 0.2, 200, -1),
    )


def _ns(value: Duration) -> int:
    return duration(value)


def _outcome_codes(outcome: Outcome | Sequence[Outcome], n: int) -> NDArray[np.int8]:
    listed = [outcome] if isinstance(outcome, Outcome) else list(outcome)
    return _filled([OUTCOMES.index(o) for o in listed], n, "outcome")


def _text(words: Words, n: int) -> Text:
    if isinstance(words, str):
        return Text(np.zeros(n, np.int32), (words,))
    labels, codes = np.unique(np.asarray(words, dtype=str), return_inverse=True)
    return Text(codes.reshape(n).astype(np.int32), tuple(str(label) for label in labels))


def _filled(value: ArrayLike, n: int, column: str) -> NDArray[Any]:
    return np.broadcast_to(np.asarray(value), (n,)).astype(NUMBER_COLUMNS[column])
