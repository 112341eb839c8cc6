"""What became of every arrival that several engines shared."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaoskit.loads.account import Account
from chaoskit.loads.histogram import Histogram
from chaoskit.loads.tally import sparse


def told(recorded: int, **changes: int) -> dict[str, Any]:
    """An engine's account: 100 arrivals in all, lags of 1 to 100 µs."""
    lag = Histogram()
    lag.add(np.arange(1, 101))
    return {
        "whole": 100,
        "abandoned": 0,
        "doubled": 0,
        "attempts": 0,
        "lag": sparse(lag),
        "recorded": recorded,
        **changes,
    }


def test_all_are_there() -> None:
    """Two that did all the work: nothing is lost, and lags are those of both."""
    account = Account.of([told(60, abandoned=2), told(40, attempts=3)], 0)
    assert (account.scheduled, account.recorded, account.abandoned, account.lost) == (100, 98, 2, 0)
    assert (account.lag.total, account.lag.quantile(0.5)) == (200, 50)
    assert (
        str(account)
        == "100 arrivals scheduled, 98 recorded, 2 abandoned at the end, 3 attempts beside; lag p99 0.099 ms"
    )


def test_what_the_dead_did_not_report_is_lost() -> None:
    """One of two died after it had reported 15 of its 40."""
    account = Account.of([told(60)], 15)
    assert (account.recorded, account.lost) == (75, 25)
    assert "25 lost with a worker that died" in str(account)


def test_what_was_sent_twice_does_not_make_up_for_what_was_lost() -> None:
    """5 doubled and 5 lost are both told."""
    account = Account.of([told(60, doubled=5), told(40)], 0)
    assert (account.doubled, account.lost) == (5, 5)


def test_nobody_lived_to_tell() -> None:
    """What was reported until then is all that is known."""
    account = Account.of([], 15)
    assert (account.scheduled, account.recorded, account.lost) == (0, 15, 0)
