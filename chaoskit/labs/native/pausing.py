"""Pausing a host: SIGSTOP for every process of it, which a SIGKILL still ends, unlike a frozen cgroup."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from chaoskit.core.errors import LabError
from chaoskit.kernel import procfs

_WITHIN = 10.0

Send = Callable[[int], object]
"""Sends a signal."""


def stop(name: str, pid: int | None, to_init: Send, to_others: Send) -> None:
    """Stop the init, wait until it has stopped, then the others.

    The signal to the others reaches all of them at once, forks in progress included - but not what an init that
    still runs forks meanwhile.

    Args:
        name: the host's, for errors.
        pid: of its init, or None when none runs.
        to_init: signals the init.
        to_others: signals every other process of the host.

    Raises:
        LabError: the daemon ended, or not every process stops; those that did go on.
    """
    namespace = procfs.pid_namespace(pid) if pid is not None else None
    if pid is None or namespace is None:
        raise LabError(f"host {name} cannot be paused: its daemon ended")
    try:
        to_init(signal.SIGSTOP)
        wait_until(name, lambda: _stopped(pid))
        to_others(signal.SIGSTOP)
        wait_until(name, lambda: all(_stopped(member) for member in procfs.members(namespace)))
    except BaseException:
        go_on(to_init, to_others)  # half a host stopped is neither paused nor can it be resumed
        raise


def go_on(to_init: Send, to_others: Send) -> None:
    """Continue every process."""
    try:
        to_others(signal.SIGCONT)
    finally:
        to_init(signal.SIGCONT)


def wait_until(name: str, stopped: Callable[[], bool]) -> None:
    """Wait for a signal to take effect, which happens a moment after it was sent.

    Raises:
        LabError: it does not.
    """
    deadline = time.monotonic() + _WITHIN
    while not stopped():
        if time.monotonic() > deadline:
            raise LabError(f"host {name} cannot be paused: not every process of it stops")
        time.sleep(0.001)


def _stopped(pid: int) -> bool:
    try:
        return procfs.state(pid) in "TtZX"
    except ProcessLookupError:
        return True
