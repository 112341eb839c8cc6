"""The recorder: all of a run on disk while it goes on, and the last of it at hand."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaoskit.checks.rows import require_open_loop
from chaoskit.core.errors import Undefined
from chaoskit.core.history import NUMBER_COLUMNS, TEXT_COLUMNS, Meta, Reading, Requests, Text
from chaoskit.core.units import NS
from chaoskit.engine import store
from chaoskit.engine.discovery import select
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.engine.recorder import Recorder
from chaoskit.loads.arrivals.closed import closed
from chaoskit.testing import FakeClock
from tests.samples import shop


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan to record a run of."""
    (found,) = select([str(shop(tmp_path_factory.mktemp("shop")))])
    return make_plan(found)


class _Bench:
    """A recorder whose time a test moves."""

    def __init__(self, directory: Path, plan: Plan, one_success_in: int = 1) -> None:
        self.directory, self.plan = directory, plan
        self.clock = FakeClock(now=100)
        meta = Meta("r", "shop.x", "guarded", "a claim", "x.py", 1, 600 * NS, self.clock.now(), "native")
        self.recorder = Recorder(directory, replace(meta, one_success_in=one_success_in), plan, self.clock)

    def second(self) -> None:
        """A second of a run: a reading, a request, an event."""
        now = self.recorder.now()
        self.recorder.reading(Reading(now, 1, "alive", "web-1", {"state": "running"}))
        self.recorder.requests(_one_request(now))
        self.recorder.event("note", "", f"at {now}")
        self.clock.advance(1)
        self.recorder.flush()

    def on_disk(self) -> tuple[int, int, int]:
        """Readings, requests and events that would be left if the run were killed now."""
        history = store.read_history(self.directory, self.plan.names)
        return len(history.readings), len(history.requests), len(history.events)


def _one_request(ended: int) -> Requests:
    columns = {name: Text(np.zeros(1, np.int32), ("",)) for name in TEXT_COLUMNS}
    numbers = {name: np.zeros(1, dtype) for name, dtype in NUMBER_COLUMNS.items()}
    return Requests(**columns, **{**numbers, "intended": np.array([ended], np.int64)})  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path, plan: Plan) -> _Bench:
    """A recorder whose time a test moves."""
    return _Bench(tmp_path, plan)


def test_a_run_that_is_killed_keeps_what_it_had_but_for_five_seconds(bench: _Bench) -> None:
    """Requests, readings and events are all on the disk, with the origin they count from."""
    bench.clock.advance(3)
    bench.recorder.starts_at(bench.clock.now())
    for _ in range(12):
        bench.second()
    assert bench.on_disk() == (10, 10, 10)
    assert store.read_meta(bench.directory).origin == 103 * NS


def test_finishing_writes_everything_once(bench: _Bench) -> None:
    """What was on disk and what was not come together, in order; what came later moves nothing."""
    bench.recorder.event("phase", "lab", "begin")
    for _ in range(12):
        bench.second()
    history = bench.recorder.finish("by hand")
    assert bench.on_disk() == (12, 12, 13)
    assert [reading.t for reading in history.readings] == [second * NS for second in range(12)]
    assert [event.t for event in history.events] == sorted(event.t for event in history.events)
    assert history.meta.stopped == "by hand"
    assert not list(bench.directory.rglob("*.new"))


def test_attempts_are_recorded_apart_from_requests(bench: _Bench) -> None:
    """They come back as they were, in order, count from the origin as requests do, and add nothing to these."""
    for second in range(12):
        bench.recorder.attempts(_one_request(second * NS))
        bench.second()
    history = bench.recorder.finish("")
    assert len(history.requests) == 12
    assert history.attempts.intended.tolist() == [second * NS for second in range(12)]
    assert len(history.since(6 * NS).attempts) + len(history.until(6 * NS).attempts) == 12
    assert bench.recorder.recent(10 * NS).attempts.intended.tolist() == []


def test_what_is_at_hand_is_bounded_and_enough_for_every_guard(tmp_path: Path, plan: Plan) -> None:
    """Of a long run only the last part stays in memory, as much as the widest guard looks at."""
    (name, guard), *_ = plan.guards
    bench = _Bench(tmp_path, replace(plan, guards=((name, replace(guard, over=30 * NS)),)))
    for _ in range(100):
        bench.second()
    recent = bench.recorder.recent(30 * NS)
    assert (len(recent.readings), len(recent.requests)) == (30, 30)
    assert len(bench.recorder.recent(100 * NS).readings) <= 31
    assert bench.on_disk()[0] == 100


def test_the_whole_run_so_far_is_read_back_from_the_disk(tmp_path: Path, plan: Plan) -> None:
    """A steady state of minutes is judged on all of it, though memory holds the last seconds only."""
    bench = _Bench(tmp_path, plan)
    bench.recorder.reading(Reading(-NS, 1, "alive", "web-1", {"state": "running"}))
    for _ in range(103):
        bench.second()
    history = bench.recorder.so_far()
    assert (len(history.requests), len(history.readings), len(history.events)) == (103, 103, 103)
    assert history.names is plan.names
    assert history.anchors == ()
    assert bench.on_disk() == (104, 103, 103)
    assert len(bench.recorder.recent(200 * NS).requests) < 103


def test_what_the_disk_did_not_take_is_tried_again(bench: _Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full for a while costs no row: they are written, in their order, as soon as there is room."""
    write = store.write_requests

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_requests", full)
    bench.recorder.requests(_one_request(7))
    bench.clock.advance(6)
    with pytest.raises(OSError, match="No space left"):
        bench.recorder.flush()
    monkeypatch.setattr(store, "write_requests", write)
    bench.recorder.requests(_one_request(9))
    history = bench.recorder.finish("")
    assert history.requests.intended.tolist() == [7, 9]


def test_a_guard_does_not_wait_for_the_disk(bench: _Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a part is being written, what is at hand can be looked at and added to."""
    write, looked = store.write_requests, []

    def slow(directory: Path, part: int, requests: Requests) -> None:
        other = threading.Thread(target=lambda: looked.append(_look(bench.recorder)))
        other.start()
        other.join(10)
        write(directory, part, requests)

    monkeypatch.setattr(store, "write_requests", slow)
    bench.recorder.requests(_one_request(bench.recorder.now()))
    bench.clock.advance(6)
    bench.recorder.flush()
    assert looked == [2]
    assert len(bench.recorder.finish("").requests) == 2


def _look(recorder: Recorder) -> int:
    recorder.requests(_one_request(recorder.now()))
    return len(recorder.recent(60 * NS).requests)


def test_of_successes_one_in_so_many_is_written_and_all_are_counted(tmp_path: Path, plan: Plan) -> None:
    """The disk has a tenth of the rows and the exact count; what guards look at has them all."""
    bench = _Bench(tmp_path, plan, one_success_in=10)
    for _ in range(20):
        bench.second()
    recent = bench.recorder.recent(5 * NS)
    assert (len(recent.requests), recent.meta.one_success_in) == (5, 1)
    history = bench.recorder.finish("")
    assert history.requests.intended.tolist() == [0, 10 * NS]
    assert history.counts == {("", ""): 20}
    assert history.meta.one_success_in == store.read_meta(tmp_path).one_success_in == 10


def test_a_guard_knows_of_closed_loops_while_the_run_goes_on(tmp_path: Path, plan: Plan) -> None:
    """Their users are in what it looks at from the beginning, and latencies are not judged on them."""
    (first, *_others) = plan.loads
    waiting = replace(first, load=replace(first.load, arrivals=closed(7)))
    bench = _Bench(tmp_path, replace(plan, loads=(waiting,)))
    bench.second()
    for history in (bench.recorder.recent(10 * NS), bench.recorder.so_far()):
        assert {(one.load, one.users) for one in history.generated} == {(first.name, 7)}
        with pytest.raises(Undefined, match="closed loop"):
            require_open_loop(history, first.load)
    (tmp_path / "open").mkdir()
    assert _Bench(tmp_path / "open", plan).recorder.recent(10 * NS).generated == ()
