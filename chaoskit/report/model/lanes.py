"""Probe readings as lanes: spans of constant state to draw, and counters as rates a bin.

A reading's value is a mapping. Numbers in it are counters or gauges; anything else is a state. Three
shapes are read with more care: a DNS answer (`addresses`, `rcode`, `ttl`) becomes the regions it
points at, a host's life (`state`, `healthy`, `pid`) is one lane, and a mapping of servers
(`backend/server`) becomes a lane a server.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaoskit.core.history import Reading
from chaoskit.core.step import Json
from chaoskit.core.topology import Topology
from chaoskit.report.model.traffic import place

MACHINE = "machine"
"""The probe of this machine's own readings, which gates use; it is no part of the system under test."""

ERROR = "error"
_MOST_STATES = 40
_WITHIN = " · "
_EMPTY = "-"
"""What stands for an empty text, which nobody would see."""


@dataclass(frozen=True)
class Stay:
    """One state for a while: ns since the origin, the end not included."""

    start: int
    end: int
    state: str


@dataclass(frozen=True)
class Lane:
    """What one probe said of one thing.

    Attributes:
        thing: the host, or host and server.
        stays: in order of time, without gaps from the first reading on.
        liveness: the states are a host's life as the driver knows it, not what the system found out.
        said: readings that told this state.
        taken: readings of the probe at that host, failed ones included.
    """

    probe: str
    thing: str
    stays: tuple[Stay, ...]
    liveness: bool = False
    said: int = 0
    taken: int = 0

    @property
    def constant(self) -> bool:
        """Whether it never changed."""
        return len(self.stays) < 2

    def first_change(self, after: int, before: int) -> Stay | None:
        """The first stay in this span whose state differs from the one before it; failed readings say nothing."""
        readable = [stay for stay in self.stays if not stay.state.startswith(ERROR)]
        return next(
            (now for was, now in pairwise(readable) if now.state != was.state and after <= now.start < before), None
        )


def lanes(readings: Sequence[Reading], topology: Topology, length: int) -> tuple[Lane, ...]:
    """Every lane of a run, in the order of first appearance; readings without a state make none."""
    states: dict[tuple[str, str, bool], list[tuple[int, str]]] = {}
    for reading in readings:
        if reading.probe == MACHINE:
            continue
        for thing, state, liveness in _states(reading, topology):
            states.setdefault((reading.probe, thing, liveness), []).append((reading.t + reading.took, state))
    told = {key: len(said) for key, said in states.items()}
    taken = Counter((reading.probe, reading.host) for reading in readings)
    _spread_errors(states, readings)
    return tuple(
        Lane(
            probe,
            thing,
            _stays(sorted(said), length),
            liveness,
            told.get((probe, thing, liveness), 0),
            taken[probe, thing.split(_WITHIN, 1)[0]],
        )
        for (probe, thing, liveness), said in states.items()
    )


def how_often(said: int, taken: int) -> str:
    """`throughout` where every reading told it, else in how many of them."""
    return "throughout" if said >= taken else f"in {said:,} of {taken:,} readings"


def _spread_errors(states: dict[tuple[str, str, bool], list[tuple[int, str]]], readings: Iterable[Reading]) -> None:
    """Put a failed reading into every lane of its probe and host; one that has no lane gets its own."""
    lanes_of: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    for probe, thing, liveness in list(states):
        lanes_of.setdefault((probe, thing.split(_WITHIN, 1)[0]), []).append((probe, thing, liveness))
    for reading in readings:
        if reading.error and reading.probe != MACHINE:
            own = (reading.probe, reading.host, False)
            for key in lanes_of.setdefault((reading.probe, reading.host), [own]):
                states.setdefault(key, []).append((reading.t + reading.took, f"{ERROR}: {reading.error}"))


def _states(reading: Reading, topology: Topology) -> Iterable[tuple[str, str, bool]]:
    value = reading.value
    if "addresses" in value:
        yield reading.host, _answer(value, topology), False
        return
    if "state" in value:
        yield reading.host, f"{value['state']}{', unhealthy' * (value.get('healthy') is False)}", True
        return
    for key, item in value.items():
        if isinstance(item, bool) or not isinstance(item, int | float):
            thing = reading.host if len(value) == 1 and "/" not in key else f"{reading.host}{_WITHIN}{key}"
            yield thing, _text(item), False


def _answer(value: Mapping[str, Json], topology: Topology) -> str:
    addresses = value.get("addresses")
    if not isinstance(addresses, list | tuple) or not addresses:
        return str(value.get("rcode") or "no address")
    known = [topology.by_address.get(str(address)) for address in addresses]
    if all(known):
        return " + ".join(sorted({place(host) for host in known}))
    return ", ".join(sorted(str(address) for address in addresses))


def _text(item: Json) -> str:
    text = item if isinstance(item, str) else json.dumps(item, sort_keys=True)
    if not text:
        return _EMPTY
    return text if len(text) <= _MOST_STATES else text[: _MOST_STATES - 1] + "…"


def _stays(said: list[tuple[int, str]], length: int) -> tuple[Stay, ...]:
    changes = [said[0]]
    for t, state in said[1:]:
        if state != changes[-1][1]:
            changes.append((t, state))
    last = max(length, said[-1][0])
    ends = [t for t, _ in changes[1:]] + [last]
    return tuple(Stay(t, end, state) for (t, state), end in zip(changes, ends, strict=True))


def thin(lane: Lane, width: int) -> tuple[Stay, ...]:
    """The lane for drawing: stays shorter than `width` ns are merged into `changing`, so flapping stays small."""
    drawn: list[Stay] = []
    for stay in lane.stays:
        state = stay.state if stay.end - stay.start >= width else "changing"
        if drawn and state == drawn[-1].state:
            drawn[-1] = Stay(drawn[-1].start, stay.end, state)
        else:
            drawn.append(Stay(stay.start, stay.end, state))
    return tuple(drawn)
