"""Interruption: signals end a run at its next tick, never in the middle of a call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chaoskit.engine.options import RunOptions

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruption_waits(options: RunOptions) -> Iterator[None]:
    """Let Ctrl-C end runs at their next tick, not in the middle of a call; a second one changes nothing.

    So do SIGTERM, by which CI cancels a job, and SIGHUP, for a terminal that is gone: the run's record
    is written whoever ends it. What is ignored, as under nohup(1), stays so. Taking down has deadlines
    of its own. On other threads whoever started them sets `options.cancel`.

    Raises:
        KeyboardInterrupt: at the end, when everything has been undone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: options.cancel.set()) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if options.cancel.is_set():
        raise KeyboardInterrupt
