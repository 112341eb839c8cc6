"""Actions and windows as spans of time: what every chart of a run is shaded with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chaoskit.core.history import Event, History
from chaoskit.core.result import Judged
from chaoskit.core.window import Moment, Span
from chaoskit.report.model.answers import answers


@dataclass(frozen=True)
class Fault:
    """An action as it happened; moments in ns since the origin, None where they never came.

    Attributes:
        name: the action's name in the record.
        action: the action as written.
        doubt: when it was not confirmed and what was seen instead, or None.
        failed: why a step of it failed, or empty.
        one_shot: nothing of it is in force after its moment.
        answers: who its late targets turned out to be, `leader: etcd-a`.
    """

    name: str
    action: str
    begin: int
    confirmed: int | None
    end: int | None
    undone: int | None
    hosts: tuple[str, ...]
    steps: tuple[str, ...]
    evidence: tuple[str, ...]
    doubt: tuple[int, str] | None = None
    failed: str = ""
    one_shot: bool = False
    answers: tuple[str, ...] = ()

    @property
    def before_ready(self) -> bool:
        """Whether it made the lab what it is, before load began: then it is no fault."""
        return self.begin < 0

    def span(self, length: int) -> Span:
        """From its begin until it was undone, or the end of the run; one moment for a one-shot action."""
        last = self.begin if self.one_shot else length
        return Span(self.begin, self.undone if self.undone is not None else last)


def faults(history: History) -> tuple[Fault, ...]:
    """Every action of a run in the order they began."""
    by_name: dict[str, list[Event]] = {}
    for event in history.events:
        if event.kind == "action":
            by_name.setdefault(event.subject, []).append(event)
    found = [_fault(name, events) for name, events in by_name.items()]
    return tuple(sorted(found, key=lambda fault: fault.begin))


def windows(judged: Iterable[Judged]) -> dict[str, Span]:
    """The windows of all checks by name, in order of their start."""
    spans = {name: span for one in judged for name, span in one.spans.items()}
    return dict(sorted(spans.items(), key=lambda item: (item[1].start, item[1].end)))


def _fault(name: str, events: list[Event]) -> Fault:
    moments = {event.what: event.t for event in reversed(events)}
    failures = [event for event in events if event.what in ("failed", "ended")]
    doubts = [event for event in events if event.what == "not confirmed"]
    return Fault(
        name,
        action=next(iter(_words(events, "action")), name),
        begin=moments.get(Moment.BEGIN, events[0].t),
        confirmed=moments.get(Moment.CONFIRMED),
        end=moments.get(Moment.END),
        undone=moments.get(Moment.UNDONE),
        hosts=_words(events, "hosts"),
        steps=_words(events, "steps"),
        evidence=_words(events, "evidence"),
        doubt=next(((event.t, "; ".join(_words([event], "evidence"))) for event in doubts), None),
        failed="; ".join(_words(failures, "evidence", "error", "reason")) or ("failed" if failures else ""),
        one_shot=any(event.data.get("one_shot") is True for event in events),
        answers=answers(events),
    )


def _words(events: list[Event], *keys: str) -> tuple[str, ...]:
    """The distinct texts that events hold under these keys, in their order."""
    texts: list[str] = []
    for event in events:
        for key in keys:
            value = event.data.get(key, [])
            texts += [str(item) for item in (value if isinstance(value, list | tuple) else [value])]
    return tuple(dict.fromkeys(texts))
