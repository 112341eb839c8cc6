from __future__ import annotations

import pytest

from chaoskit.core.history import Event
from chaoskit.core.units import NS
from chaoskit.engine.unplanned import unplanned_exits
from chaoskit.testing import happened, make_history


def exited(t: float, host: str = "web-1", code: int | None = 1) -> Event:
    """A daemon ended."""
    return Event(round(t * NS), "host", host, "exited", {"pid": None, "why": "exited", "exit_code": code})


def outage(*hosts: str, begin: float = 5, undone: float | None = 10) -> tuple[Event, ...]:
    """An action on hosts."""
    begun = Event(round(begin * NS), "action", "outage", "begin", {"hosts": list(hosts)})
    over = () if undone is None else (Event(round(undone * NS), "action", "outage", "undone"),)
    return (begun, *over)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], ()),
        ([exited(4.2)], ("web-1 ended by itself at 4.2 s, exit code 1",)),
        ([exited(4.2, code=-9)], ("web-1 ended by itself at 4.2 s, signal 9",)),
        ([exited(4.2, code=None)], ("web-1 ended by itself at 4.2 s",)),
        ([*outage("web-1"), exited(5.01)], ()),
        ([*outage("web-1"), exited(10.5)], ()),
        ([*outage("web-1"), exited(12)], ("web-1 ended by itself at 12 s, exit code 1",)),
        ([*outage("web-1"), exited(4.9)], ("web-1 ended by itself at 4.9 s, exit code 1",)),
        ([*outage("web-2"), exited(6)], ("web-1 ended by itself at 6 s, exit code 1",)),
        ([*outage("web-1", undone=None), exited(29)], ()),
        ([exited(-2, code=0)], ()),
        ([exited(-2, code=3)], ("web-1 ended by itself before the run's origin, exit code 3",)),
        ([exited(3, code=0)], ("web-1 ended by itself at 3 s, exit code 0",)),
    ],
)
def test_an_exit_is_told_unless_an_action_on_the_host_was_in_force(events: list[Event], told: tuple[str, ...]) -> None:
    """From the action's begin to a second after it was undone; a daemon that is done before the run begins is fine."""
    assert unplanned_exits(make_history((), events=events)) == told


def test_what_happens_to_others_is_no_exit() -> None:
    """A restart and a health check are turns in a host's life as well."""
    told = [("running", "unhealthy"), ("off", "powered off"), ("exited", "log cut")]
    turns = [Event(NS, "host", "web-1", what, {"why": why, "exit_code": 1}) for what, why in told]
    assert unplanned_exits(make_history((), events=[*turns, *happened("outage", begin=1)])) == ()
