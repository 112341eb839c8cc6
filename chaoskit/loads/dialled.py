"""The contract of streams whose calls each need a socket of their own: finding the server, making sockets, a limit.

    start(call) --> known? --> find --> dial --> line(socket, call) --> finish | failed
                 limit reached: waiting until a line is lost

A stream holds at most `max_connections` lines. Beyond it calls wait for one to end, until their timeout, and
are then connect timeouts: the system's failure, not the generator's.
"""

from __future__ import annotations

import errno
from _socket import AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, socket
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from chaoskit.loads.call import CODE, CONNECTING, ENDED, RESOLVING, Call
from chaoskit.loads.connection import outcome_of
from chaoskit.loads.line import Line
from chaoskit.loads.lookup import Resolved
from chaoskit.loads.naming import Place, Vantage, open_finder
from chaoskit.loads.stream import Stream

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job


class Dialled(Stream):
    """See the module.

    Args:
        engine: serves the stream.
        job: the load.
        client: the client host.
        host: to find and connect to.
        port: of the host, where the load's naming gives none.
        kind: `SOCK_STREAM` or `SOCK_DGRAM`.
    """

    __slots__ = ("_finder", "_kind", "_line_of", "_lines", "_most", "_port", "_waiting")

    def __init__(self, engine: Engine, job: Job, client: Client, host: str, port: int, kind: int = SOCK_STREAM) -> None:
        super().__init__(engine, job, client)
        self._kind = kind | SOCK_NONBLOCK | SOCK_CLOEXEC
        self._most = job.max_connections
        self._port = port
        self._lines: set[Line] = set()
        self._line_of: dict[Call, Line] = {}
        self._waiting: deque[Call] = deque()
        self._finder = open_finder(job.naming, Vantage(engine, self, client, host))

    @abstractmethod
    def line(self, made: socket, place: Place, server: int, call: Call, born: int) -> Line:
        """What is to be done with a socket that began to connect to a place, whose label has the code `server`."""

    def start(self, call: Call, now: int) -> None:
        """Make an attempt on a new socket, or when one may be made."""
        if len(self._lines) >= self._most:
            self._wait(call)
            return
        place = self._finder.known(now)
        if place is None:
            call.phase = RESOLVING
            self._finder.find(lambda resolved, took: self._resolved(call, resolved, took))
        else:
            self._dial(call, place, now)

    def took(self, line: Line, call: Call) -> None:
        """A line has a call now."""
        line.call = call
        self._line_of[call] = line

    def gave(self, line: Line) -> Call:
        """The call of a line, which it has no more."""
        call = line.call
        assert call is not None
        line.call = None
        del self._line_of[call]
        return call

    def broke(self, line: Line, outcome: int, now: int) -> None:
        """What a line was for came to nothing."""
        call = self.gave(line)
        self.lost(line)
        self.failed(call, outcome, line.server, now)

    def failed(self, call: Call, outcome: int, server: int, now: int) -> None:
        """An attempt came to nothing."""
        if not self.retry(call, now, outcome, server):
            self.finish(call, outcome, now, server=server)

    def lost(self, line: Line) -> None:
        """Close a line without a call; whoever waited for one may make a new one."""
        if line not in self._lines:
            return
        self._lines.discard(line)
        line.close()
        self.next_waiting()

    def next_waiting(self) -> None:
        """There is room for one that waits."""
        while self._waiting:
            call = self._waiting.popleft()
            if call.phase != ENDED:
                self._again.append(call)
                return

    def cut(self, call: Call) -> tuple[int, int]:
        """Close the line that a call is on."""
        line = self._line_of.get(call)
        if line is None:
            return 0, 0
        self.gave(line)
        self.lost(line)
        return line.server, 0

    def moved(self) -> None:
        """Lines without a call are of no use any more, nor is what was found out about the server."""
        for line in [one for one in self._lines if one.call is None]:
            self.lost(line)
        self._finder.forget()

    def close(self) -> None:
        """Let go of everything."""
        for line in self._lines:
            line.close()
        self._finder.close()

    def _wait(self, call: Call) -> None:
        call.phase = CONNECTING
        self._waiting.append(call)

    def _resolved(self, call: Call, resolved: Resolved, took: int) -> None:
        if call.phase == ENDED:
            return
        now = self._engine.now()
        if resolved.address is None:
            self.failed(call, CODE[resolved.failure], 0, now)
            return
        self.found(call, resolved.address, took)
        self._dial(call, (resolved.address, resolved.port), now)

    def _dial(self, call: Call, place: Place, now: int) -> None:
        if len(self._lines) >= self._most:
            self._wait(call)
            return
        address, port = place[0], place[1] or self._port
        call.phase = CONNECTING
        server = self._engine.labels.code("server", address)
        try:
            self._engine.networks.enter(self.network)
            made = socket(AF_INET6 if ":" in address else AF_INET, self._kind)
        except OSError as error:
            self.failed(call, outcome_of(error.errno), server, now)
            return
        begun = self._engine.now()
        code = made.connect_ex((address, port))
        if code not in (0, errno.EINPROGRESS):
            made.close()
            self.failed(call, outcome_of(code), server, now)
            return
        line = self.line(made, (address, port), server, call, begun)
        self._lines.add(line)
        self.took(line, call)
        self.loop.watch(line.fd, line.handle)
        line.open()
