"""A first file of experiments for a running project: an instance of each replicated service dies. Pure text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chaoskit.core.units import NS, show_duration, show_share

RATE = 50
"""Requests a second, of the measurement as of the experiments: what is learnt at one rate says little of another."""

_OUTAGE = "7s"
_BEFORE = "4s"
_DURATION = "16s"
_MOST_CLAIMED = 0.97
"""Takes 334 requests outside the window; the run has some 550."""
_SLACK = 0.01
_TIMES, _LATENCY_SLACK = 3, 0.05
"""How many times as long as measured, and seconds longer at least, the slower requests may take."""


@dataclass(frozen=True)
class Entry:
    """Where callers of the project go.

    Attributes:
        service: the Compose service.
        port: where it listens, seen from the project's own network.
        path: what to ask for.
        status: what it answers.
        instances: of the service.
    """

    service: str
    port: int
    path: str = "/"
    status: int = 200
    instances: int = 1

    @property
    def url(self) -> str:
        """As callers inside the project's network write it."""
        port = "" if self.port == 80 else f":{self.port}"
        return f"http://{self.service}{port}{self.path}"

    def of(self, instances: int) -> Entry:
        """The same, of a service with so many instances."""
        return replace(self, instances=instances)

    @property
    def is_success(self) -> bool:
        """Whether what it answers counts as a success by itself."""
        return 200 <= self.status < 400


@dataclass(frozen=True)
class Measured:
    """The project's steady state, measured for a few seconds.

    Attributes:
        succeeded: share of the requests, 0..1.
        median: of successful requests, in seconds; so is `p95`.
    """

    requests: int
    seconds: float
    succeeded: float
    median: float
    p95: float

    @property
    def at_least(self) -> float:
        """The share of successes that is claimed: a little below what was measured."""
        return min(_MOST_CLAIMED, math.floor(round((self.succeeded - _SLACK) * 100, 6)) / 100)

    @property
    def at_most(self) -> str:
        """The time that 95 % may take: three times what was measured, in steps of 10 ms."""
        allowed = max(_TIMES * self.p95, self.p95 + _LATENCY_SLACK)
        return f"{math.ceil(round(allowed * 100, 6)) * 10}ms"

    def __str__(self) -> str:
        times = f"median {_shown(self.median)}, 95 % within {_shown(self.p95)}"
        return f"{self.requests} requests in {self.seconds:g} s, {show_share(self.succeeded)} succeeded, {times}"


@dataclass(frozen=True)
class First:
    """What the file is made of.

    Attributes:
        replicated: how many instances each service with several has.
    """

    project: str
    entry: Entry
    measured: Measured
    replicated: dict[str, int]

    def text(self, file: str) -> str:
        """The file, which calls itself so."""
        parts = [self._head(file), self._imports(), load_lines(self.entry), self._experiment()]
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def _head(self, file: str) -> Iterator[str]:
        what = "an instance dies, and callers do not notice for long" if self.replicated else "its steady state"
        yield f'"""Project {self.project}: {what}.'
        yield ""
        yield f"chaoskit plan {file} --attach {self.project}     what it would do, to whom and when; touches nothing"
        yield f"chaoskit run {file} --attach {self.project}      do it, and judge what happened"
        yield ""
        yield "Bounds are from what was measured when this file was written:"
        yield f"{self.measured}."
        yield '"""'

    def _imports(self) -> Iterator[str]:
        words = ["Experiment", "Lab", "get", "load", "param", "role", "stop_unless"]
        words += [] if self.entry.is_success else ["status"]
        words += ["at", "begin", "bound", "name", "window"] if self.replicated else []
        words += ["Connections", "DnsCache"] if self.entry.instances > 1 else []
        yield "from chaoskit import ("
        yield from (f"    {word}," for word in sorted(words, key=lambda word: (word[:1].islower(), word)))
        yield ")"
        if self.replicated:
            yield "from chaoskit.actions.crash import crash"
        yield "from chaoskit.checks.availability import availability"
        yield "from chaoskit.checks.latency import latency"
        if self.replicated:
            yield "from chaoskit.checks.recovers import recovers"
        yield "from chaoskit.loads.arrivals import poisson"
        if self.replicated:
            yield "from chaoskit.probes.alive import alive"

    def _experiment(self) -> Iterator[str]:
        yield from self._dies() if self.replicated else self._steady()

    def _dies(self) -> Iterator[str]:
        yield ""
        yield "def one_dies(service: str) -> Experiment:"
        yield '    """One instance is killed; whatever restarts it, or does not, is part of the answer."""'
        yield "    outage = crash(name(service).pick(1))"
        yield "    # How long it may hurt is your promise, not a measurement: what notices the death, and a margin."
        yield '    noticed = window(after=begin(outage), lasting=bound(detection="3s", margin="2s"))'
        yield "    return Experiment("
        yield '        claim=f"losing one instance of {service} hurts callers only until it is noticed",'
        yield from _indented(self._common(_DURATION))
        yield '        probes=[alive().at(name(service), every="10ms")],  # a restart policy may revive it soon'
        yield f'        timeline=[at("{_BEFORE}", outage, lasting="{_OUTAGE}")],'
        yield "        checks=["
        yield f"            availability(visitors, at_least={self.measured.at_least:g}, outside=noticed),"
        yield f'            latency(visitors, quantile=0.95, at_most="{self.measured.at_most}", outside=noticed),'
        yield f'            recovers(visitors, within=noticed, at_least={_held(self.measured)}, holding="3s"),'
        yield "        ],"
        yield "    )"
        yield ""
        yield ""
        counts = ", ".join(f"{service} {count}" for service, count in self.replicated.items())
        yield f"# Services with several instances: {counts}."
        services = ", ".join(f'"{service}"' for service in self.replicated)
        yield f"dies = {{service: one_dies(service) for service in [{services}]}}"

    def _steady(self) -> Iterator[str]:
        yield "# No service has several instances, so that none can lose one unnoticed: this measures only, and breaks"
        yield "# nothing. `chaoskit list --actions` shows what could be done."
        yield "steady_state = Experiment("
        yield '    claim="callers are served as they were when this file was written",'
        yield from (line[4:] for line in _indented(self._common(_DURATION)))
        yield "    checks=["
        yield f"        availability(visitors, at_least={self.measured.at_least:g}),"
        yield f'        latency(visitors, quantile=0.95, at_most="{self.measured.at_most}"),'
        yield "    ],"
        yield ")"

    def _common(self, duration: str) -> Iterator[str]:
        yield f'lab=Lab("{self.project}"),  # --attach names the project; roles= and regions= would be said here'
        yield "loads=[visitors],"
        yield f'duration="{duration}",  # it is over by then, whatever happens'
        yield f"steady=availability(visitors, at_least={self.measured.at_least - 0.05:.2f}),"
        yield "# Everything is undone at once when most callers fail."
        yield 'guards=[stop_unless(availability(visitors, at_least=0.3), over="4s")],'


def measurement_text(project: str, entry: Entry, seconds: int) -> str:
    """A file whose one experiment breaks nothing: it drives the load of the first experiments for a while."""
    words = ["Connections", "DnsCache", "Experiment", "Lab", "get", "load", "param", "role", "status", "stop_unless"]
    lines = [
        f"from chaoskit import {', '.join(words)}",
        "from chaoskit.checks.availability import availability",
        "from chaoskit.loads.arrivals import poisson",
        *load_lines(entry),
        "steady_state = Experiment(",
        f'    claim="as it is", lab=Lab({project!r}), loads=[visitors], duration="{seconds}s",',
        '    guards=[stop_unless(availability(visitors, at_least=0.1), over="3s")],',
        ")",
    ]
    return "\n".join(lines) + "\n"


def load_lines(entry: Entry) -> Iterator[str]:
    """The load: who asks for what. The measurement is made by the same lines."""
    accepted = "" if entry.is_success else f", ok=status({entry.status})"
    yield "# Who asks for what. They come from a host that joins the project's network for the time of the run."
    if accepted:
        yield f"# The path is a guess, and is answered with {entry.status}: name one that your callers ask for."
    yield "visitors = load("
    yield f"    get({json.dumps(entry.url)}{accepted}),"
    yield f'    poisson(param("rate", "{RATE}/s")),'
    yield '    clients=role("client"),'
    yield '    timeout="2s",'
    if entry.instances > 1:
        yield "    # Its name stands for several instances: each request asks anew where to go."
        yield "    connections=Connections.NEW,"
        yield "    dns_cache=DnsCache.NONE,"
    yield ")"


def _held(measured: Measured) -> str:
    return f"{min(0.95, measured.at_least):g}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"        {line}" for line in lines)


def _shown(seconds: float) -> str:
    return show_duration(round(seconds * NS))
