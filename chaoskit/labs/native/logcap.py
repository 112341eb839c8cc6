"""A cap on what hosts log: a daemon that complains in a loop fills a disk in a minute, and with it the machine's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from chaoskit.core.units import NS
from chaoskit.labs.native.timers import Timers

CAP = 64 << 20
"""Bytes of each host's log that are kept: its beginning, where the first error is."""
LOOK_EVERY = NS // 4


class LogCap:
    """Cuts the logs of a lab's hosts to their first bytes, again and again; the last line says so.

    The daemon goes on writing at the file's end, as its log is open for appending. What it writes between two looks
    is all that the disk has to hold beside the cap.

    Args:
        logs: by host.
        timers: call `look` in their rhythm.
        tell: called with the host, the first time that its log is cut.
        cap: bytes that are kept.
    """

    def __init__(
        self, logs: Mapping[str, Path], timers: Timers, tell: Callable[[str], None], cap: int | None = None
    ) -> None:
        self._logs = logs
        self._timers = timers
        self._tell = tell
        self._cap = CAP if cap is None else cap
        self._last = f"\n[chaoskit: this log was cut here, {self._cap:,} bytes are kept of it]\n".encode()
        self._cut: set[str] = set()

    def start(self) -> None:
        """Look from now on, until the timers close."""
        self._timers.after(LOOK_EVERY, self._look_again)

    def look(self) -> None:
        """Cut what is too long."""
        for host, log in self._logs.items():
            # A disk that takes nothing more is told by who records the run; the other logs are to be cut all the same.
            with contextlib.suppress(OSError):
                self._look_at(host, log)

    def _look_again(self) -> None:
        self.look()
        self._timers.after(LOOK_EVERY, self._look_again)

    def _look_at(self, host: str, log: Path) -> None:
        if not log.exists() or log.stat().st_size <= self._cap + len(self._last):
            return
        with log.open("r+b") as file:
            file.truncate(self._cap)
        with log.open("ab") as file:
            file.write(self._last)
        if host not in self._cut:
            self._cut.add(host)
            self._tell(host)
