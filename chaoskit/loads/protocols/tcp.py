"""TCP handshakes as load: connect, and close again.

    flood = load(connect("price.example.com:443"), poisson("2k/s"), clients=role("client"), timeout="3s")

A row's `op` is `connect`, `sent` the moment the handshake was begun, `connect` how long it took; nothing is sent on
the connection, so that there is no first byte. `chaoskit.core.connect.Close` tells what each way to close means
for ports. What a server says on a connection that is held is not read: closed by `fin` with something unread, Linux
sends a reset instead (RFC 9293 section 3.10.4).
"""

from __future__ import annotations

import errno
import struct
from _socket import SO_LINGER, SOL_SOCKET, socket
from typing import TYPE_CHECKING

from chaoskit.core.connect import Close, TcpRequest
from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.loads.call import CODE, Call
from chaoskit.loads.connection import outcome_of
from chaoskit.loads.dialled import Dialled
from chaoskit.loads.line import END, Line

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.naming import Place
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client, Job

_OK, _BAD = CODE[Outcome.OK], CODE[Outcome.BAD]
_AT_ONCE = struct.pack("ii", 1, 0)
"""A linger time of 0 s, with which close(2) resets the connection (socket(7), SO_LINGER)."""
_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)


class Handshake(Line):
    """One connection."""

    __slots__ = ("_place", "_stream")

    def __init__(self, stream: Handshakes, made: socket, place: Place, server: int, born: int) -> None:
        super().__init__(stream.loop, made, server, born)
        self._place = place
        self._stream = stream

    def open(self) -> None:
        """See whether the connection is there: connect(2) says so when it is called again."""
        code = self.socket.connect_ex(self._place)
        if code in _UNDER_WAY:
            return
        now = self._stream.now()
        if code in (0, errno.EISCONN):
            self._stream.connected(self, now)
        else:
            self._stream.broke(self, outcome_of(code), now)

    def handle(self, events: int) -> None:
        """The connection is there, failed, or was ended by the server."""
        if self.call is not None:
            self.open()
        elif events & END:
            self._stream.lost(self)


class Handshakes(Dialled):
    """TCP handshakes of one load from one client host."""

    __slots__ = ("_hold", "_resets", "_within", "now")

    def __init__(self, engine: Engine, job: Job, client: Client, request: TcpRequest) -> None:
        super().__init__(engine, job, client, request.host, request.port)
        self.now = engine.now
        self._hold = request.hold
        self._resets = request.close is Close.RST
        self._within = request.within

    def line(self, made: socket, place: Place, server: int, call: Call, born: int) -> Line:
        """A connection under way."""
        if self._resets:
            made.setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
        call.sent = born
        return Handshake(self, made, place, server, born)

    def connected(self, line: Line, now: int) -> None:
        """The request is over; its connection may go on for a while."""
        call = self.gave(line)
        call.connect = now - line.born
        late = self._within is not None and now - call.due > self._within
        if not late or not self.retry(call, now, _BAD, line.server):
            self.finish(call, _BAD if late else _OK, now, server=line.server)
        if self._hold:
            self.loop.at(now + self._hold, lambda _now: self.lost(line))
        else:
            self.lost(line)


def open_stream(engine: Engine, job: Job, client: Client) -> Stream:
    """Serve a load of TCP handshakes from one client host.

    Raises:
        UsageError: the request calls itself TCP's and is none.
    """
    if not isinstance(job.request, TcpRequest):
        raise UsageError(f"load {job.name}: {job.request.title} is no TCP handshake", remedy="Use connect(...).")
    return Handshakes(engine, job, client, job.request)
