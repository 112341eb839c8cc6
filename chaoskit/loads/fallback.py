"""Connecting to a server of several addresses: another one where one fails, or is slow. All of it is one attempt.

    one after the other     .0 refused --> .1 connected
    a race                  .0 pending ---250 ms---> .1 pending ... .1 connected: .0 is closed

The race is that of Happy Eyeballs (RFC 8305 section 5), among the addresses in the order of the answer: whatever
their families, and without its rules for sorting them. Who is connected first gets the request, and the only one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from chaoskit.core.load import Outcome
from chaoskit.core.naming import Dns, Fallback, Naming
from chaoskit.loads.call import CODE, CONNECTING, Call
from chaoskit.loads.naming import Finder, Place

if TYPE_CHECKING:
    from chaoskit.loads.connection import Connection
    from chaoskit.loads.loop import Loop

DELAY = 250_000_000
"""ns that a connection may be pending before the next address is tried beside it (RFC 8305: recommended)."""
MOST = 16
"""Further addresses that are tried in one attempt."""
_NO_PORT = CODE[Outcome.NO_PORT]


class Way(Protocol):
    """What a flow lends: how it connects."""

    loop: Loop

    def room(self) -> bool:
        """Whether one more connection may be made."""
        ...

    def connect(self, call: Call, place: Place, now: int) -> None:
        """Begin to connect to a place; what fails at once is told as any failure."""
        ...

    def lost(self, connection: Connection) -> None:
        """Close a connection."""
        ...


class _Race:
    """One attempt's connections that are pending, and the places that are left."""

    __slots__ = ("left", "pending", "server")

    def __init__(self, left: deque[Place]) -> None:
        self.left = left
        self.pending: list[Connection] = []
        self.server = 0


class Fallbacks:
    """The attempts of one flow that are connecting. `Call.connection` is None until one of theirs is chosen.

    Args:
        way: the flow.
        delay: ns after which a pending connection gets company; None for never.
        alternatives: where else a connection may go than to a place.
    """

    def __init__(self, way: Way, delay: int | None, alternatives: Callable[[Place], list[Place]]) -> None:
        self._way = way
        self._delay = delay
        self._alternatives = alternatives
        self._races: dict[Call, _Race] = {}

    def begins(self, call: Call, place: Place) -> None:
        """A connection to a place is about to be made: the first of an attempt, or a further one."""
        if call not in self._races:
            self._races[call] = _Race(deque(islice(self._alternatives(place), MOST)))

    def pends(self, call: Call, connection: Connection, now: int) -> None:
        """A connection is under way, unless it was quick."""
        if connection.call is not call:
            return  # it failed, and what follows from that has been done
        if call.phase != CONNECTING:
            self.cut(call)
            return
        race = self._races[call]
        race.pending.append(connection)
        race.server = connection.server
        call.connection = None
        if self._delay is not None and race.left:
            left = len(race.left)
            self._way.loop.at(now + self._delay, lambda moment: self._slow(call, race, left, moment))

    def chosen(self, call: Call, connection: Connection) -> None:
        """A connection is there; the others are not needed."""
        call.connection = connection
        self._races[call].pending.remove(connection)
        self.cut(call)

    def goes_on(self, call: Call, outcome: int, now: int) -> bool:
        """Whether a failure leaves an attempt something: another address to try, or one that is pending."""
        race = self._races.get(call)
        if race is None:
            return False
        race.pending = [connection for connection in race.pending if connection.call is call]
        if call.phase == CONNECTING and outcome != _NO_PORT and race.left and self._way.room():
            self._way.connect(call, race.left.popleft(), now)
            return True
        if race.pending:
            return True
        del self._races[call]
        return False

    def cut(self, call: Call) -> int:
        """Pending connections are not needed any more. Returns the code of the server that was tried last."""
        race = self._races.pop(call, None)
        if race is None:
            return 0
        for connection in race.pending:
            connection.call = None
            self._way.lost(connection)
        return race.server

    def _slow(self, call: Call, race: _Race, left: int, now: int) -> None:
        """A connection has been pending for long: try the next place beside it, unless something was tried since."""
        if self._races.get(call) is race and len(race.left) == left and self._way.room():
            self._way.connect(call, race.left.popleft(), now)


def fallbacks(naming: Naming, finder: Finder, way: Way) -> Fallbacks | None:
    """What a load's naming says about further addresses; None for nothing."""
    if not isinstance(naming, Dns) or naming.fallback is Fallback.NONE:
        return None
    from chaoskit.loads.namings.dns import DnsFinder  # noqa: PLC0415  as `naming.open_finder`, which made it

    assert isinstance(finder, DnsFinder)
    return Fallbacks(way, DELAY if naming.fallback is Fallback.RACE else None, finder.alternatives)
