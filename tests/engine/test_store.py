"""A run directory, written and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.core.clock import Anchor
from chaoskit.core.errors import UsageError
from chaoskit.core.history import (
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    Event,
    Generated,
    Meta,
    Reading,
    Requests,
    Text,
    concatenate,
)
from chaoskit.core.names import Names
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.engine import store
from chaoskit.engine.paths import RUN_FILE

META = Meta("r1", "gslb.pool_death", "guarded", "a claim", "/x/gslb.py", 7, 30_000_000_000, 123, "native", {"rate": 5})
LINK = Link("web-1", "front", "eth0", "198.18.1.2", 24, "02:42:c6:12:01:02", ("www",), {"chaoskit.role": "service"})
TOPOLOGY = Topology(
    "lab", (HostInfo("web-1", "web", {"chaoskit.role": "service"}, (LINK,)),), (Network("front", "198.18.1.0/24"),)
)


def _rows(count: int, seed: int, labels: tuple[str, ...] = ("", "a", "ü b")) -> Requests:
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        name: Text(rng.integers(0, len(labels), count).astype(np.int32), labels) for name in TEXT_COLUMNS
    }
    columns |= {name: rng.integers(-1, 100, count).astype(dtype) for name, dtype in NUMBER_COLUMNS.items()}
    return Requests(**columns)


def _same(one: Requests, other: Requests) -> bool:
    texts = all(
        [getattr(one, n)[i] for i in range(len(one))] == [getattr(other, n)[i] for i in range(len(other))]
        for n in TEXT_COLUMNS
    )
    return texts and all(np.array_equal(getattr(one, n), getattr(other, n)) for n in NUMBER_COLUMNS)


def test_a_history_without_the_later_columns_is_read(tmp_path: Path) -> None:
    """Runs recorded before requests had `op` and `value` can be judged again: both read as empty."""
    store.write_run(tmp_path, META, TOPOLOGY, [], {})
    store.write_requests(tmp_path, 0, _rows(3, 1))
    part = next((tmp_path / "history/requests").iterdir())
    pq.write_table(pq.read_table(part).drop_columns(["op", "value"]), part)
    requests = store.read_history(tmp_path, Names({})).requests
    assert [(requests.op[i], requests.value[i]) for i in range(3)] == [("", "")] * 3
    assert np.array_equal(requests.intended, _rows(3, 1).intended)


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Everything that was recorded is read back: nothing of a history lives only in memory."""
    events = [Event(-5, "phase", "lab", "begin"), Event(9, "action", "outage", "begin", {"hosts": ["web-1"]})]
    readings = [
        Reading(1, 2, "dns", "web-1", {"addresses": ["198.18.1.2"], "ttl": 1}),
        Reading(2, 3, "dns", "web-1", {}, "timed out"),
    ]
    store.write_run(tmp_path, META, TOPOLOGY, [Anchor(0, 1_700_000_000_000_000_000)], {})
    store.write_requests(tmp_path, 0, _rows(10, 1))
    store.write_requests(tmp_path, 1, _rows(5, 2, ("x",)))
    for number, reading in enumerate(readings):
        store.write_readings(tmp_path, number, [reading])
    store.write_generated(tmp_path, [Generated("shoppers", "web-1", 17, 17, 2)])
    store.append_events(tmp_path, events)
    history = store.read_history(tmp_path, Names())
    assert history.meta == META
    assert history.topology == TOPOLOGY
    assert history.events == tuple(events)
    assert history.readings == tuple(readings)
    assert history.generated == (Generated("shoppers", "web-1", 17, 17, 2),)
    assert history.anchors == (Anchor(0, 1_700_000_000_000_000_000),)
    assert _same(history.requests, concatenate([_rows(10, 1), _rows(5, 2, ("x",))]))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_how_requests_are_split_into_parts_does_not_matter(tmp_path: Path, sizes: list[int]) -> None:
    """Parts of any size, empty ones too, are read back as one table in their order."""
    parts = [_rows(size, seed) for seed, size in enumerate(sizes)]
    for old in tmp_path.glob("history/requests/*"):
        old.unlink()
    store.write_run(tmp_path, META, TOPOLOGY, [], {})
    for number, part in enumerate(parts):
        store.write_requests(tmp_path, number, part)
    assert _same(store.read_history(tmp_path, Names()).requests, concatenate(parts))


def test_a_folder_that_is_no_run_is_an_error_that_says_so(tmp_path: Path) -> None:
    """A mistyped run directory is named."""
    with pytest.raises(UsageError, match="is no run directory"):
        store.read_meta(tmp_path)


def test_a_record_of_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """Columns this version does not know of are not guessed at."""
    store.write_run(tmp_path, META, TOPOLOGY, [], {})
    data = json.loads((tmp_path / RUN_FILE).read_text())
    (tmp_path / RUN_FILE).write_text(json.dumps({**data, "schema": 99}))
    with pytest.raises(UsageError, match="schema 99"):
        store.read_history(tmp_path, Names())


def _recorded(directory: Path) -> None:
    store.write_run(directory, META, TOPOLOGY, [Anchor(0, 1_700_000_000_000_000_000)], {})
    store.write_requests(directory, 0, _rows(10, 1))
    store.write_readings(directory, 0, [Reading(1, 2, "dns", "web-1", {"ttl": 1})])
    store.write_generated(directory, [Generated("shoppers", "web-1", 17, 17, 2)])
    store.append_events(directory, [Event(-5, "phase", "lab", "begin"), Event(9, "phase", "run", "begin")])


@pytest.mark.parametrize(
    "file", [RUN_FILE, f"{store.READINGS}/part-00000.parquet", store.GENERATED, f"{store.REQUESTS}/part-00000.parquet"]
)
def test_a_file_that_was_cut_short_is_named(tmp_path: Path, file: str) -> None:
    """Half a file is no history: the error says which one, instead of a reader's traceback."""
    _recorded(tmp_path)
    (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:100])
    with pytest.raises(UsageError, match=rf"{file} is damaged"):
        store.read_history(tmp_path, Names())


@pytest.mark.parametrize("text", ["{}", "[]", '{"schema": 1}', '{"schema": 1, "meta": {"run": 5}, "topology": {}}'])
def test_a_run_file_of_another_shape_is_damaged(tmp_path: Path, text: str) -> None:
    """JSON that is no record of a run is an error of its own."""
    _recorded(tmp_path)
    (tmp_path / RUN_FILE).write_text(text)
    with pytest.raises(UsageError, match=f"{RUN_FILE} is damaged"):
        store.read_history(tmp_path, Names())
    with pytest.raises(UsageError, match=f"{RUN_FILE} is damaged"):
        store.read_meta(tmp_path)


def test_only_a_torn_last_event_is_skipped(tmp_path: Path) -> None:
    """A kill may tear the last line in the making; any other line that cannot be read is damage."""
    _recorded(tmp_path)
    events = tmp_path / store.EVENTS
    events.write_bytes(events.read_bytes()[:-20])
    assert [event.t for event in store.read_history(tmp_path, Names()).events] == [-5]
    events.write_text("{broken\n" + events.read_text())
    with pytest.raises(UsageError, match=rf"{store.EVENTS} is damaged"):
        store.read_history(tmp_path, Names())


def _damaged_inside(part: Path) -> None:
    """Break the pages of a part, and leave its footer as it is."""
    data = bytearray(part.read_bytes())
    footer = int.from_bytes(data[-8:-4], "little") + 8
    data[4 : len(data) - footer] = bytes(len(data) - footer - 4)
    part.write_bytes(data)


def test_damage_inside_a_part_is_named_when_its_rows_are_asked_for(tmp_path: Path) -> None:
    """Columns are read late: an error is the same one, with the file, and is never a wrong number."""
    _recorded(tmp_path)
    part = next((tmp_path / store.REQUESTS).iterdir())
    _damaged_inside(part)
    history = store.read_history(tmp_path, Names())
    assert len(history.requests) == 10
    for column in ("load", "intended"):
        with pytest.raises(UsageError, match=f"{part.name} is damaged"):
            getattr(history.requests, column)


def test_a_part_without_a_column_is_damaged(tmp_path: Path) -> None:
    """What every history has must be there: a column that is missing is no column of zeros."""
    _recorded(tmp_path)
    part = next((tmp_path / store.REQUESTS).iterdir())
    pq.write_table(pq.read_table(part).drop_columns(["end"]), part)
    with pytest.raises(UsageError, match=r"is damaged .*end"):
        store.read_history(tmp_path, Names())


def test_a_run_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    """Whoever removes a run while it is judged gets told what is missing."""
    _recorded(tmp_path)
    history = store.read_history(tmp_path, Names())
    next((tmp_path / store.REQUESTS).iterdir()).unlink()
    with pytest.raises(UsageError, match=r"part-00000\.parquet is gone"):
        _ = history.requests.end


def test_a_part_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle of a part leaves the parts before it, which can be read."""
    _recorded(tmp_path)

    def fill(path: Path, _data: object) -> None:
        path.write_text("PAR1 half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match="No space left"):
        store.write_requests(tmp_path, 1, _rows(5, 2))
    assert [file.name for file in (tmp_path / store.REQUESTS).iterdir()] == ["part-00000.parquet"]
    assert len(store.read_history(tmp_path, Names()).requests) == 10
