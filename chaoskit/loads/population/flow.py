"""The HTTP stream of a population: each request is of a user, from the user's address, with the user's cookies.

Idle connections wait for their own user - behind a proxy for anybody. When as many are open as may be, the one
that has been idle longest is closed for a user who needs one; where none is idle, requests wait as in any flow.
"""

from __future__ import annotations

from _socket import socket
from typing import TYPE_CHECKING

from chaoskit.core.population import Population
from chaoskit.core.request import HttpRequest
from chaoskit.loads.call import ENDED, SENT, Call
from chaoskit.loads.connection import Connection
from chaoskit.loads.flow import Flow
from chaoskit.loads.judge import Meaning
from chaoskit.loads.population.sessions import SET_COOKIE, Sessions
from chaoskit.loads.population.sources import leave_from, require_own
from chaoskit.loads.population.users import Users

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job


class UserCall(Call):
    """An arrival of a user, by number."""

    __slots__ = ("user",)

    def __init__(self, stream: Flow, due: int, taken: int, user: int) -> None:
        super().__init__(stream, due, taken)
        self.user = user


class PopulationFlow(Flow):
    """See the module.

    Raises:
        UsageError: there are fewer users than client hosts, the request has cookies of its own beside theirs, or the
            client host does not own their addresses.
    """

    __slots__ = ("_proxy", "_sessions", "_theirs", "_users")

    def __init__(self, engine: Engine, job: Job, client: Client, request: HttpRequest, population: Population) -> None:
        super().__init__(engine, job, client, request)
        mine = population.share(job.clients.index(client), len(job.clients))
        self._users = Users(mine, f"{engine.seed}/{job.name}/{client.host}", engine.origin)
        self._proxy = mine.proxy
        self._limit = mine.connections or self._limit
        self._sessions = Sessions(request, self.request) if mine.cookies else None
        self._theirs: dict[int, list[Connection]] = {}
        # Whatever ends a request goes through `release`, which knows whose the connection is.
        self.keeps_for_ever = False
        if mine.sources is not None:
            engine.networks.enter(self.network)
            require_own(self._users.address(0), mine.sources, client.host)

    def arrive(self, due: int, now: int) -> int:
        """Take an arrival up; returns the time."""
        return self.take_up(UserCall(self, due, now, self._users.of(due)), now)

    def start(self, call: Call, now: int) -> None:
        """Make an attempt: on an idle connection of the user's, else on a new one."""
        user = _user(call)
        while (connection := self._idle_one(user)) is not None:
            if self._life is None or now - connection.born < self._life:
                self._begin(connection, call)
                return
            self.lost(connection)
        if len(self._connections) >= self._limit and self.idle:
            self.lost(next(iter(self.idle)))
        self._connect_anew(call, now)

    def release(self, connection: Connection, now: int) -> None:
        """A connection has no request any more: its user's next one, or none, or whoever waits for room."""
        if not self._keeps or self._spent(connection, now):
            self.lost(connection)
            return
        while self.waiting and self.waiting[0].phase == ENDED:
            self.waiting.popleft()
        if not self.waiting:
            self.idle[connection] = None
            if not self._proxy:
                self._theirs.setdefault(_user(connection.opener), []).append(connection)
        elif self._proxy or _user(self.waiting[0]) == _user(connection.opener):
            self._begin(connection, self.waiting.popleft())
        else:
            self.lost(connection)

    def lost(self, connection: Connection) -> None:
        """Close a connection; whoever waited for one may make a new one."""
        if connection in self.idle and not self._proxy:
            self._forget(connection)
        super().lost(connection)

    def answered(self, connection: Connection, call: Call, meaning: Meaning, outcome: int, now: int) -> None:
        """A whole answer came, perhaps with cookies."""
        given = meaning.head.headers.get(SET_COOKIE) if self._sessions else None
        if self._sessions and given is not None:
            self._sessions.take(_user(call), given, now)
            meaning.plain = False  # the next answer with this head comes here as well
        super().answered(connection, call, meaning, outcome, now)

    def _idle_one(self, user: int) -> Connection | None:
        """Take an idle connection that a user may use; the one used last."""
        if self._proxy:
            return self.idle.popitem()[0] if self.idle else None
        theirs = self._theirs.get(user)
        if theirs is None:
            return None
        connection = theirs[-1]
        self._forget(connection)
        del self.idle[connection]
        return connection

    def _forget(self, connection: Connection) -> None:
        """It is no idle one of its user any more."""
        user = _user(connection.opener)
        theirs = self._theirs[user]
        theirs.remove(connection)
        if not theirs:
            del self._theirs[user]

    def prepare(self, call: Call) -> None:
        """Make the request that of a user."""
        if self._sessions:
            self.request = self._sessions.request(_user(call), self._engine.now())

    def _begin(self, connection: Connection, call: Call) -> None:
        self.prepare(call)
        call.phase = SENT
        connection.begin(call)

    def _leave_from(self, made: socket, call: Call) -> int:
        self.prepare(call)
        return leave_from(made, self._users.address(_user(call)))


def _user(call: Call) -> int:
    assert isinstance(call, UserCall)
    return call.user
