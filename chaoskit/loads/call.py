"""One arrival on its way to its outcome, whatever its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaoskit.core.load import OUTCOMES, Outcome

if TYPE_CHECKING:
    from chaoskit.loads.connection import Connection
    from chaoskit.loads.stream import Stream

CODE = {outcome: code for code, outcome in enumerate(OUTCOMES)}
"""Outcome to its code in a history's columns."""

ENDED = -1
RESOLVING = CODE[Outcome.DNS_TIMEOUT]
CONNECTING = CODE[Outcome.CONNECT_TIMEOUT]
SENT = CODE[Outcome.RESPONSE_TIMEOUT]
ANSWERED = CODE[Outcome.BODY_TIMEOUT]


class Call:
    """State of one request, across its attempts. Moments are ns of CLOCK_MONOTONIC, -1 for never.

    Attributes:
        phase: the outcome (its code) if the timeout came now; `ENDED` once there is one.
        sent: when the last attempt was handed to the kernel.
        dns: ns of the last look-up that this request itself started.
        connect: ns of the last attempt's handshake.
        begun: when the last attempt was to begin; not there before the second one, as nearly no request has one.
        connection: HTTP's, while the request is on one.
    """

    __slots__ = (
        "attempts",
        "begun",
        "connect",
        "connection",
        "dns",
        "due",
        "first",
        "phase",
        "sent",
        "stream",
        "taken",
    )

    def __init__(self, stream: Stream, due: int, taken: int) -> None:
        self.stream = stream
        self.due = due
        self.taken = taken
        self.phase = SENT
        self.sent = -1
        self.first = -1
        self.dns = -1
        self.connect = -1
        self.attempts = 1
        self.connection: Connection | None = None
        self.begun: int
