"""How old what was read was."""

from typing import Any

import pytest

from chaoskit.checks.register import Operation
from chaoskit.checks.staleness import ages, staleness
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Outcome
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Verdict
from chaoskit.core.window import window
from chaoskit.testing import make_history, rows
from tests.checks.registers import was_read, written
from tests.checks.test_linearizable import reads, writes

A_B_C = (written("a", 0, 10), written("b", 20, 30), written("c", 40, 50))

AGES = {
    "up to date": ([*A_B_C, was_read("c", 60, 70)], 0),
    "one behind, since b was over": ([*A_B_C, was_read("b", 60, 70)], 10),
    "two behind, since b was over": ([*A_B_C, was_read("a", 60, 70)], 30),
    "sent before the next was over": ([*A_B_C, was_read("b", 45, 70)], 0),
    "from before all writes": ([*A_B_C, was_read("old", 60, 70)], 50),
    "writes at once overwrite each other in any order": (
        [written("a", 0, 30), written("b", 10, 20), was_read("a", 60, 70)],
        0,
    ),
    "the sooner of two next writes": (
        [written("a", 0, 10), written("b", 20, 90), written("c", 30, 40), was_read("a", 60, 70)],
        20,
    ),
    "a failed write overwrites nothing": ([written("a", 0, 10), written("b", 20), was_read("a", 60, 70)], 0),
    "a failed write that was read, until the next": (
        [written("a", 0), was_read("a", 5, 15), written("b", 20, 30), was_read("a", 60, 70)],
        30,
    ),
    "a failed write that nobody read before may have come late": (
        [written("a", 0), written("b", 20, 30), was_read("a", 60, 70)],
        0,
    ),
    "a value that came again": ([*A_B_C, written("a", 52, 55), was_read("a", 60, 70)], 0),
}


@pytest.mark.parametrize(("operations", "age"), AGES.values(), ids=AGES)
def test_the_age_of_the_last_read(operations: list[Operation], age: int) -> None:
    """From the end of the write that surely overwrote it to the moment the read was sent."""
    assert ages(operations)[-1] == (age, operations[-1])


def judged(
    *values: tuple[float, str], at_most: str = "0s", quantile: float = 1.0, every: str = "10ms", **more: object
) -> Verdict:
    """A register that changes from v0 to v1 at 10 s; a thousand fresh reads from 12 s on, and those given."""
    wrote = rows("writes", at=[0.0, 10.0], latency="1ms", op="write", value=["v0", "v1"])
    fresh = rows("reads", seconds=10, start=12, every=every, latency="1ms", op="read", value="v1")
    other = rows(
        "reads", at=[t for t, _ in values], latency="1ms", op="read", value=[v for _, v in values], client="c9"
    )
    history = make_history([wrote, fresh, *([other] if values else [])], names={"reads": reads, "writes": writes})
    return staleness(reads, writes, at_most=at_most, quantile=quantile, **more).judge(history)  # type: ignore[arg-type]


def test_fresh_reads_pass() -> None:
    """None of a thousand gave what had been overwritten."""
    verdict = judged()
    assert (verdict.outcome, verdict.measured, verdict.samples) == (PASS, 0.0, 1_000)
    assert verdict.reason == "0 of 1,000 reads gave what had been overwritten"


def test_a_stale_read_fails_with_its_age() -> None:
    """Sent at 13 s, 2.999 s after the write of v1 was over."""
    verdict = judged((13.0, "v0"))
    assert verdict.outcome is FAIL
    assert verdict.measured == pytest.approx(2.999, abs=0.0001)
    assert "1 of 1,001 reads" in verdict.reason
    assert "c9 read 'v0' (13.0000" in verdict.reason


def test_a_bound_or_a_quantile_forgives() -> None:
    """An age within the bound passes, and so does a quantile below the stale ones."""
    assert judged((13.0, "v0"), at_most="3s").outcome is PASS
    assert judged((13.0, "v0"), quantile=0.99, every="5ms").outcome is PASS


def test_only_reads_of_the_window_count() -> None:
    """By the moment they were sent; too few of them are unknown."""
    verdict = judged((13.0, "v0"), during=window(lasting="5s"))
    assert verdict.outcome is UNKNOWN
    assert verdict.reason == "only 0 successful reads, 1,000 needed"


def test_failed_reads_do_not_count() -> None:
    """They gave nothing."""
    wrote = rows("writes", at=[0.0], latency="1ms", op="write", value="v0")
    failed = rows("reads", seconds=20, latency="1ms", op="read", value="old", outcome=Outcome.RESET)
    history = make_history([wrote, failed], names={"reads": reads, "writes": writes})
    assert staleness(reads, writes).judge(history).outcome is UNKNOWN


@pytest.mark.parametrize(
    "arguments", [{"quantile": 0}, {"quantile": -0.5}, {"quantile": 1.01}, {"quantile": "most"}, {"at_most": "soon"}]
)
def test_what_makes_no_sense_is_refused_where_it_is_written(arguments: dict[str, Any]) -> None:
    """A quantile that is none, and an age."""
    with pytest.raises(DefinitionError, match=r"test_staleness\.py:\d+: "):
        staleness(reads, writes, **arguments)


@pytest.mark.parametrize(("quantile", "outcome"), [(0.99, PASS), ("99%", PASS), (0.985, PASS)])
def test_a_quantile_is_the_nearest_rank(quantile: float | str, outcome: str) -> None:
    """Of 2,000 reads the last 20 are stale: 99 % of them were fresh."""
    wrote = rows("writes", at=[0.0, 10.0], latency="1ms", op="write", value=["v0", "v1"])
    old = rows("reads", start=25, seconds=0.2, every="10ms", latency="1ms", op="read", value="v0")
    fresh = rows("reads", start=11, seconds=9.9, every="5ms", latency="1ms", op="read", value="v1")
    history = make_history([wrote, old, fresh], names={"reads": reads, "writes": writes})
    verdict = staleness(reads, writes, quantile=quantile).judge(history)
    assert (verdict.outcome, verdict.samples) == (outcome, 2_000)
