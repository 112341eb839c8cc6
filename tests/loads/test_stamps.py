"""Time stamps, as people's files have them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.loads.stamps import read_stamps

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def lines(folder: Path, text: str) -> Path:
    """A CSV file."""
    (folder / "a.csv").write_text(text)
    return folder / "a.csv"


def parquet(folder: Path, **columns: object) -> Path:
    """A Parquet file."""
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("5\n5.5\n7\n", None),
        ("at\n5\n5.5\n7\n", None),
        ("user,at\na,5\n\nb,5.5\nc,7\n", "at"),
        ("1700000000.000000001\n1700000000.500000001\n1700000002.000000001\n", None),
        ("2026-03-01T12:00:00Z\n2026-03-01T13:00:00.5+01:00\n2026-03-01T12:00:02\n", None),
        ("2026-03-01 12:00:00,x\n2026-03-01 12:00:00.5,y\n2026-03-01 12:00:02,z\n", None),
    ],
)
def test_lines_of_seconds_or_times(tmp_path: Path, text: str, column: str | None) -> None:
    """Seconds and ISO times, with a header or without, are the same moments to the nanosecond."""
    assert read_stamps(lines(tmp_path, text), column).tolist() == [0, NS // 2, 2 * NS]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1.0, 1.5, 3.0]),
        pa.array(["1", "1.5", "3"]),
        pa.array([START, START + timedelta(seconds=0.5), START + timedelta(seconds=2)], pa.timestamp("us", "UTC")),
        pa.array([START.replace(tzinfo=None) + timedelta(seconds=s) for s in (0, 0.5, 2)], pa.timestamp("ms")),
    ],
)
def test_columns_of_parquet(tmp_path: Path, values: pa.Array) -> None:
    """Whatever type a column of moments has."""
    file = parquet(tmp_path, user=["a", "b", "c"], at=values)
    assert read_stamps(file, "at").tolist() == [0, NS // 2, 2 * NS]


def test_whole_seconds_of_parquet(tmp_path: Path) -> None:
    """Integers are seconds."""
    assert read_stamps(parquet(tmp_path, at=[7, 7, 9]), None).tolist() == [0, 0, 2 * NS]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("at\n1\n3\n2\n", None, "line 4: a moment before"),
        ("at\n1\nsoon\n", None, "line 3: 'soon' is no time stamp"),
        ("at,b\n1,2\n3\n", "b", "line 3: '' is no time stamp"),
        ("1\nnan\n", None, "line 2: 'nan' is no time stamp"),
        ("1\n1e12\n", None, "line 2: '1e12' is no time stamp"),
        ("12:x\n", None, "line 1: '12:x' is no time stamp"),
        ("at\n", None, "holds no time stamp"),
        ("", None, "holds no time stamp"),
        ("at,user\n1,a\n", "time", "no column 'time'(?s:.*)It has: at, user"),
    ],
)
def test_what_is_wrong_is_named_by_line(tmp_path: Path, text: str, column: str | None, message: str) -> None:
    """Nobody has to search a file of a million lines."""
    with pytest.raises(UsageError, match=message):
        read_stamps(lines(tmp_path, text), column)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pa.array([1.0, 3.0, 2.0]), "row 3: a moment before"),
        (pa.array([1.0, None]), "row 2: no time stamp"),
        (pa.array([1.0, np.inf]), "row 2: inf is no time stamp"),
        (pa.array([True]), "a column of bool"),
        (pa.array([], pa.float64()), "holds no time stamp"),
    ],
)
def test_what_is_wrong_is_named_by_row(tmp_path: Path, values: pa.Array, message: str) -> None:
    """As of lines."""
    with pytest.raises(UsageError, match=message):
        read_stamps(parquet(tmp_path, at=values), "at")


def test_what_is_no_file_or_none_of_its_kind(tmp_path: Path) -> None:
    """Neither is a traceback."""
    with pytest.raises(UsageError, match="No such file"):
        read_stamps(tmp_path / "b.csv", None)
    (tmp_path / "b.parquet").write_text("no parquet at all")
    with pytest.raises(UsageError, match="cannot be read"):
        read_stamps(tmp_path / "b.parquet", None)
