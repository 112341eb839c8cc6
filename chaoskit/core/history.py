"""History: everything that happened in a run, on one clock. Checks and reports read nothing else.

Requests are columns (numpy arrays), because a run holds millions of them; this is the one module of
the core that uses more than the standard library. Moments are ns since the run's origin; the parts
of a request are µs after its intended start, which an int32 holds for 35 minutes.

A column is made when it is first asked for: a recorded one is read from the disk then, one of chosen
rows is copied then. Judging ten million requests takes the memory of the columns that checks look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.action import Action
from chaoskit.core.clock import Anchor
from chaoskit.core.errors import Undefined
from chaoskit.core.load import Load
from chaoskit.core.names import Names
from chaoskit.core.probe import Probe
from chaoskit.core.step import Json
from chaoskit.core.topology import Topology
from chaoskit.core.window import EventRef, Moment, Span, Window

SCHEMA = 1
"""Version of the columns below; a change that a reader must know of raises it."""


@dataclass(frozen=True)
class Text:
    """A column of strings: a code a row, and what the codes stand for.

    Attributes:
        codes: of any integer type that holds them; a byte does where there are few labels.
    """

    codes: NDArray[np.integer[Any]]
    labels: tuple[str, ...]

    def equals(self, *values: str) -> NDArray[np.bool_]:
        """Rows that hold one of these strings."""
        wanted = np.array([*(label in values for label in self.labels), False], np.bool_)
        if np.count_nonzero(wanted) == 1:  # an index would first be made eight bytes wide
            return np.asarray(self.codes == int(np.argmax(wanted)))
        return np.asarray(wanted[self.codes], np.bool_)

    def take(self, rows: NDArray[Any]) -> Text:
        """Those rows, by mask or index."""
        return Text(self.codes[rows], self.labels)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        return self.labels[int(self.codes[row])]


@dataclass(frozen=True)
class Requests:
    """One row an arrival, in order of completion.

    Attributes:
        load: name of the load.
        client: name of the client host.
        server: address the last attempt connected to, empty when it never did.
        instance: what the answer's instance header (`X-Instance`) said, empty without one.
        op: what was asked, in the protocol's own word: `GET`, `A`, `read`, `write`.
        value: what was read or written, where the protocol has such a thing; empty otherwise.
        intended: intended start, ns since the origin.
        lag: µs from the intended start until the generator took it up: the generator's own delay.
        sent: µs from the intended start until the request was handed to the kernel, -1 if never.
        dns: µs the name look-up took, -1 when a cached address was used (so >= 0 is a fresh answer).
        connect: µs the TCP handshake took, -1 on a kept connection (so >= 0 is a new connection).
        first_byte: µs from the intended start to the answer's first byte, -1 if none came.
        end: µs from the intended start to the end, whatever it was: the latency.
        status: the answer's status code, 0 without an answer.
        outcome: index into `chaoskit.core.load.OUTCOMES`.
        attempts: how often it was tried, 1 without retries, 0 when it was never sent.
    """

    load: Text
    client: Text
    server: Text
    instance: Text
    op: Text
    value: Text
    intended: NDArray[np.int64]
    lag: NDArray[np.int32]
    sent: NDArray[np.int32]
    dns: NDArray[np.int32]
    connect: NDArray[np.int32]
    first_byte: NDArray[np.int32]
    end: NDArray[np.int32]
    status: NDArray[np.int16]
    outcome: NDArray[np.int8]
    attempts: NDArray[np.int16]

    @classmethod
    def deferred(cls, count: int, column: Callable[[str], Any]) -> Requests:
        """A table whose columns are made when they are first asked for, and kept from then on.

        Args:
            count: how many rows it has.
            column: makes the column of that name: a `Text`, or an array of its type in `NUMBER_COLUMNS`.
        """
        table = object.__new__(cls)
        vars(table).update(_count=count, _column=column)
        return table

    if not TYPE_CHECKING:  # type checkers know the columns, and would take any other name for one

        def __getattr__(self, name: str) -> Any:
            """Make a deferred column; called for what is not there."""
            if name not in _COLUMNS or "_column" not in vars(self):
                raise AttributeError(f"requests have no {name}")
            made = vars(self)["_column"](name)
            vars(self)[name] = made
            return made

    def __len__(self) -> int:
        count = vars(self).get("_count")
        return len(self.intended) if count is None else int(count)

    def take(self, rows: NDArray[Any]) -> Requests:
        """Those rows, by mask or index, which nobody may change afterwards: columns are taken as they are needed."""
        if rows.dtype == np.bool_:
            count = int(np.count_nonzero(rows))
            if count == len(self):
                return self
        else:
            count = len(rows)
        return Requests.deferred(count, lambda name: _taken(getattr(self, name), rows))

    @property
    def ended(self) -> NDArray[np.int64]:
        """Moment each request ended, ns since the origin."""
        moments = self.end.astype(np.int64)
        moments *= 1000
        moments += self.intended
        return moments


TEXT_COLUMNS = ("load", "client", "server", "instance", "op", "value")
NUMBER_COLUMNS: Mapping[str, np.dtype[Any]] = {
    "intended": np.dtype(np.int64),
    "lag": np.dtype(np.int32),
    "sent": np.dtype(np.int32),
    "dns": np.dtype(np.int32),
    "connect": np.dtype(np.int32),
    "first_byte": np.dtype(np.int32),
    "end": np.dtype(np.int32),
    "status": np.dtype(np.int16),
    "outcome": np.dtype(np.int8),
    "attempts": np.dtype(np.int16),
}
_COLUMNS = frozenset((*TEXT_COLUMNS, *NUMBER_COLUMNS))


def no_requests() -> Requests:
    """A table without rows."""
    empty = Text(np.empty(0, np.int32), ())
    numbers = {name: np.empty(0, dtype) for name, dtype in NUMBER_COLUMNS.items()}
    return _table({**dict.fromkeys(TEXT_COLUMNS, empty), **numbers})


def concatenate(parts: Sequence[Requests]) -> Requests:
    """One table of several, in their order; codes of text columns are made to agree."""
    if not parts:
        return no_requests()
    texts = {name: joined([getattr(part, name) for part in parts]) for name in TEXT_COLUMNS}
    numbers = {name: np.concatenate([getattr(part, name) for part in parts]) for name in NUMBER_COLUMNS}
    return _table({**texts, **numbers})


def _table(columns: Mapping[str, Any]) -> Requests:
    return Requests(**columns)


def _taken(column: Text | NDArray[Any], rows: NDArray[Any]) -> Text | NDArray[Any]:
    return column.take(rows) if isinstance(column, Text) else column[rows]


def joined(columns: Iterable[Text]) -> Text:
    """One text column of several, in their order; its codes are as narrow as its labels allow."""
    labels: dict[str, int] = {}
    codes: list[NDArray[Any]] = [np.empty(0, np.uint8)]
    for column in columns:
        found = [labels.setdefault(label, len(labels)) for label in column.labels] or [0]
        mapping = np.array(found, np.min_scalar_type(max(found)))
        codes.append(mapping[column.codes] if len(column) else codes[0])
    return Text(np.concatenate(codes), tuple(labels))


@dataclass(frozen=True)
class Event:
    """Something that happened once.

    Attributes:
        t: ns since the origin; negative before it.
        kind: `action`, `phase`, `gate`, `guard`, `note` or `host`.
        subject: what it happened to: the action's name, the phase, the guard, the host.
        what: the moment or the news: `begin`, `confirmed`, `end`, `undone`, or a text.
        data: details, by kind.
    """

    t: int
    kind: str
    subject: str
    what: str
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One reading of a probe.

    Attributes:
        t: ns since the origin when it was taken up.
        took: ns until the answer was there.
        probe: the probe's name; `machine` for the readings of this machine that gates use.
        host: where it was taken.
        value: what it said; empty when it failed.
        error: why it failed, or empty.
    """

    t: int
    took: int
    probe: str
    host: str
    value: Mapping[str, Json]
    error: str = ""


@dataclass(frozen=True)
class Generated:
    """What a load generator says of its own work on one load from one client host.

    Attributes:
        scheduled: arrivals it owed from the origin to the end, counted by the schedule.
        recorded: arrivals it accounted for: rows it wrote, whatever their outcome, and the abandoned.
        abandoned: of those, requests under way when the load was stopped before its time. They have no
            row: nothing can be said of the system from them.
        users: of a closed loop, which ask again when they have an answer: what they measure is not how long
            somebody who comes at any moment waits. 0 where arrivals do not wait for answers.
    """

    load: str
    client: str
    scheduled: int
    recorded: int
    abandoned: int = 0
    users: int = 0


@dataclass(frozen=True)
class Meta:
    """What a run was: enough to name it, repeat it and place it in time.

    Attributes:
        run: the run's id, also its directory's name.
        experiment: the experiment's id.
        source: the file that defines it.
        seed: of arrivals, picks and shares.
        duration: planned length in ns.
        origin: CLOCK_MONOTONIC ns of t = 0, to line captures up.
        params: every parameter the experiment asked for, with its value.
        environment: versions, kernel, cores, substitutes in use.
        stopped: why the run ended before its time; empty when it did not.
        driver: `native` or `docker`.
        digest: of the plan and the lab's files, to tell whether they are the same still; empty in older records.
        one_success_in: of successful requests one in so many has a row, in order of completion, of each load; of all
            others every one.
    """

    run: str
    experiment: str
    arm: str
    claim: str
    source: str
    seed: int
    duration: int
    origin: int
    driver: str
    params: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    environment: Mapping[str, Json] = field(default_factory=dict)
    stopped: str = ""
    digest: str = ""
    one_success_in: int = 1


@dataclass(frozen=True)
class History:
    """One run. `names` ties an experiment's objects to the names the record has for them.

    Attributes:
        attempts: of requests that were tried again, those that failed and were followed by another, a row each:
            `intended` is when one was to begin, the rest counts from there, and `attempts` says which one it was.
        counts: arrivals by load and client host, where only some of them have rows; empty where all have.
    """

    meta: Meta
    topology: Topology
    names: Names
    requests: Requests
    events: tuple[Event, ...] = ()
    readings: tuple[Reading, ...] = ()
    generated: tuple[Generated, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    attempts: Requests = field(default_factory=no_requests)

    def of(self, load: Load) -> Requests:
        """The requests of one load."""
        return self.requests.take(self.requests.load.equals(self.names.of(load)))

    def attempts_of(self, load: Load) -> Requests:
        """The attempts of one load that failed and were followed by another."""
        return self.attempts.take(self.attempts.load.equals(self.names.of(load)))

    def readings_of(self, probe: Probe, hosts: Iterable[str] | None = None) -> tuple[Reading, ...]:
        """The readings of one probe, in order of time; at some hosts only when they are named."""
        wanted, among = self.names.of(probe), None if hosts is None else set(hosts)
        return tuple(r for r in self.readings if r.probe == wanted and (among is None or r.host in among))

    def moment(self, event: EventRef) -> int:
        """When a moment of an action came, ns since the origin.

        Raises:
            Undefined: it never came.
        """
        return self.moment_of(event.action, event.moment)

    def moment_of(self, action: Action, moment: Moment) -> int:
        """As `moment`, by its parts."""
        name = self.names.of(action)
        for event in self.events:
            if event.kind == "action" and event.subject == name and event.what == moment:
                return event.t
        raise Undefined(f"the action {name} has no moment '{moment}' in this run")

    def span(self, window: Window | None) -> Span:
        """A window resolved; None is the whole run.

        Raises:
            Undefined: an event that bounds it never came.
        """
        if window is None:
            return Span(0, self.meta.duration)
        start = (self.moment(window.after) if window.after else 0) + window.delay
        if window.lasting is not None:
            return Span(start, min(start + window.lasting.total, self.meta.duration))
        return Span(start, self.moment(window.before) if window.before else self.meta.duration)

    def since(self, t: int) -> History:
        """The requests that ended and the readings that were taken from `t` on: what a guard looks at."""
        return replace(
            self,
            requests=self.requests.take(self.requests.ended >= t),
            attempts=self.attempts.take(self.attempts.ended >= t),
            readings=tuple(reading for reading in self.readings if reading.t >= t),
        )

    def until(self, t: int) -> History:
        """The requests that ended and the readings that were taken before `t`; the run ends there."""
        return replace(
            self,
            meta=replace(self.meta, duration=min(self.meta.duration, t)),
            requests=self.requests.take(self.requests.ended < t),
            attempts=self.attempts.take(self.attempts.ended < t),
            readings=tuple(reading for reading in self.readings if reading.t < t),
        )
