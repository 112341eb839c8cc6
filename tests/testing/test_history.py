import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.history import Generated
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.testing import happened, make_history, outage_history, readings, rows


def test_rows_come_in_even_steps_or_at_given_moments() -> None:
    """Steps fill the time from the start; moments are seconds from the origin."""
    assert rows(start=1, seconds=0.05, every="10ms").intended.tolist() == [10**9 + i * 10**7 for i in range(5)]
    assert rows(at=[0.5, 0.25]).intended.tolist() == [500_000_000, 250_000_000]
    assert len(rows(at=[])) == 0


def test_columns_are_one_value_for_all_rows_or_one_a_row() -> None:
    """Strings, outcomes and numbers alike; a wrong number of values is an error."""
    table = rows(
        at=[1, 2],
        client=["a", "b"],
        server="s",
        op=["write", "read"],
        value="v",
        outcome=[Outcome.OK, Outcome.RESET],
        latency=[10, 20],
        dns=5,
    )
    assert [table.client[0], table.client[1], table.server[1]] == ["a", "b", "s"]
    assert [table.op[0], table.op[1], table.value[1]] == ["write", "read", "v"]
    assert (table.end.tolist(), table.dns.tolist()) == ([10, 20], [5, 5])
    with pytest.raises(ValueError, match="shape"):
        rows(at=[1, 2, 3], latency=[1, 2])


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=20))
def test_the_columns_of_a_row_agree_with_its_outcome(outcomes: list[Outcome]) -> None:
    """What was answered has a status and a first byte, what was never sent has no attempt."""
    table = rows(at=np.arange(len(outcomes)), outcome=outcomes, latency="1ms")
    for i, outcome in enumerate(outcomes):
        assert OUTCOMES[table.outcome[i]] is outcome
        assert (table.status[i] > 0) == (table.first_byte[i] >= 0)
        assert (table.attempts[i] == 0) == (table.sent[i] < 0) == (outcome is Outcome.LATE)
        assert table.sent[i] <= table.end[i]


def test_a_history_is_in_the_order_records_have() -> None:
    """Requests by completion, events and readings by time; every arrival accounted for."""
    record = make_history(
        [rows(at=[1, 2], latency=[5_000_000, 1]), rows("other", at=[3], client="x")],
        events=(*happened("b", begin=9), *happened("a", begin=1, end=4)),
        readings=(*readings("p", "h", {}, start=2, seconds=1), *readings("q", "h", {}, seconds=1)),
    )
    assert record.requests.intended.tolist() == [2 * 10**9, 3 * 10**9, 10**9]
    assert [event.subject for event in record.events] == ["a", "a", "b"]
    assert [reading.probe for reading in record.readings] == ["q"] * 10 + ["p"] * 10
    assert record.generated == (Generated("load", "client-eu", 2, 2), Generated("other", "x", 1, 1))


def test_a_reading_may_fail() -> None:
    """A function of time that returns text gives the error."""
    first, last = readings("p", "h", lambda t: {"n": 1} if t < 1 else "timed out", seconds=2, every="1s")
    assert (first.value, first.error) == ({"n": 1}, "")
    assert (last.value, last.error) == ({}, "timed out")


@pytest.mark.parametrize("recovers", [True, False])
def test_the_outage_is_repeated_for_a_seed(recovers: bool) -> None:
    """Rows of both regions over thirty seconds, with the outage's four moments."""
    first, again = (outage_history(recovers=recovers, seed=4) for _ in range(2))
    assert first.requests.intended.tolist() == again.requests.intended.tolist()
    assert len(first.requests) == pytest.approx(12_000, rel=0.05)
    assert [event.what for event in first.events if event.subject == "outage"] == [
        "begin",
        "confirmed",
        "end",
        "undone",
    ]
    refused = first.requests.intended[first.requests.outcome != 0] / 1e9
    assert refused.min() == pytest.approx(5, abs=0.1)
    assert refused.max() == pytest.approx(9 if recovers else 17, abs=0.1)
