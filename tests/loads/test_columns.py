"""Rows on their way from the engine to a history."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.history import NUMBER_COLUMNS, TEXT_COLUMNS
from chaoskit.loads.columns import ROW_BYTES, Labels, Rows, columns, pack, unpack

MOMENT = st.integers(0, 10**12)


def test_a_row_becomes_columns() -> None:
    """Moments become µs after the intended start, never stays -1, codes become what they stand for."""
    labels, raw = Labels(), []
    rows = Rows(raw.append)
    codes = (labels.code("load", "shop"), labels.code("client", "eu-1"), labels.code("server", "198.18.0.5"))
    op, value = labels.code("op", "write"), labels.code("value", "eu-1/7")
    code = rows.combination((*codes, 0, op, value, 200, 3, 2))
    rows.write(1_000_000, 1_005_999, 1_010_000, 1_020_000, 1_030_000, 7_000, -1, code)
    rows.flush()
    table = unpack(pack(columns(raw[0], rows.combinations, 900_000)), labels.since({}))
    assert (table.load[0], table.client[0], table.server[0], table.instance[0]) == ("shop", "eu-1", "198.18.0.5", "")
    assert (table.op[0], table.value[0]) == ("write", "eu-1/7")
    row = {name: int(getattr(table, name)[0]) for name in NUMBER_COLUMNS}
    expected = {"intended": 100_000, "lag": 5, "sent": 10, "dns": 7, "connect": -1, "first_byte": 20, "end": 30}
    assert row == expected | {"status": 200, "outcome": 3, "attempts": 2}
    assert [getattr(table, name).dtype for name in NUMBER_COLUMNS] == list(NUMBER_COLUMNS.values())


@given(st.lists(st.tuples(MOMENT, st.integers(0, 10**9)), max_size=50), st.integers(1, 7))
def test_no_row_is_lost_between_buffers(rows_: list[tuple[int, int]], capacity: int) -> None:
    """Whatever the size of the buffer, all rows come out, in order."""
    raw: list[bytes] = []
    rows = Rows(raw.append, capacity)
    code = rows.combination((0, 0, 0, 0, 0, 0, 200, 0, 1))
    for due, took in rows_:
        rows.write(due, due, due, due, due + took, -1, -1, code)
    rows.flush()
    tables = [columns(part, rows.combinations, 0) for part in raw]
    assert sum(len(pack(table)) for table in tables) == len(rows_) * ROW_BYTES
    assert [due for table in tables for due in table["intended"].tolist()] == [due for due, _ in rows_]
    assert [end for table in tables for end in table["end"].tolist()] == [took // 1000 for _, took in rows_]


def test_labels_are_told_once() -> None:
    """Somebody who knows the first labels of a column hears of the later ones only."""
    labels = Labels()
    assert labels.since({})["load"] == [""]
    assert [labels.code("load", name) for name in ("a", "b", "a", "")] == [1, 2, 1, 0]
    assert labels.since(dict.fromkeys(TEXT_COLUMNS, 1) | {"load": 2}) == {"load": ["b"]}


def test_values_that_outnumber_the_rows_do_not_travel_with_each_batch() -> None:
    """Of a thousand values, a batch of two rows carries the two it shows."""
    labels, raw = Labels(), []
    rows = Rows(raw.append)
    codes = [rows.combination((0, 0, 0, 0, 0, labels.code("value", f"v{i}"), 200, 0, 1)) for i in range(1000)]
    for code in (codes[7], codes[998]):
        rows.write(0, 0, 0, 0, 0, -1, -1, code)
    rows.flush()
    table = unpack(pack(columns(raw[0], rows.combinations, 0)), labels.since({}))
    assert (table.value[0], table.value[1], table.value.labels) == ("v7", "v998", ("v7", "v998"))


def test_empty_columns() -> None:
    """No rows make no bytes and an empty table."""
    assert len(unpack(b"", dict.fromkeys(TEXT_COLUMNS, ()))) == 0
    assert np.dtype(np.int64).itemsize + 5 * 4 < ROW_BYTES
