"""The merged schedule: order, completeness, repeatability."""

import random
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.arrivals.bursty import bursty
from chaoskit.loads.schedule import Draw, Moments, Schedule, stream, streams
from chaoskit.loads.shapes import step

MOMENTS = st.lists(st.integers(0, 5 * NS), max_size=300).map(sorted)


def chunked(moments: list[int]) -> Iterator[Moments]:
    """A stream in chunks of seven."""
    for start in range(0, len(moments), 7):
        yield np.array(moments[start : start + 7], np.int64)


def made(**words: Any) -> list[int]:
    """A whole stream as a list."""
    return [moment for chunk in stream(**words) for moment in chunk.tolist()]


def drained(schedule: Schedule) -> list[tuple[int, int]]:
    """Take until nothing is left."""
    found: list[tuple[int, int]] = []
    while len((slice_ := schedule.take())[0]):
        found += zip(slice_[0].tolist(), slice_[1].tolist(), strict=True)
    return found


@given(st.lists(MOMENTS, max_size=5))
def test_a_schedule_is_its_streams_merged(streams: list[list[int]]) -> None:
    """Nothing is lost, nothing made up, all in order of time; the count owed is that of the streams."""
    schedule = Schedule([chunked(moments) for moments in streams])
    found = drained(schedule)
    assert [moment for moment, _ in found] == sorted(moment for moments in streams for moment in moments)
    for index, moments in enumerate(streams):
        assert [moment for moment, which in found if which == index] == moments
    assert schedule.owed(5 * NS) == [len(moments) for moments in streams]


@given(st.lists(MOMENTS, min_size=1, max_size=4), st.integers(0, 30), st.integers(0, 5 * NS))
def test_what_is_owed_at_an_early_end(streams: list[list[int]], slices: int, later: int) -> None:
    """When a load ends early, it owed the arrivals up to then: those taken, and those due but not taken."""
    schedule = Schedule([chunked(moments) for moments in streams])
    passed, current = 0, 0
    for _ in range(slices):
        moments, _streams = schedule.take()
        passed, current = current, int(moments[-1]) if len(moments) else current
    until = max(passed, later)
    assert schedule.owed(until) == [bisect_right(moments, until) for moments in streams]


@given(st.lists(MOMENTS, min_size=1, max_size=4), st.integers(0, 2**32), st.integers(0, 5 * NS))
def test_a_mix_deals_arrivals_and_moves_none(streams: list[list[int]], seed: int, until: int) -> None:
    """With a draw for the first stream its moments are the same, each given to one part, and owed by it."""

    def mixed() -> Schedule:
        return Schedule([chunked(moments) for moments in streams], {0: Draw([0.5, 0.25, 0.25], str(seed))})

    found = drained(mixed())
    assert sorted(moment for moment, which in found if which < 3) == streams[0]
    for index, moments in enumerate(streams[1:], 3):
        assert [moment for moment, which in found if which == index] == moments
    assert drained(mixed()) == found
    schedule = mixed()
    drained(schedule)
    last = max(until, *(moment for moment, _ in found), 0)
    counts = [sum(which == part for _, which in found) for part in range(2 + len(streams))]
    assert schedule.owed(last) == counts


def test_a_draw_keeps_to_its_shares() -> None:
    """Of many arrivals each part gets its share, within chance, however they are asked for."""
    draw = Draw([0.7, 0.2, 0.1], "seed")
    drawn = np.concatenate([draw.next(count) for count in (1, 0, 10_000, 89_999)])
    assert np.bincount(drawn) / 100_000 == pytest.approx([0.7, 0.2, 0.1], abs=0.005)
    assert np.array_equal(Draw([0.7, 0.2, 0.1], "seed").next(100_000), drawn)


@given(rate=st.floats(1, 500), clients=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_clients_are_dealt_bursts_in_turn(rate: float, clients: int, seed: int) -> None:
    """Bursts are the load's: what all clients send together is what one client would send alone."""
    process = bursty(rate, on="200ms", off="300ms")

    def times(clients: int) -> list[list[int]]:
        names = [f"c{index}" for index in range(clients)]
        parts = streams(process, 2 * NS, seed=seed, load="l", clients=names)
        return [[moment for chunk in part for moment in chunk.tolist()] for part in parts]

    dealt = times(clients)
    assert sorted(moment for part in dealt for moment in part) == times(1)[0]
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


@given(clients=st.integers(1, 6), order=st.randoms(use_true_random=False))
def test_the_pace_of_clients_changes_nothing_of_what_they_are_dealt(clients: int, order: random.Random) -> None:
    """Whoever asks for the next chunk first, each gets the same arrivals."""
    words = {"seed": 1, "load": "l", "clients": [f"c{index}" for index in range(clients)], "start": NS}
    process = bursty("2000/s", on="200ms", off="300ms")
    plain = [[moment for chunk in part for moment in chunk.tolist()] for part in streams(process, 2 * NS, **words)]
    found: list[list[int]] = [[] for _ in range(clients)]
    left = dict(enumerate(streams(process, 2 * NS, **words)))
    while left:
        index = order.choice(list(left))
        chunk = next(left[index], None)
        if chunk is None:
            del left[index]
        else:
            found[index] += chunk.tolist()
    assert found == plain
    assert all(NS <= moment < 2 * NS for part in found for moment in part)


def test_the_same_seed_gives_the_same_schedule() -> None:
    """A stream depends on seed, load and client only; each of these changes it."""

    def times(seed: int, load: str, client: str) -> list[int]:
        return made(arrivals=poisson("500/s"), duration=NS, seed=seed, load=load, client=client, clients=2)

    assert times(1, "shop", "eu-1") == times(1, "shop", "eu-1")
    others = [times(2, "shop", "eu-1"), times(1, "pay", "eu-1"), times(1, "shop", "eu-2")]
    assert all(other != times(1, "shop", "eu-1") for other in others)


def test_a_stream_may_begin_and_end_inside_the_run() -> None:
    """Moved by its start and cut at its end it is the schedule that a load from the origin on would have."""

    def times(duration: int, start: int) -> list[int]:
        words = {"arrivals": poisson(step("100/s", "800/s", at="500ms")), "seed": 1, "load": "surge", "client": "c"}
        return made(duration=duration, start=start, clients=1, **words)

    whole = times(NS, 0)
    assert times(9 * NS, 8 * NS) == [8 * NS + moment for moment in whole]
    assert times(NS, NS) == times(NS, 2 * NS) == []


def test_clients_share_the_rate_equally() -> None:
    """Two clients of a constant 1000/s send 500 each in a second, out of step with each other."""
    streams = [
        made(arrivals=constant("1000/s"), duration=NS, seed=1, load="shop", client=name, clients=2)
        for name in ("eu-1", "eu-2")
    ]
    assert [len(moments) for moments in streams] == [500, 500]
    assert not set(streams[0]) & set(streams[1])


def test_slices_stay_small_at_any_rate() -> None:
    """At 200,000/s no slice grows so long that making it would delay a send by a millisecond."""
    schedule = Schedule([stream(poisson("200k/s"), NS // 4, seed=1, load="shop", client="c", clients=1)])
    sizes = []
    while len(moments := schedule.take()[0]):
        sizes.append(len(moments))
    assert max(sizes) < 2000
    assert abs(sum(sizes) - 50_000) < 1500
