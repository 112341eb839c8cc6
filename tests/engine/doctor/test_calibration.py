"""The search for the highest rate, and the server it is measured against."""

from __future__ import annotations

import math
import socket
import time
from http.client import HTTPConnection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.engine.doctor import answering as module
from chaoskit.engine.doctor import calibration as search
from chaoskit.engine.doctor.answering import Answering, answering
from chaoskit.engine.doctor.calibration import LAG_BOUND, Step, best, calibrate, limit, next_rate


def step(asked: float, *, held: bool, good: float = 1.0, generator: float = 0.5, server: float = 0.5) -> Step:
    """A load that kept time or did not."""
    return Step(asked, asked, LAG_BOUND / 1e9 * (0.5 if held else 2), good, generator, server)


@given(st.floats(100, 10**6))
def test_the_search_comes_close_in_few_steps(capacity: float) -> None:
    """Whatever the machine can do: the answer is held, a twentieth more is not, and ten steps or so find it."""
    steps = [step(4000, held=capacity >= 4000)]
    while (rate := next_rate(steps)) is not None:
        assert len(steps) < 20
        steps.append(step(rate, held=rate <= capacity))
    found = best(steps)
    assert found is not None
    assert found.asked <= capacity < found.asked * 1.05001
    assert len(steps) <= 15


def test_a_machine_that_drives_nothing_is_told_so() -> None:
    """The search ends at a rate that anybody drives, without an answer."""
    steps = [step(4000, held=False)]
    while (rate := next_rate(steps)) is not None:
        steps.append(step(rate, held=False))
    assert best(steps) is None
    assert steps[-1].asked >= 50


def test_luck_above_a_rate_that_was_lost_counts_for_nothing() -> None:
    """The answer is below every rate that was not held."""
    found = best([step(1000, held=True), step(2000, held=False), step(4000, held=True)])
    assert found == step(1000, held=True)


def test_a_load_that_fails_is_not_held() -> None:
    """Keeping time is not enough: what is not answered is not driven."""
    assert not step(1000, held=True, good=0.99).held


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (step(8000, held=False, generator=0.98), "the generator's one process"),
        (step(8000, held=False, server=0.97), "the server's one process"),
        (step(8000, held=False), "the cores are shared"),
        (step(8000, held=True, good=0.5, server=0.99), "50.0% of the requests failed"),
        (step(8000, held=False, generator=math.nan, server=math.nan), "is late by 20 ms"),
    ],
)
def test_what_limits_is_told(lost: Step, said: str) -> None:
    """By the use of processors while arrivals came."""
    assert said in limit([step(4000, held=True), lost])
    assert "8,000 /s" in limit([lost])


def test_without_a_lost_rate_time_was_the_limit() -> None:
    """The answer is then a lower bound, and says so."""
    assert "no time to try more" in limit([step(4000, held=True)])


@pytest.mark.parametrize("installed", ["nginx if there is one", "no nginx"])
def test_a_server_answers_until_the_end_of_the_block(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nginx or the one of chaoskit's own, alike; several requests on a connection; its port is free afterwards."""
    if installed == "no nginx":
        monkeypatch.setattr(module.shutil, "which", lambda *_args, **_more: None)
    with answering() as server:
        assert (server.name == "nginx") or installed == "no nginx" or "small" in server.name
        connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
        for _ in range(3):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"hello, world!\n"
        connection.close()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_a_rate_is_lost_once_only_where_a_core_was_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stall with cores to spare is tried again, and forgotten if it does not come back."""
    stalls = {8000.0: [False, True], 16000.0: [False, False], 11313.7: [False]}
    full = {11313.7: 0.99}

    def measure(_server: Answering, rate: float) -> Step:
        left = stalls.get(round(rate, 1), [])
        return step(rate, held=left.pop(0) if left else rate < 9000, generator=full.get(round(rate, 1), 0.5))

    monkeypatch.setattr(search, "_measure", measure)
    told: list[Step] = []
    found = calibrate(told.append, within=60)
    tries = [round(each.asked, 1) for each in told]
    assert (tries.count(4000), tries.count(8000), tries.count(16000), tries.count(11313.7)) == (1, 2, 2, 1)
    assert found.best is not None
    assert 8000 < found.best.asked < 9000


@pytest.mark.slow
def test_a_calibration_finds_a_rate_that_is_held() -> None:
    """On this machine, within the time it was given; each load's numbers are those of a real one."""
    told: list[Step] = []
    began = time.monotonic()
    found = calibrate(told.append, within=8)
    assert time.monotonic() - began < 20
    assert set(found.steps) <= set(told)
    assert len(found.steps) >= 2
    assert found.best is not None
    assert found.best.held
    assert found.best.answered == pytest.approx(found.best.asked, rel=0.1)
    assert 0 < found.best.generator < 4
    assert 0 < found.best.server < 4
