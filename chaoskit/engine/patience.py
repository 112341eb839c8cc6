"""Waiting for a call that may take long without being deaf meanwhile."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def patiently(call: Callable[[], T], meanwhile: Callable[[], None], every_s: float) -> T:
    """What a call on another thread returns or raises; `meanwhile` is called every so often until it does.

    When `meanwhile` raises, nobody waits for the call any more; it goes on to its end on its own thread.
    """
    result: Future[T] = Future()

    def body() -> None:
        try:
            result.set_result(call())
        except BaseException as error:  # noqa: BLE001  raised again by `result`
            result.set_exception(error)

    threading.Thread(target=body, daemon=True).start()
    while True:
        with contextlib.suppress(TimeoutError):
            return result.result(every_s)
        meanwhile()
