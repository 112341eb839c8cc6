"""Linearizability of what two loads wrote and read."""

import numpy as np
import pytest

from chaoskit.checks.linearizable import linearizable
from chaoskit.core.check import Check
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import History, Requests
from chaoskit.core.load import Load, Outcome, load
from chaoskit.core.request import get
from chaoskit.core.selector import role
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.loads.arrivals import constant
from chaoskit.testing import make_history, rows

reads = load(get("http://kv.example.com/key"), constant("100/s"), clients=role("client"))
writes = load(get("http://kv.example.com/key"), constant("100/s"), clients=role("client"))
N = 150


def wrote(n: int = N, *, outcome: Outcome | list[Outcome] = Outcome.OK, latency: str = "5ms") -> Requests:
    """Writes of 0, 1, 2, ... every 20 ms, from 0 s on."""
    moments = np.arange(n) * 0.02
    return rows("writes", at=moments, latency=latency, op="write", value=[f"v{i}" for i in range(n)], outcome=outcome)


def saw(values: list[str], *, after: float = 0.01, **more: object) -> Requests:
    """A read 10 ms after the begin of each write."""
    moments = np.arange(len(values)) * 0.02 + after
    return rows("reads", at=moments, latency="5ms", op="read", value=values, client="client-na", **more)  # type: ignore[arg-type]


def judged(*tables: Requests, check: Check | None = None) -> tuple[object, str]:
    """Outcome and reason."""
    verdict = (check or linearizable(reads, writes)).judge(record(*tables))
    return verdict.outcome, verdict.reason


def record(*tables: Requests) -> History:
    """A history of both loads."""
    return make_history(tables, names={"reads": reads, "writes": writes})


FRESH = [f"v{i}" for i in range(N)]


def test_reads_of_what_was_written_last_pass() -> None:
    """Every read gives the write that was over before it."""
    outcome, reason = judged(wrote(), saw(FRESH))
    assert outcome is PASS
    assert reason == "an order of 300 operations, 0 of them writes that may or may not have taken effect"


def test_one_stale_read_fails_and_is_named_with_the_write_it_missed() -> None:
    """v40 when v41 had been written: client, moment and the write are in the reason."""
    stale = [*FRESH[:41], "v40", *FRESH[42:]]
    outcome, reason = judged(wrote(), saw(stale))
    assert outcome is FAIL
    assert "client-na read 'v40' (0.830020 to 0.835001 s), although 'v41' was there before that began" in reason


def test_overlapping_writes_in_either_order_pass() -> None:
    """Writes that last 30 ms overlap the next: a read may give either."""
    early = [f"v{max(i - 1, 0)}" for i in range(N)]
    assert judged(wrote(latency="30ms"), saw(early))[0] is PASS
    assert judged(wrote(latency="30ms"), saw(FRESH))[0] is PASS


def test_a_write_that_failed_after_it_was_sent_may_take_effect_or_not() -> None:
    """A timeout says nothing: the reads decide, but they must decide one way."""
    timed_out = [Outcome.RESPONSE_TIMEOUT if i == 80 else Outcome.OK for i in range(N)]
    assert judged(wrote(outcome=timed_out), saw(FRESH))[0] is PASS
    assert judged(wrote(outcome=timed_out), saw([*FRESH[:80], "v79", *FRESH[81:]]))[0] is PASS
    both = [*FRESH[:80], "v80", *FRESH[81:100], "v80", *FRESH[101:]]
    assert judged(wrote(outcome=timed_out), saw(both))[0] is FAIL


def test_a_write_that_was_never_sent_did_not_take_effect() -> None:
    """Its value cannot be read."""
    late = [Outcome.LATE if i == 80 else Outcome.OK for i in range(N)]
    with_late = saw(["before", *FRESH[1:80], "v80", *FRESH[81:]], after=0.015)
    assert judged(wrote(outcome=late), with_late)[0] is FAIL


def test_a_failed_read_counts_for_nothing() -> None:
    """Whatever is in its row."""
    stale = [*FRESH[:41], "v40", *FRESH[42:]]
    failed = [Outcome.RESET if i == 41 else Outcome.OK for i in range(N)]
    assert judged(wrote(), saw(stale, outcome=failed))[0] is PASS


def test_what_was_there_before_is_told_by_the_reads_or_by_the_experiment() -> None:
    """A first read of something nobody wrote passes; not when the experiment says that it was something else."""
    first = rows("reads", at=[-0.5], latency="5ms", op="read", value="old")
    assert judged(wrote(), saw(FRESH), first)[0] is PASS
    outcome, reason = judged(wrote(), saw(FRESH), first, check=linearizable(reads, writes, initial="new"))
    assert outcome is FAIL
    assert "read 'old'" in reason
    assert "nobody had written" in reason


def test_too_few_reads_or_writes_are_unknown() -> None:
    """A hundred of each."""
    assert judged(wrote(99), saw(FRESH[:99])) == (UNKNOWN, "only 99 successful reads or writes, 100 needed")


def test_writes_that_cannot_be_judged_are_unknown() -> None:
    """Without a value they mean anything."""
    table = rows("writes", op="write", outcome=Outcome.RESET)
    assert judged(saw(FRESH), table) == (UNKNOWN, "writes lack the value they wrote")


def test_several_attempts_are_one_write() -> None:
    """Clients go on to another server only where the first one certainly did nothing."""
    assert judged(wrote(), saw(FRESH), rows("writes", at=[0.5], op="write", value="x", attempts=2))[0] is PASS


def test_a_search_that_takes_too_long_is_unknown_and_names_the_remedy() -> None:
    """Values written again and again, all at once: the number of states is in the reason."""
    values = [f"v{(i * 7919) % 10}" for i in range(2_000)]
    busy = rows("writes", at=np.arange(2_000) * 0.001, latency="500ms", op="write", value=values)
    seen = rows("reads", at=np.arange(2_000) * 0.001 + 0.6, latency="300ms", op="read", value=values[::-1])
    verdict = linearizable(reads, writes, within="50ms").judge(record(busy, seen))
    assert verdict.outcome is UNKNOWN
    assert "found within 50 ms" in verdict.reason
    assert "within=" in verdict.remedy


class Keyed:
    """A request of a key."""

    protocol, title = "http", "a key"

    def __init__(self, key: str, op: str) -> None:
        self.key, self.op = key, op


def keyed(key: str, op: str) -> Load:
    """A load on a register of its own."""
    return load(Keyed(key, op), constant("100/s"), clients=role("client"))  # type: ignore[arg-type]


def test_registers_are_judged_one_by_one() -> None:
    """What is stale in one key would be the right answer in another; the reason names the key."""
    loads = {f"{op} {key}": keyed(key, op) for op in ("read", "write") for key in ("x", "y")}
    stale = [*FRESH[:41], "v40", *FRESH[42:]]
    tables = [
        rows(f"{op} {key}", at=np.arange(N) * 0.02 + (0.01 if op == "read" else 0), latency="5ms", op=op, value=values)
        for op, key, values in [
            ("read", "x", FRESH),
            ("write", "x", FRESH),
            ("read", "y", stale),
            ("write", "y", FRESH),
        ]
    ]
    check = linearizable([loads["read x"], loads["read y"]], [loads["write x"], loads["write y"]])
    verdict = check.judge(make_history(tables, names=loads))
    assert verdict.outcome is FAIL
    assert verdict.reason.startswith("y: no order of 300 operations")


@pytest.mark.parametrize("within", ["soon", "0s"])
def test_a_time_that_is_none_is_refused_where_it_is_written(within: str) -> None:
    """Not after the run."""
    with pytest.raises(DefinitionError, match=r"test_linearizable\.py:\d+: "):
        linearizable(reads, writes, within=within)
