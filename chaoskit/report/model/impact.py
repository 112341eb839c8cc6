"""What a run cost its clients: failed requests, and the longest outage of each group of them, by load too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import History
from chaoskit.report.model.traffic import client_groups, failed, succeeded, used

_MANY_GAPS = 10
"""Mean gaps between successes that a span without one lasts at least before it is called an outage."""


@dataclass(frozen=True)
class Outage:
    """A span without one success, though requests came: ns since the origin.

    Attributes:
        start: intended start of the first failed request.
        end: intended start of the next successful one, or the end of load.
        over: whether a success ended it.
    """

    start: int
    end: int
    over: bool

    @property
    def length(self) -> int:
        """Nanoseconds."""
        return self.end - self.start


@dataclass(frozen=True)
class Impact:
    """One client group over the whole run.

    Attributes:
        load: the load these figures are of; empty for all of the group's.
        usual_gap: mean ns between two successes beside the longest outage; None with fewer than two.
    """

    group: str
    arrivals: int
    failed: int
    not_sent: int
    longest: Outage | None
    load: str = ""
    usual_gap: float | None = None

    @property
    def title(self) -> str:
        """The group, and the load where it is of one."""
        return f"{self.group}, {self.load}" if self.load else self.group

    @property
    def is_outage(self) -> bool:
        """Whether the longest span without a success is more than a few of the usual gaps."""
        if self.longest is None:
            return False
        return self.usual_gap is None or self.longest.length >= _MANY_GAPS * self.usual_gap


def impacts(history: History) -> tuple[Impact, ...]:
    """What each client group saw; where it sent several loads, then what it saw of each."""
    codes, groups = client_groups(history)
    loads = history.requests.load
    found = []
    for group in groups:
        rows = codes.equals(group)
        found.append(_impact(history, group, "", rows))
        sent = sorted(used(loads.take(rows)))
        if len(sent) > 1:
            found += [_impact(history, group, load, rows & loads.equals(load)) for load in sent]
    return tuple(found)


def _impact(history: History, group: str, load: str, rows: NDArray[np.bool_]) -> Impact:
    requests = history.requests.take(rows)
    good, bad = succeeded(requests), failed(requests)
    rows_good = int(np.count_nonzero(good))
    successes = rows_good * history.meta.one_success_in
    longest = longest_outage(requests.intended[bad], requests.intended[good], history.meta.duration)
    return Impact(
        group,
        arrivals=len(requests) - rows_good + successes,
        failed=int(np.count_nonzero(bad)),
        not_sent=int(np.count_nonzero(~good & ~bad)),
        longest=longest,
        load=load,
        usual_gap=_usual_gap(requests.intended, rows_good, longest),  # outages are seen between rows, too
    )


def _usual_gap(intended: NDArray[np.int64], successes: int, longest: Outage | None) -> float | None:
    """The outage's own length is left out: a long one would make itself look usual."""
    if successes < 2:
        return None
    apart = int(np.ptp(intended)) - (longest.length if longest else 0)
    return max(0, apart) / successes


def longest_outage(bad: NDArray[np.int64], good: NDArray[np.int64], end_of_load: int) -> Outage | None:
    """The longest span from a failed arrival to the next successful one; None without a failure.

    Args:
        bad: intended starts of failed requests, in any order.
        good: intended starts of successful requests, in any order.
        end_of_load: the end of an outage that no success ended, in ns.
    """
    if not len(bad):
        return None
    bad, good = np.sort(bad), np.sort(good)
    following = np.searchsorted(good, bad, side="right")
    limit = max(end_of_load, int(bad[-1]))
    over = following < len(good)
    ends = np.full(len(bad), limit)
    ends[over] = good[following[over]]
    # Of the failures before one success the first begins the outage; argmax takes the earliest of equals.
    at = int(np.argmax(ends - bad))
    return Outage(int(bad[at]), int(ends[at]), over=bool(over[at]))
