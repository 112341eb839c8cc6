"""The packets between the keeper's side of a native lab and its island process.

    keeper --- Call(id, ...) ---> island
    keeper <-- Started, Exited --- island      events, in the order they happened
    keeper <-- Reply(id, error) -- island      after the events it caused

One packet of a SOCK_SEQPACKET pair holds one pickled message; both ends are chaoskit's own. Open
files travel with it.
"""

from __future__ import annotations

import array
import os
import socket
from _pickle import dumps, loads  # the part of pickle in C: the other one imports `re`, which nobody needs
from collections.abc import Sequence

from chaoskit.labs.native.record import Record

_LIMIT = 1 << 17
_MAX_FDS = 3


class Connect(Record):
    """Make the host's network namespace; the reply carries it."""

    host: str


class Start(Record):
    """Start the host's daemon in its namespaces; `Started` carries its pidfd."""

    host: str


class Execute(Record):
    """Run a command in the host with the three open files that come along; `Finished` ends it."""

    host: str
    argv: tuple[str, ...]


class Abort(Record):
    """SIGKILL the process group of an `Execute` call."""

    call: int


class Signal(Record):
    """Send a signal to every process of the host but its init."""

    host: str
    number: int


class Disconnect(Record):
    """Power off: end every process, give up the network namespace, empty /run and /tmp."""

    host: str


Operation = Connect | Start | Execute | Abort | Signal | Disconnect


class Call(Record):
    """An operation asked for; its reply has the same number."""

    number: int
    operation: Operation


class Reply(Record):
    """An operation ended.

    Attributes:
        error: what went wrong, empty when nothing did.
        exit_code: of an `Execute`, negative for a signal.
    """

    number: int
    error: str = ""
    exit_code: int = 0


class Ready(Record):
    """The island is there, with its bridges and volumes; or it could not be made."""

    error: str = ""


class Started(Record):
    """A host's daemon was executed; its pidfd comes along."""

    host: str
    t: int


class Exited(Record):
    """A host's daemon ended, and every process of the host with it."""

    host: str
    t: int
    exit_code: int


Message = Call | Reply | Ready | Started | Exited


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(to: socket.socket, message: Message, fds: Sequence[int] = ()) -> None:
    """Send one message with open files.

    Raises:
        OSError: the other end is gone.
    """
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    to.sendmsg([dumps(message)], rights)


def receive(source: socket.socket) -> tuple[Message, list[int]] | None:
    """The next message with its open files (close-on-exec), or None when the other end is gone."""
    space = socket.CMSG_SPACE(_MAX_FDS * 4)
    try:
        data, ancillary, _, _ = source.recvmsg(_LIMIT, space, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return None
    if not data:
        return None
    fds = array.array("i")
    for _, _, raw in ancillary:
        fds.frombytes(raw[: len(raw) - len(raw) % 4])
    return loads(data), list(fds)


def close_all(fds: Sequence[int]) -> None:
    """Close open files that came with a message."""
    for fd in fds:
        os.close(fd)
