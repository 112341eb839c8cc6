"""A container's init held open, and calls that nobody waits for."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from concurrent.futures import Future

from chaoskit.core.errors import LabError
from chaoskit.labs.docker.reading import is_of


def hold(pid: int, container: str) -> tuple[int, int] | None:
    """A container's init and its network namespace, open; None when it has ended.

    Raises:
        LabError: it is no process of this machine.
    """
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    try:
        if not is_of(pid, container) and not has_ended(pidfd):
            raise LabError(f"the process {pid} of this machine is not the container's: the Docker engine is elsewhere")
        return pidfd, os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        os.close(pidfd)
        return None
    except BaseException:
        os.close(pidfd)
        raise


def has_ended(pidfd: int) -> bool:
    """Whether the process of an open pidfd has ended."""
    ready = select.poll()
    ready.register(pidfd, select.POLLIN)
    return bool(ready.poll(0))


def in_background(function: Callable[[], None], name: str) -> Future[None]:
    """Call it on a thread that nobody has to wait for; what it raises is raised where its result is asked for."""
    result: Future[None] = Future()

    def body() -> None:
        try:
            function()
            result.set_result(None)
        except BaseException as error:  # noqa: BLE001  see above
            result.set_exception(error)

    threading.Thread(target=body, name=name, daemon=True).start()
    return result
