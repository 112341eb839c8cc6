"""What a run cost its clients: failed requests, and the longest outage of each group of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import History
from chaoskit.report.model.traffic import client_groups, failed, succeeded


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
    """One client group over the whole run."""

    group: str
    arrivals: int
    failed: int
    not_sent: int
    longest: Outage | None


def impacts(history: History) -> tuple[Impact, ...]:
    """What each client group saw."""
    codes, groups = client_groups(history)
    good, bad = succeeded(history.requests), failed(history.requests)
    return tuple(
        Impact(
            group,
            arrivals=int(np.count_nonzero(rows)),
            failed=int(np.count_nonzero(rows & bad)),
            not_sent=int(np.count_nonzero(rows & ~good & ~bad)),
            longest=longest_outage(
                history.requests.intended[rows & bad],
                history.requests.intended[rows & good],
                history.meta.duration,
            ),
        )
        for group, rows in ((group, codes.equals(group)) for group in groups)
    )


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
    ends = np.append(good, limit)[following]
    # Of the failures before one success the first begins the outage; argmax takes the earliest of equals.
    at = int(np.argmax(ends - bad))
    return Outage(int(bad[at]), int(ends[at]), over=bool(following[at] < len(good)))
