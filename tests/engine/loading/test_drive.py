"""Generators side by side on one load."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.request import get
from chaoskit.core.units import NS
from chaoskit.engine.loading.drive import Snapshot, drive
from chaoskit.engine.loading.plan import LoadPlan
from chaoskit.loads.arrivals import constant
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.servers import HELLO, answers, serving


def plan(url: str, *, workers: int = 1, seconds: float = 1.0) -> LoadPlan:
    """A metronome of 200/s; one name is of an address outside."""
    client = Client("here", hosts={"outside.example.com": "192.0.2.1"})
    return LoadPlan(get(url), constant("200/s"), client, round(seconds * NS), NS, workers=workers)


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_whoever_watches_sees_every_request_once() -> None:
    """Moments come as often as asked for, and what they hold does not overlap."""
    seen: list[Snapshot] = []
    with serving(answers(HELLO)) as port:
        result = drive(plan(f"http://127.0.0.1:{port}/", workers=2), seen.append, every=NS // 5)
    assert len(seen) >= 3
    assert sum(snapshot.last.total for snapshot in seen) <= result.scheduled
    assert result.scheduled == result.tally.whole.total == pytest.approx(200, abs=1)
    assert [snapshot.t for snapshot in seen] == sorted(snapshot.t for snapshot in seen)
    assert all(len(snapshot.pids) == 2 for snapshot in seen)
    assert not any(alive(pid) for pid in seen[0].pids)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_name_that_leads_outside_ends_the_load(workers: int) -> None:
    """It is found out when the name is resolved: nothing is sent there."""
    with pytest.raises(TargetRefused, match=r"192\.0\.2\.1"):
        drive(plan("http://outside.example.com/", workers=workers), lambda _snapshot: None)


def test_a_generator_that_dies_is_an_error_and_takes_the_others_along() -> None:
    """A load of which half is missing has no result."""
    pids: list[int] = []

    def kill(snapshot: Snapshot) -> None:
        if not pids:
            pids.extend(snapshot.pids)
            os.kill(pids[1], signal.SIGKILL)

    with serving(answers(HELLO)) as port, pytest.raises(LabError, match="killed by signal 9"):
        drive(plan(f"http://127.0.0.1:{port}/", workers=2, seconds=30), kill, every=NS // 10)
    assert not any(alive(pid) for pid in pids)


@pytest.mark.parametrize("owned", [False, True])
def test_the_users_word_reaches_every_generator(owned: bool) -> None:
    """What it allows is the engine's to judge; loopback and labs need none."""
    work = replace(plan("http://outside.example.com/", workers=3), owned=owned).work(0)
    assert [(one.owned, one.jobs[0].any_target) for one in work] == [(owned, True)] * 3


def test_generators_are_dealt_disjoint_parts_of_one_schedule() -> None:
    """The same seed and arrivals for each, and a number of its own; one alone has the schedule for itself."""
    works = plan("http://127.0.0.1/", workers=2).work(5)
    assert len({(work.origin, work.seed, work.duration, work.jobs[0].arrivals) for work in works}) == 1
    deals = [work.course.deals for work in works if work.course]
    assert [(deal.index, deal.of) for (deal,) in deals] == [(0, 2), (1, 2)]
    assert [work.course for work in plan("http://127.0.0.1/").work(5)] == [None]
