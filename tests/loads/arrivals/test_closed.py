"""A closed loop as far as it is pure: first requests, times to think, what a plan expects."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.loads.arrivals.closed import closed
from chaoskit.loads.schedule import streams


@given(users=st.integers(1, 300), clients=st.integers(1, 5), seed=st.integers(0, 2**32))
def test_every_user_begins_once(users: int, clients: int, seed: int) -> None:
    """Dealt to any number of client hosts, as many first requests come as there are users."""
    process = closed(users, think="1s", thinking="constant")
    first = [
        moment
        for part in streams(process, 2 * NS, seed=seed, load="l", clients=[f"c{index}" for index in range(clients)])
        for chunk in part
        for moment in chunk.tolist()
    ]
    assert len(first) == users
    assert all(0 <= moment <= NS for moment in first)


def test_first_requests_ascend_within_the_duration() -> None:
    """Users who would begin after the end do not."""
    found = list(closed(1000, think="1s").times(0.5, random.Random(1)))
    assert all(a <= b < 0.5 for a, b in pairwise(found))
    assert len(found) == pytest.approx(1000 * (1 - np.exp(-0.5)), rel=0.1)


def test_times_to_think() -> None:
    """Exponential ones have the mean as their deviation, constant ones are all the same, and none is none."""
    rng = random.Random(1)
    drawn = np.array([closed(1, think="1s").draw(rng) for _ in range(20_000)]) / NS
    assert drawn.mean() == pytest.approx(1, rel=0.03)
    assert drawn.std() == pytest.approx(1, rel=0.03)
    assert closed(1, think="1s", thinking="constant").draw(rng) == NS
    assert closed(1).draw(rng) == 0


def test_a_plan_expects_the_interactive_response_time_law() -> None:
    """Users over the sum of thinking and answering; a part has its users."""
    process = closed(200, think="1s", answer="1s")
    assert process.rate_at(5) == 100
    assert process.part(4).users == 50
    assert process.title == "closed loop, 200 users who think 1 s on average"
    assert closed(64).title == "closed loop, 64 users without a pause"


@pytest.mark.parametrize(
    ("words", "message"),
    [({"users": 0}, "0 users"), ({"thinking": "slow"}, "slow"), ({"answer": 0}, "takes any time")],
)
def test_what_is_no_closed_loop(words: dict[str, object], message: str) -> None:
    """A mistake is told when it is written."""
    with pytest.raises(UsageError, match=message):
        closed(**{"users": 1} | words)  # type: ignore[arg-type]
