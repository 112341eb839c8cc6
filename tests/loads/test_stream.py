"""Retries: how often, when, and what is known of every attempt."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from chaoskit.core.history import Requests
from chaoskit.core.load import Connections
from chaoskit.core.retry import Retry
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from tests.loads.servers import HELLO, Behaviour, answers, generate, job, outcomes, resets, serving, silent
from tests.support.ports import free_port

UNAVAILABLE = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
MS = 1000


@pytest.fixture
def closed() -> int:
    """A port where nobody listens."""
    return free_port()


def url(port: int) -> str:
    """Of the server there."""
    return f"http://127.0.0.1:{port}/"


def test_every_failed_attempt_is_known_and_arrivals_stay_what_they_were() -> None:
    """Two failures and a success are one row and two attempts, whose spans follow each other within the row's."""
    calls = iter(range(10**6))

    def third_time_lucky(connection: socket.socket) -> None:
        answers(HELLO if next(calls) % 3 == 2 else UNAVAILABLE)(connection)

    failed: list[Requests] = []
    with serving(third_time_lucky) as port:
        lucky = job(url(port), retries=Retry.backoff(2, first="20ms", jitter="none"), arrivals=constant("4/s"))
        table, _ = generate(lucky, seconds=1.0, attempts=failed)
    assert outcomes(table) == {"ok": 4}
    assert set(table.attempts.tolist()) == {3}
    (attempts,) = failed
    assert outcomes(attempts) == {"503": 8}
    assert np.bincount(attempts.attempts).tolist() == [0, 4, 4]
    for row in range(len(table)):
        begins, ends = int(table.intended[row]), int(table.ended[row])
        mine = attempts.take((attempts.intended >= begins) & (attempts.intended <= ends))
        first, second = (mine.take(mine.attempts == number) for number in (1, 2))
        assert first.intended.tolist() == [begins]
        assert second.intended[0] - first.ended[0] == pytest.approx(20 * MS * 1000, abs=2000)
        assert ends - second.ended[0] >= 40 * MS * 1000
        assert table.sent[row] >= 60 * MS
        assert (first.server[0], first.load[0], first.client[0]) == ("127.0.0.1", "shop", "client-1")


def test_a_backoff_spreads_attempts_and_a_number_does_not(closed: int) -> None:
    """Refused four times: at once, or 20, 40 and 80 ms later; latency counts from the first intended start."""
    plain = {"arrivals": constant("10/s")}
    now, _ = generate(job(url(closed), retries=3, **plain), seconds=0.5)
    waits, _ = generate(job(url(closed), retries=Retry.backoff(3, first="20ms", jitter="none"), **plain), seconds=0.5)
    assert set(now.attempts.tolist()) == set(waits.attempts.tolist()) == {4}
    assert np.median(now.end) < 50 * MS
    assert np.all(waits.end >= 140 * MS)
    assert np.median(waits.end) < 200 * MS


def test_no_attempt_begins_after_the_timeout(closed: int) -> None:
    """A wait that would end after it is not begun: the request ends with what it had come to."""
    failed: list[Requests] = []
    policy = Retry.backoff(9, first="60ms", factor=2, jitter="none")
    table, _ = generate(job(url(closed), retries=policy, timeout=NS // 5), attempts=failed)
    assert outcomes(table) == {"refused": 10}
    assert set(table.attempts.tolist()) == {1 + 2}
    assert np.all(table.end < 220 * MS)
    assert len(failed[0]) == 20


def test_a_budget_bounds_what_retries_add(closed: int) -> None:
    """Of a fifth: with everything failing, a hundred arrivals make twenty further attempts and not three hundred."""
    failed: list[Requests] = []
    plain = {"arrivals": constant("200/s")}
    bounded = job(url(closed), name="bounded", retries=Retry.immediate(3, budget=0.2), **plain)
    free = job(url(closed), name="free", retries=3, **plain)
    table, _ = generate(bounded, free, seconds=0.5, attempts=failed)
    mine, others = (failed[0].take(failed[0].load.equals(name)) for name in ("bounded", "free"))
    assert outcomes(table) == {"refused": 200}
    assert len(mine) == 20
    assert len(others) == 300


@pytest.mark.parametrize("behave", [answers(UNAVAILABLE), resets, answers(HELLO[:-1], close=True), answers(b"no\r\n")])
@pytest.mark.parametrize("connections", list(Connections))
def test_attempts_of_all_kinds_add_up(behave: Behaviour, connections: Connections) -> None:
    """What rows say of attempts is what the attempts' own rows are, plus the last one of each."""
    failed: list[Requests] = []
    with serving(behave) as port:
        policy = Retry.backoff(2, first="5ms")
        table, _ = generate(job(url(port), retries=policy, connections=connections), attempts=failed)
    assert len(table) == 10
    assert int(table.attempts.sum()) == len(failed[0]) + len(table) == 30
    assert set(outcomes(failed[0])) == set(outcomes(table))
    assert np.all(failed[0].end >= 0)
    assert np.all(failed[0].sent <= failed[0].end)


def test_requests_that_wait_for_another_attempt_are_abandoned_with_the_run() -> None:
    """A stop in the middle of a wait leaves nobody out of the account."""
    with serving(answers(UNAVAILABLE)) as port, serving(silent) as mute:
        policy = Retry.backoff(3, first="5s", jitter="none")
        waiting = job(url(port), retries=policy, timeout=20 * NS)
        _, accounts = generate(waiting, job(url(mute), name="mute", timeout=20 * NS), seconds=0.4, stop_after=0.3)
    assert [row.abandoned == row.recorded > 0 for row in accounts] == [True, True]
