"""How HTTP's connections reach the kernel: a loop, and the connections that live on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chaoskit.loads.connection import Connection
from chaoskit.loads.epoll_connection import EpollConnection
from chaoskit.loads.loop import EpollLoop, Loop


@dataclass(frozen=True)
class Transport:
    """See the module; `loop` and `connection` belong together."""

    name: str
    loop: Callable[[], Loop]
    connection: type[Connection]


EPOLL = Transport("epoll", EpollLoop, EpollConnection)


def transport() -> Transport:
    """The one to use."""
    return EPOLL
