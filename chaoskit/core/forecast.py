"""What a run is expected to hold, computed from the plan alone: `plan` shows it, nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chaoskit.core.late import Unanswered
from chaoskit.core.load import Load
from chaoskit.core.selector import NOTHING, Answers, Selector, hosts
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.core.units import NS
from chaoskit.core.window import EventRef, Moment, Span, Window

_STEP = NS // 20


@dataclass(frozen=True)
class Forecast:
    """A plan's times and rates.

    Attributes:
        planned: when an action begins and ends by the timeline, ns since the origin.
        loads: the load that stands in for another in this arm.
        arriving: when a load arrives, ns since the origin; one of the whole run from the origin to the end.
    """

    topology: Topology
    duration: int
    planned: Callable[[EventRef], int]
    loads: Callable[[Load], Load]
    seed: int = 0
    arriving: Callable[[Load], Span] | None = None

    def span(self, window: Window | None) -> Span:
        """A window at its planned times; None is the whole run."""
        if window is None:
            return Span(0, self.duration)
        start = (self.planned(window.after) if window.after else 0) + window.delay
        if window.lasting is not None:
            return Span(start, min(start + window.lasting.total, self.duration))
        return Span(start, self.planned(window.before) if window.before else self.duration)

    def arrivals(
        self,
        load: Load,
        *,
        during: Window | None = None,
        outside: Window | None = None,
        clients: Selector | None = None,
    ) -> int:
        """How many arrivals fall inside `during` and outside `outside`, on average, from these clients."""
        actual = self.loads(load)
        inside, without = self.span(during), self.span(outside) if outside else Span(0, 0)
        active = self.arriving(load) if self.arriving else Span(0, self.duration)
        rates = [
            actual.arrivals.rate_at((t - active.start) / NS)
            for t in range(inside.start + _STEP // 2, inside.end, _STEP)
            if active.holds(t) and not without.holds(t)
        ]
        return round(sum(rates) * _STEP / NS * self._share(actual, clients))

    def _share(self, load: Load, clients: Selector | None) -> float:
        if clients is None:
            return 1.0
        population = {host.name for host in self._hosts(load.clients)}
        return self._fewest(clients, population) / len(population)

    def _fewest(self, clients: Selector, population: set[str], answers: Answers = NOTHING) -> int:
        """How many of a load's hosts a selector means; with a late target, the fewest by any answer."""
        try:
            return len({host.name for host in self._hosts(clients, answers)} & population)
        except Unanswered as missing:
            question = missing.question
            known = ({**answers, question.text: (one.name,)} for one in self._hosts(question.candidates))
            return min(self._fewest(clients, population, each) for each in known)

    def _hosts(self, selector: Selector, answers: Answers = NOTHING) -> tuple[HostInfo, ...]:
        return hosts(selector, self.topology, self.seed, answers)


_ENDS = (Moment.END, Moment.UNDONE)


def planned_moment(event: EventRef, start: int, lasting: int | None) -> int:
    """When a moment of an entry comes by the timeline."""
    return start + (lasting or 0) if event.moment in _ENDS else start
