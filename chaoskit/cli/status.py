"""Exit statuses: 0 pass, 1 fail, 2 unknown, 3 an error; of several the worst, where 3 > 1 > 2 > 0."""

from __future__ import annotations

from collections.abc import Iterable

PASS = 0
FAIL = 1
UNKNOWN = 2
ERROR = 3
INTERRUPTED = 130
"""128 + SIGINT, as a shell says it."""
BROKEN_PIPE = 141
"""128 + SIGPIPE, as a shell says it."""

_BADNESS = {PASS: 0, UNKNOWN: 1, FAIL: 2, ERROR: 3}


def worst(statuses: Iterable[int]) -> int:
    """The one to exit with."""
    return max(statuses, key=lambda status: _BADNESS.get(status, _BADNESS[ERROR]), default=PASS)
