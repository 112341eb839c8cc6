"""The contract of a client library as load: a session with a server, used by one thread at a time.

A protocol whose clients are blocking libraries (a registry's client, an SQL driver) writes a `Session`
and opens a `chaoskit.loads.sessions.Sessions` with it. A session says what it is about to do, so that
whoever cuts an operation off knows how far it came:

    def perform(self, operation):
        address, port = operation.place("db", 5432)  # as the load's naming has it
        operation.connecting(address)
        ... connect, with operation.left() seconds at most ...
        operation.connected()
        operation.value = "what is written"
        operation.sending()                          # from here on it may take effect
        ... send, receive ...
        operation.answering()
        return Answer()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns
from traceback import extract_tb
from typing import TYPE_CHECKING, Protocol

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from chaoskit.loads.call import ANSWERED, CONNECTING, RESOLVING, SENT

if TYPE_CHECKING:
    from chaoskit.loads.naming import Place


class Places(Protocol):
    """Where hosts are, as the client host sees it; for the threads of sessions."""

    def known(self, host: str) -> Place | None:
        """Where a host is, if nothing need be asked for that."""
        ...

    def find(self, host: str, patience: float) -> tuple[Place, int]:
        """Where a host is, and the ns its look-up took (-1 for one that was shared); within so many seconds."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a server said.

    Attributes:
        outcome: `ok`, or the class of failure that the server itself reports.
        status: the protocol's status code, 0 where it has none.
        instance: who answered, where the answer says so.
        definite: of a failure: it certainly had no effect, so that a retry cannot do it twice.
    """

    outcome: Outcome = Outcome.OK
    status: int = 0
    instance: str = ""
    definite: bool = False


class Failed(Exception):
    """An operation came to nothing; the session it was on is closed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class CutOff(Exception):
    """The operation's time was over before it was sent; nothing may be sent any more, and nobody waits for it."""


class Operation:
    """One attempt of one arrival, as a session performs it. Moments are ns of CLOCK_MONOTONIC, -1 for never.

    The session's thread writes, the engine's reads. When the time is over, the engine sets `over` and then
    looks at `sent`; `sending` sets `sent` and then looks at `over`: what the engine takes for never sent never is.

    Attributes:
        name: unique within the run, and the same in a repetition of it: what a write may write.
        op: the request's.
        deadline: when nobody waits for it any more.
        phase: as of `Call`: the outcome (its code) if the timeout came now.
        server: address it was last sent to, or tried.
        value: what was read, or what is to be written, from before it is sent.
        sent: when it was sent, by the attempt that counts: the invocation, for whoever judges histories.
        first: when the answer began.
        connect: ns of the last handshake.
        dns: ns of the last look-up that was made for it.
        since: when it was handed to a thread that was free.
        begun: when that thread took it up.
        over: it was cut off.
        repeatable: it changes nothing, so that it may be tried again even when it was sent.
        repeats: further attempts the session made by itself, at another server.
    """

    __slots__ = (
        "_from",
        "_places",
        "begun",
        "connect",
        "deadline",
        "dns",
        "first",
        "name",
        "op",
        "over",
        "phase",
        "repeatable",
        "repeats",
        "sent",
        "server",
        "since",
        "value",
    )

    def __init__(self, name: str, op: str, deadline: int, since: int, places: Places) -> None:
        self.name = name
        self.op = op
        self.deadline = deadline
        self.since = since
        self.phase = CONNECTING
        self.server = ""
        self.value = ""
        self.begun = self.sent = self.first = self.connect = self.dns = -1
        self.over = False
        self.repeatable = False
        self.repeats = 0
        self._places = places
        self._from = 0

    def left(self, at_most: float = float("inf")) -> float:
        """Seconds until the deadline, but not more than this: a time-out for what comes next.

        Raises:
            TimeoutError: there are none.
        """
        seconds = (self.deadline - monotonic_ns()) / NS
        if seconds <= 0:
            raise TimeoutError
        return min(seconds, at_most)

    def within(self, seconds: float) -> Callable[[], float]:
        """As `left`, for several things of which all together may take so many seconds from now.

        Returns:
            What gives the seconds left for the next of them, and raises TimeoutError when there are none.
        """
        until = monotonic_ns() + seconds * NS
        return lambda: self.left(_positive((until - monotonic_ns()) / NS))

    def place(self, host: str, port: int, at_most: float = float("inf")) -> Place:
        """Address and port to connect to, as the load's naming has it on the client host.

        Args:
            host: whom the request names.
            port: the one it names, which counts unless the naming has one of its own.
            at_most: seconds a look-up may take.

        Raises:
            Failed: nowhere.
            TimeoutError: no answer came within them, or within the operation's time.
            TargetRefused: outside the lab.
        """
        place = self._places.known(host)
        if place is None:
            self.phase = RESOLVING
            place, took = self._places.find(host, self.left(at_most))
            self.dns = took if took >= 0 else self.dns
        return place[0], place[1] or port

    def again(self) -> None:
        """The session goes on to another server: nothing was sent, or what was certainly had no effect."""
        self.repeats += 1
        self.sent = self.first = self.connect = -1
        self.phase = CONNECTING

    def connecting(self, server: str) -> None:
        """A connection to this address is needed."""
        self.server = server
        self.phase = CONNECTING
        self._from = monotonic_ns()

    def connected(self) -> None:
        """The handshake is over."""
        self.connect = monotonic_ns() - self._from

    def sending(self, server: str = "") -> None:
        """The next thing is to send it, to this server unless `connecting` said so.

        Raises:
            CutOff: it was cut off and must not be sent.
        """
        self.server = server or self.server
        self.sent = monotonic_ns()
        self.phase = SENT
        if self.over:
            raise CutOff

    def answering(self) -> None:
        """The answer's first byte is there."""
        self.first = monotonic_ns()
        self.phase = ANSWERED


def _positive(seconds: float) -> float:
    if seconds <= 0:
        raise TimeoutError
    return seconds


def defect(error: BaseException, whose: str) -> BaseException:
    """An error that is no outcome of an operation, as an account of whose mistake it is; one that says so stays.

    Args:
        error: what was raised.
        whose: the load and its session.
    """
    if isinstance(error, ChaoskitError):
        return error
    frames = extract_tb(error.__traceback__)
    where = f", at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return ChaoskitError(
        f"{whose} raised {type(error).__name__}: {error}",
        remedy=f"That is a defect of the session{where}, and no failure of the system: mend it and run again.",
    )


class Session(Protocol):
    """A client library's connection, or connections, to its server."""

    def perform(self, operation: Operation) -> Answer:
        """Do one operation, within its deadline as well as the library allows.

        Raises:
            Failed: it came to nothing, for a reason that no error number says.
            OSError: it came to nothing; TimeoutError by the phase it was in.
        """
        ...

    def close(self) -> None:
        """Let go of everything; called once, after the last `perform`, or after one that raised."""
        ...
