"""A master asks for its workers' clocks."""

from __future__ import annotations

import time

from chaoskit.loads.clocks import Clocks, Told, answer

_LEAD = 5_000_000_000


class _Worker:
    """One whose clock is 5 s ahead; it is asked in turns, so that what comes in between can be tested."""

    def __init__(self) -> None:
        self.clocks = Clocks(lambda _worker, told: self.asked.append(told))
        self.asked: list[Told] = []

    def answer_all(self) -> int:
        """Answer until nothing is asked any more; returns how often that was."""
        count = 0
        while self.asked:
            told = answer(self.asked.pop())
            self.clocks.hear("w", {**told, **{key: told[key] + _LEAD for key in ("received", "answered")}})
            count += 1
        return count


def test_a_lead_is_found_within_its_bound() -> None:
    """By several round trips; nothing is called before that."""
    worker, called = _Worker(), list[str]()
    worker.clocks.measure("w", lambda: called.append("ready"))
    assert called == []
    assert worker.answer_all() > 1
    assert called == ["ready"]
    course = worker.clocks.course("w")
    now = time.monotonic_ns() + _LEAD
    assert abs(course.offset_at(now) - _LEAD) <= course.error_at(now) < 1_000_000_000


def test_who_comes_meanwhile_is_called_as_well() -> None:
    """An account and the next readiness may be there at once: both are passed on, in order, once."""
    worker, called = _Worker(), list[str]()
    worker.clocks.measure("w", lambda: called.append("account"))
    worker.clocks.measure("w", lambda: called.append("ready"))
    worker.answer_all()
    assert called == ["account", "ready"]


def test_an_answer_that_nobody_asked_for_is_ignored() -> None:
    """As of a worker that answers twice."""
    worker = _Worker()
    worker.clocks.hear("w", answer({"sent": time.monotonic_ns()}))
    worker.clocks.measure("w", lambda: None)
    worker.answer_all()
    assert len(worker.clocks.course("w").measured) == 1
