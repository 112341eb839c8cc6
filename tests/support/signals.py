"""Signals of tests that were started in the background."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

_IGNORABLE = (signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def signals_heard() -> Iterator[None]:
    """Ctrl-C and a lost terminal are heard, here and by what the test starts.

    A shell without job control ignores SIGINT in what it starts in the background (POSIX, Shell Command Language,
    2.11), as nohup(1) does SIGHUP; children inherit that, and chaoskit leaves ignored what it finds ignored.
    """
    before = {number: signal.getsignal(number) for number in _IGNORABLE}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
