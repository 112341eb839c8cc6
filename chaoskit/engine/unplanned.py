"""Daemons that ended though no action asked for it: what may explain a verdict that nobody expected. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.core.history import Event, History
from chaoskit.core.host import HostState
from chaoskit.core.units import NS, show_duration
from chaoskit.core.window import Moment

_AFTER = NS
"""How long after an action was undone an exit may still be its doing: a daemon that was started ends once more."""
_OVER = (Moment.UNDONE, "failed")


def unplanned_exits(history: History) -> tuple[str, ...]:
    """`web-1 ended by itself at 4.2 s, exit code 1`: of every host that no action in force was about.

    What ended with status 0 before the run's origin has done its work, as containers that prepare something do.
    """
    exits = [event for event in history.events if _is_exit(event)]
    if not exits:
        return ()
    spans = list(_spans(history))
    return tuple(_told(exit_) for exit_ in exits if not any(_explains(span, exit_) for span in spans))


_Span = tuple[frozenset[str], int, int]
"""Hosts, and from when to when what happens to them may be an action's doing."""


def _is_exit(event: Event) -> bool:
    if event.kind != "host" or event.what != HostState.EXITED or event.data.get("why") != "exited":
        return False
    return event.t >= 0 or event.data.get("exit_code") != 0


def _spans(history: History) -> Iterator[_Span]:
    """An action's hosts, from its begin to a moment after its end; one that is never undone has no end."""
    for event in history.events:
        if event.kind == "action" and event.what == Moment.BEGIN:
            begin = event.t
            ends = [
                other.t
                for other in history.events
                if other.kind == "action"
                and other.subject == event.subject
                and other.what in _OVER
                and other.t >= begin
            ]
            hosts = event.data.get("hosts")
            named = frozenset(str(host) for host in hosts) if isinstance(hosts, list | tuple) else frozenset()
            yield named, begin, min(ends) + _AFTER if ends else max(history.meta.duration, begin) + 60 * NS


def _explains(span: _Span, exit_: Event) -> bool:
    hosts, begin, end = span
    return exit_.subject in hosts and begin <= exit_.t <= end


def _told(event: Event) -> str:
    code = event.data.get("exit_code")
    said = "" if not isinstance(code, int) else f", signal {-code}" if code < 0 else f", exit code {code}"
    when = f"at {show_duration(event.t)}" if event.t >= 0 else "before the run's origin"
    return f"{event.subject} ended by itself {when}{said}"
