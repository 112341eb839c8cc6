"""Traces: what was recorded is what arrives."""

import csv
import pickle
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.loads.arrivals.trace import Trace, trace
from chaoskit.loads.schedule import streams

STAMPS = st.lists(st.integers(0, 20 * NS), min_size=1, max_size=200).map(sorted)


def times(arrivals: Trace, duration: float) -> list[float]:
    """All of them."""
    return list(arrivals.times(duration, random.Random(0)))


def written(folder: Path, *lines: str) -> Path:
    """A CSV file of these lines."""
    file = folder / "trace.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def of(stamps: list[int], **words: object) -> Trace:
    """A trace of moments in ns."""
    import numpy as np

    first = np.array(stamps, "<i8") - stamps[0]
    return Trace("trace.csv", first.tobytes(), **words)  # type: ignore[arg-type]


def test_the_first_arrival_is_at_zero_and_speed_shortens_the_rest(tmp_path: Path) -> None:
    """Seconds from any moment; at speed 2 the gaps are half as long; what is due after the end is left out."""
    file = written(tmp_path, "time,user", "100.5,a", "101.0,b", "103.5,c")
    assert times(trace(file), 60) == [0, 0.5, 3.0]
    assert times(trace(file, speed=2), 60) == [0, 0.25, 1.5]
    assert times(trace(file), 3.0) == [0, 0.5]


def test_a_loop_begins_again_after_a_mean_gap(tmp_path: Path) -> None:
    """Three arrivals over 3 s come at 1/1.5 s on average for ever."""
    looped = trace(written(tmp_path, "0", "1", "3"), loop=True)
    assert times(looped, 10) == [0, 1, 3, 4.5, 5.5, 7.5, 9]
    assert sum(looped.rate_at(t) for t in range(9)) == pytest.approx(6)


@given(stamps=STAMPS, clients=st.integers(1, 5))
def test_clients_together_are_the_trace(stamps: list[int], clients: int) -> None:
    """Dealt to any number of clients, every arrival is sent by exactly one of them, at its moment."""
    whole = of(stamps)
    parts = streams(whole, 30 * NS, seed=1, load="l", clients=[f"c-{index}" for index in range(clients)])
    found = [[moment for chunk in part for moment in chunk.tolist()] for part in parts]
    assert max(map(len, found)) - min(map(len, found)) <= 1
    assert sorted(moment for part in found for moment in part) == pytest.approx(
        [stamp - stamps[0] for stamp in stamps], abs=5
    )


@given(stamps=STAMPS, of_clients=st.integers(1, 4), loop=st.booleans())
def test_the_rate_is_what_arrives(stamps: list[int], of_clients: int, loop: bool) -> None:
    """Of every second, the rate is the number of arrivals in it, shared by the parts."""
    stamps = [*stamps, stamps[-1] + NS]
    whole = of(stamps, loop=loop)
    found = times(whole, 40.0)
    on_the_edge = max(stamps.count(stamp) for stamp in stamps) if loop else 0  # a round's length is rounded
    assert sum(whole.rate_at(t) for t in range(40)) == pytest.approx(len(found), abs=on_the_edge)
    assert whole.part(of_clients).rate_at(0.3) == pytest.approx(whole.rate_at(0.7) / of_clients)


def test_a_trace_is_a_value(tmp_path: Path) -> None:
    """Equal files make equal traces, which survive pickling; a plan says what they are."""
    file = written(tmp_path, "at", "2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z")
    process = trace(file, column="at", speed=3, loop=True)
    assert pickle.loads(pickle.dumps(process)) == process == trace(str(file), column="at", speed=3, loop=True)
    assert process.title == "2 arrivals of trace.csv (CRC-32 64f21510) over 60 s, 3 times as fast, again and again"
    assert trace(written(tmp_path, "0", "59.9", "60")).title != trace(written(tmp_path, "0", "10", "60")).title


def test_a_relative_name_starts_from_the_folder_of_the_file_that_says_it() -> None:
    """As a lab's Compose file does: an experiment can be run from anywhere."""
    file = Path(__file__).with_name("not-there.csv")
    with pytest.raises(UsageError, match=str(file)):
        trace("not-there.csv")


@pytest.mark.parametrize("speed", [0, -1, float("inf")])
def test_a_speed_is_above_zero(tmp_path: Path, speed: float) -> None:
    """Time does not stand still, go back, or end."""
    with pytest.raises(UsageError, match="speed"):
        trace(written(tmp_path, "1", "2"), speed=speed)


def test_a_moment_cannot_be_looped(tmp_path: Path) -> None:
    """A trace of no length has no rate to go on with."""
    with pytest.raises(UsageError, match="looped"):
        trace(written(tmp_path, "1", "1"), loop=True)


def test_a_large_trace_is_replayed_whole(tmp_path: Path) -> None:
    """More arrivals than are made at once."""
    file = tmp_path / "large.csv"
    with file.open("w", newline="") as text:
        csv.writer(text).writerows([i / 1000] for i in range(20_000))
    assert times(trace(file), 60) == pytest.approx([i / 1000 for i in range(20_000)])
