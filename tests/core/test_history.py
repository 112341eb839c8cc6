from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import NUMBER_COLUMNS, TEXT_COLUMNS, Event, Requests, Text, concatenate, no_requests
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.core.window import begin
from chaoskit.testing import happened, make_history, readings, rows
from tests.checks.world import answers, others, outage, shoppers

_HOSTS = st.sampled_from(["client-eu", "client-na", "", "ünïcode"])


@st.composite
def tables(draw: st.DrawFn) -> Requests:
    """A table of requests with few or no rows, of several clients and outcomes."""
    n = draw(st.integers(0, 8))
    return rows(
        draw(st.sampled_from(["shoppers", "others"])),
        at=draw(st.lists(st.floats(0, 29), min_size=n, max_size=n)),
        client=draw(st.lists(_HOSTS, min_size=n, max_size=n)) if n else "client-eu",
        outcome=draw(st.lists(st.sampled_from(OUTCOMES), min_size=n, max_size=n)) if n else Outcome.OK,
    )


def as_records(table: Requests) -> list[tuple[object, ...]]:
    """Every row with its strings in clear."""
    columns = [getattr(table, column.name) for column in fields(table)]
    return [
        tuple(column[i] if isinstance(column, Text) else int(column[i]) for column in columns)
        for i in range(len(table))
    ]


@given(st.lists(tables(), max_size=5))
def test_concatenating_keeps_every_row_in_order(parts: list[Requests]) -> None:
    """Whatever codes each part uses, the rows read the same afterwards, and no label stands twice."""
    whole = concatenate(parts)
    assert as_records(whole) == [record for part in parts for record in as_records(part)]
    for name in TEXT_COLUMNS:
        labels = getattr(whole, name).labels
        assert len(set(labels)) == len(labels)


@given(tables(), st.data())
def test_taking_rows_by_mask_and_by_index_is_the_same(table: Requests, data: st.DataObject) -> None:
    """A mask and the indices it stands for choose the same rows of every column."""
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table))), np.bool_)
    records = as_records(table)
    expected = [record for record, wanted in zip(records, mask, strict=True) if wanted]
    assert as_records(table.take(mask)) == expected
    assert as_records(table.take(np.flatnonzero(mask))) == expected


@given(tables(), st.integers(0, 8))
def test_splitting_and_joining_changes_nothing(table: Requests, cut: int) -> None:
    """A history recorded in two files is the history."""
    rejoined = concatenate([table.take(np.arange(len(table)) < cut), table.take(np.arange(len(table)) >= cut)])
    assert as_records(rejoined) == as_records(table)


@pytest.mark.parametrize("table", [no_requests(), concatenate([]), concatenate([no_requests(), no_requests()])])
def test_a_table_may_be_empty(table: Requests) -> None:
    """No rows, but every column, of its declared type."""
    assert len(table) == 0
    assert {name: getattr(table, name).dtype for name in NUMBER_COLUMNS} == dict(NUMBER_COLUMNS)
    assert len(table.take(np.zeros(0, np.bool_))) == len(table.ended) == 0


def test_columns_are_all_declared() -> None:
    """Text and number columns together are the columns, so that no reader or writer forgets one."""
    assert {column.name for column in fields(Requests)} == {*TEXT_COLUMNS, *NUMBER_COLUMNS}


def test_text_columns_compare_by_what_they_stand_for() -> None:
    """A label that occurs nowhere matches nothing."""
    column = Text(np.array([0, 1, 0, 2], np.int32), ("a", "b", "c"))
    assert column.equals("a", "c").tolist() == [True, False, True, True]
    assert column.equals("z").tolist() == column.equals().tolist() == [False] * 4
    assert (column[1], len(column)) == ("b", 4)


def test_a_request_ends_at_its_start_plus_its_latency() -> None:
    """Microseconds after the intended start, without overflow for the longest a column holds."""
    table = rows("shoppers", at=[1.0, 2.0], latency=[1_500, 2_147_483_647])
    assert table.ended.tolist() == [NS + 1_500_000, 2 * NS + 2_147_483_647_000]


def test_a_history_finds_the_requests_of_a_load() -> None:
    """By the object, whatever its name in the record; a stranger is an error."""
    record = make_history([rows("a", at=[1, 2]), rows("b", at=[3])], names={"a": shoppers, "b": others})
    assert len(record.of(shoppers)) == 2
    assert record.of(others).intended.tolist() == [3 * NS]
    with pytest.raises(DefinitionError, match="not part of this experiment"):
        make_history().of(shoppers)


def test_a_history_finds_the_readings_of_a_probe() -> None:
    """In order of time, of all hosts or of some; of an empty set of hosts there are none."""
    record = make_history(
        names={"answers": answers},
        readings=(*readings("answers", "a", {}, seconds=1), *readings("answers", "b", {}), *readings("else", "a", {})),
    )
    assert len(record.readings_of(answers)) == 310
    assert {reading.host for reading in record.readings_of(answers, ["b"])} == {"b"}
    assert record.readings_of(answers, []) == ()
    times = [reading.t for reading in record.readings_of(answers)]
    assert times == sorted(times)


def test_the_first_time_a_moment_came_is_the_one() -> None:
    """Events of another kind with the same words are not moments of an action."""
    events = (Event(1, "note", "outage", "begin"), *happened("outage", begin=5), *happened("outage", begin=9))
    record = make_history(names={"outage": outage}, events=events)
    assert record.moment(begin(outage)) == 5 * NS


@given(st.lists(st.tuples(st.floats(0, 29), st.integers(0, 2_000_000)), max_size=20), st.floats(0, 31))
def test_a_history_is_cut_in_two_at_a_moment(requests: list[tuple[float, int]], at: float) -> None:
    """What ended before a moment and what ended from it on are the whole, and share nothing."""
    record = make_history(
        [rows("a", at=[t for t, _ in requests], latency=[us for _, us in requests])], readings=readings("p", "h", {})
    )
    cut = round(at * NS)
    before, after = record.until(cut), record.since(cut)
    assert len(before.requests) + len(after.requests) == len(requests)
    assert len(before.readings) + len(after.readings) == 300
    assert (before.requests.ended < cut).all()
    assert (after.requests.ended >= cut).all()
    assert before.meta.duration == min(cut, 30 * NS)


def _counting(table: Requests, asked: list[str]) -> Requests:
    """The same table, whose columns are made when they are asked for, and noted."""

    def column(name: str) -> object:
        asked.append(name)
        return getattr(table, name)

    return Requests.deferred(len(table), column)


@given(tables())
def test_a_deferred_table_reads_as_the_one_it_stands_for(table: Requests) -> None:
    """Whoever looks at all of it finds every row, and whoever looks twice has it made once."""
    asked: list[str] = []
    deferred = _counting(table, asked)
    assert as_records(deferred) == as_records(deferred) == as_records(table)
    assert sorted(asked) == sorted((*TEXT_COLUMNS, *NUMBER_COLUMNS))
    assert len(deferred) == len(table)


def test_only_the_columns_that_are_asked_for_are_made() -> None:
    """Choosing rows, twice over, and looking at one column of them makes that one and what chose them."""
    asked: list[str] = []
    deferred = _counting(rows("shoppers", seconds=1), asked)
    chosen = deferred.take(deferred.intended >= NS // 2).take(np.array([3, 1]))
    assert chosen.end.tolist() == [5_000, 5_000]
    assert (len(chosen), asked) == (2, ["intended", "end"])


def test_a_deferred_table_may_have_a_column_replaced() -> None:
    """It is a table like any other to whoever makes another of it."""
    deferred = _counting(rows("shoppers", at=[1, 2]), [])
    later = replace(deferred, intended=deferred.intended + NS)
    assert later.intended.tolist() == [2 * NS, 3 * NS]
    assert later.load[1] == "shoppers"


def test_what_is_no_column_is_no_attribute() -> None:
    """A misspelt column is an error, not something that is looked for on the disk."""
    asked: list[str] = []
    with pytest.raises(AttributeError, match="latency"):
        _ = _counting(rows(at=[1]), asked).latency  # type: ignore[attr-defined]
    assert asked == []


def test_a_column_of_a_few_labels_takes_a_byte_a_row() -> None:
    """Six text columns of ten million rows are 60 MB; with 300 labels it is two bytes, and the rows read the same."""
    few, many = rows("a", seconds=5), rows("a", at=np.arange(300), instance=[f"web-{i}" for i in range(300)])
    assert concatenate([few]).instance.codes.dtype == np.uint8
    whole = concatenate([few, many])
    assert whole.instance.codes.dtype == np.uint16
    assert [whole.instance[i] for i in (0, 500, 799)] == ["web-eu-1", "web-0", "web-299"]
