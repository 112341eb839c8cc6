"""An operation between the thread that performs it and the engine that may cut it off."""

from __future__ import annotations

from time import monotonic_ns, sleep

import pytest

from chaoskit.core.units import NS
from chaoskit.loads.call import CONNECTING, RESOLVING, SENT
from chaoskit.loads.naming import Place
from chaoskit.loads.session import CutOff, Operation


class Nowhere:
    """Knows one host, and finds another."""

    def known(self, host: str) -> Place | None:
        """Only the one."""
        return ("127.0.0.1", 0) if host == "here" else None

    def find(self, host: str, patience: float) -> tuple[Place, int]:
        """The other, after a while."""
        assert 0 < patience <= 1
        return ("127.0.0.2", 81), 5


def operation(seconds: float = 1.0) -> Operation:
    """One with so much time."""
    now = monotonic_ns()
    return Operation("n", "write", now + round(seconds * NS), now, Nowhere())


def test_what_is_cut_off_must_not_be_sent() -> None:
    """The engine says `over`, then looks at `sent`: either it sees the moment of sending, or sending is refused."""
    cut = operation()
    cut.over = True
    with pytest.raises(CutOff):
        cut.sending()
    assert cut.sent >= 0  # the engine may have seen it: then it is taken for one that may have had an effect


def test_only_a_look_up_is_a_phase_of_its_own() -> None:
    """A place that is known costs nothing and is no naming; one that is asked for shows how long that took.

    A port that the naming has counts, and that of the request where it has none.
    """
    one = operation()
    assert (one.place("here", 80), one.phase, one.dns) == (("127.0.0.1", 80), CONNECTING, -1)
    assert (one.place("there", 80), one.phase, one.dns) == (("127.0.0.2", 81), RESOLVING, 5)


def test_another_attempt_begins_anew() -> None:
    """What counts is when the attempt was sent that may have had an effect; how many there were is counted."""
    one = operation()
    one.connecting("127.0.0.1")
    one.connected()
    one.sending()
    one.answering()
    assert min(one.connect, one.sent, one.first) >= 0
    one.again()
    assert (one.repeats, one.sent, one.first, one.connect, one.phase) == (1, -1, -1, -1, CONNECTING)
    one.sending("127.0.0.2")
    assert (one.server, one.phase) == ("127.0.0.2", SENT)


def test_time_that_is_over() -> None:
    """A time-out for the next thing to do is what is left of the operation's, and an error if nothing is."""
    assert operation().left(0.1) == 0.1
    assert 0 < operation().left() <= 1
    with pytest.raises(TimeoutError):
        operation(0.0).left()


def test_several_things_share_one_time_out() -> None:
    """What one of them takes is missing for the next, and neither outlasts the operation."""
    left = operation().within(0.2)
    first = left()
    sleep(0.1)
    assert 0 < left() <= first - 0.1 <= 0.1
    sleep(0.11)
    with pytest.raises(TimeoutError):
        left()
    assert operation(0.5).within(float("inf"))() <= 0.5
