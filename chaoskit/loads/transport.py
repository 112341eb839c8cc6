"""How HTTP's connections reach the kernel: a loop, and the connections that live on it.

A `Loop` waits for descriptors (`watch`), moments and other threads; a `Connection` connects, sends requests and
tells its other half, which is the same for all, of bytes, errors and the end. There are two of each:

|  | epoll | io_uring |
|---|---|---|
| a request | send(2), and recv(2) when there is something | an entry of a queue; its answer is there when told |
| the loop waits in | epoll_wait(2), with a timer | io_uring_enter(2), which submits the queue as well |
| needs | Linux | Linux 6.1, and no seccomp profile or sysctl against it |

Under io_uring whatever else has descriptors is watched by epoll all the same, and the ring polls epoll's own one: the
usual batch of requests and answers is one system call, and only where others have news there is a second. The other
way round, epoll watching the ring, each batch would be two.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass

from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.kernel import uring
from chaoskit.loads.batched_connection import BatchedConnection, BatchedLoop
from chaoskit.loads.connection import Connection
from chaoskit.loads.loop import Loop
from chaoskit.loads.ring_connection import RingConnection
from chaoskit.loads.ring_loop import RingLoop

VARIABLE = "CHAOSKIT_TRANSPORT"
"""Of the environment: `auto` - as if it were not there -, or the name of a transport."""


@dataclass(frozen=True)
class Transport:
    """See the module; `loop` and `connection` belong together."""

    name: str
    loop: Callable[[], Loop]
    connection: type[Connection]


EPOLL = Transport("epoll", BatchedLoop, BatchedConnection)
IO_URING = Transport("io_uring", RingLoop, RingConnection)
_NAMED = {each.name: each for each in (EPOLL, IO_URING)}

refusal = functools.cache(uring.refusal)
"""Why this process may not use io_uring, empty if it may; asked of the kernel once."""


def transport() -> Transport:
    """The one to use: what the environment says, else io_uring where this process may use it.

    Raises:
        UsageError: the environment names none there is.
        LabError: it names io_uring, and the kernel refuses that.
    """
    name = os.environ.get(VARIABLE) or "auto"
    if name == "auto":
        return EPOLL if refusal() else IO_URING
    if name not in _NAMED:
        near = did_you_mean(name, ("auto", *_NAMED))
        raise UsageError(f"{VARIABLE}={name} names no transport", remedy=f"{near}There are auto, {', '.join(_NAMED)}.")
    if name == IO_URING.name and refusal():
        raise LabError(
            f"{VARIABLE}={name}, but the kernel refuses io_uring: {refusal()}",
            remedy="It takes Linux 6.1, and neither a seccomp profile nor kernel.io_uring_disabled against it; "
            f"{VARIABLE}=auto is epoll here.",
        )
    return _NAMED[name]
