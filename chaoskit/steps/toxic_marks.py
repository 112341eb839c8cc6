"""What each of Toxiproxy's toxics does to an exchange through its proxy: the mark by which it is told to be in effect.

A mark is a quantity of an exchange, as compared with one before, and the interval it must lie in. Where the interval
would hold nothing of note - an answer too short to be slowed down by the rate - the mark says so instead.

What the toxics do is described in Toxiproxy's README; the attributes' units are its own: milliseconds (of a slicer's
delay microseconds), bytes, and kilobytes of 1,000 bytes a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chaoskit.core.units import NS, show_duration
from chaoskit.steps.exchange import Ending, Exchange

Attributes = Mapping[str, int]

_MS, _US = 1_000_000, 1_000
_LEAST = 5 * _MS
"""A difference below is chance's."""
_OFF = 20 * _MS
"""What scheduling may add to a time, or take from a difference of two."""
_OFF_SHARE = 5
"""A fifth of a longer time may be added instead."""
_GRACE = NS
"""How much longer than expected an exchange is waited for."""
_BY_CHANCE = "it is too short a time to be told from chance"
_SHOWN_BY = 3
_SHOWN_WITH_JITTER = 16

KEPT = "GET / HTTP/1.1\r\nHost: chaoskit\r\n\r\n"
CLOSING = "GET / HTTP/1.0\r\nHost: chaoskit\r\n\r\n"
"""Questions for a server of HTTP: it keeps the connection after the one, and ends it after the other."""


@dataclass(frozen=True)
class Mark:
    """What an exchange is looked at for.

    Attributes:
        what: the quantity in words, for a sentence that a value follows.
        low: the smallest value that shows the toxic, ns or bytes.
        high: the largest one.
        of: the quantity of an exchange before and one after; None where it has none.
        within: ns after which an exchange is over in any case.
        to_the_end: whether it is over at the end of the connection only, or when as much has come as before.
        spread: by how much the largest value must exceed the smallest.
        unseen: why nothing could be seen; empty where something can.
    """

    what: str
    low: int
    high: int
    of: Callable[[Exchange, Exchange], int | None]
    within: int
    to_the_end: bool = False
    spread: int = 0
    unseen: str = ""
    in_bytes: bool = False

    def shown(self, value: int) -> str:
        """A value as a person reads it."""
        return f"{value:,} bytes" if self.in_bytes else show_duration(value)


def question(toxic: str, stream: str) -> str:
    """What is said through the proxy where its author says nothing: a request of HTTP by which the toxic shows."""
    if toxic == "timeout":
        return KEPT  # it is over when the server ends the connection, which must not be at once
    return "" if (toxic, stream) == ("slow_close", "upstream") else CLOSING


def finishes(toxic: str, stream: str) -> bool:
    """Whether the end of the question is what has to be seen, so that whoever asks ends the connection's half."""
    return (toxic, stream) == ("slow_close", "upstream")


def how_many(toxicity: float, attributes: Attributes) -> int:
    """Connections to look at, at a time: such that one at least has a toxic of that toxicity but once in 10,000."""
    if toxicity < 1:
        return max(_SHOWN_BY, math.ceil(math.log(1e-4) / math.log(1 - toxicity)))
    return _SHOWN_WITH_JITTER if attributes.get("jitter") else _SHOWN_BY


def mark(toxic: str, attributes: Attributes, stream: str, before: Exchange, said: int) -> Mark:
    """The mark of a toxic.

    Args:
        toxic: its type.
        attributes: as the server has them.
        stream: `upstream` or `downstream`.
        before: an exchange without it.
        said: bytes of the question.
    """
    passing = said if stream == "upstream" else before.size
    made = _MARKS[toxic](attributes, stream, before, passing)
    if before.first is None and not finishes(toxic, stream):
        return _unseen(made, f"nothing answers through the proxy ({before.ending} after {show_duration(before.end)})")
    return made


def _latency(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    delay, jitter = attributes["latency"] * _MS, attributes.get("jitter", 0) * _MS
    low, high = delay - jitter, delay + jitter
    made = Mark(
        "the answer began later by",
        low - min(_OFF, low // 2) if low > 0 else -_OFF,
        high + _slack(high),
        lambda was, now: None if now.first is None else now.first - (was.first or 0),
        _patience(before, high),
        spread=jitter // 4,
    )
    return _unseen(made, _BY_CHANCE) if max(low, jitter) < _LEAST else made


def _bandwidth(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    takes = passing * _MS // attributes["rate"]
    made = Mark("the answer ended later by", takes - _OFF, takes + _slack(takes), _later, _patience(before, takes))
    least = 50 * _MS
    if takes >= least:
        return made
    wanted = math.ceil(least * attributes["rate"] / _MS)
    return _unseen(made, _too_short(stream, passing, f"at {attributes['rate']} KB/s {wanted:,} are needed"))


def _slicer(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    largest, delay = attributes["average_size"] + attributes.get("size_variation", 0), attributes["delay"] * _US
    cuts = math.ceil(passing / largest) - 1
    # A slice is at least a quarter of the largest: it is halved, and again, as long as it is larger than that.
    takes, most = cuts * delay, math.ceil(4 * passing / largest) * (delay + _MS)
    low, high = takes - min(_OFF, takes // 2), most + _slack(most)
    made = Mark("the answer ended later by", low, high, _later, _patience(before, most))
    if takes >= _LEAST:
        return made
    return _unseen(made, _too_short(stream, passing, f"{cuts} cuts after {largest} bytes delay it too little"))


def _slow_close(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    delay = attributes["delay"] * _MS
    low, high = delay - min(_OFF, delay // 2), delay + _slack(delay)
    made = Mark("the connection was ended later by", low, high, _ended_later, _patience(before, delay), to_the_end=True)
    if before.ending is not Ending.CLOSED:
        return _unseen(made, "the server does not end the connection, so nothing could be slow to end")
    return _unseen(made, _BY_CHANCE) if delay < _LEAST else made


def _timeout(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    limit, answered = attributes["timeout"] * _MS, before.first or 0
    if not limit:
        # For ever: nothing comes, and nobody ends it, for well longer than an answer took.
        waits = max(NS // 2, 4 * answered)
        still = lambda _was, now: now.end if not now.size and now.ending is Ending.OPEN else None  # noqa: E731
        return Mark("nothing came for", waits - _MS, waits + _slack(waits), still, waits)
    quiet = lambda _was, now: None if now.size or now.ending is Ending.OPEN else now.end  # noqa: E731
    # The time begins anew with each portion that is dropped, an answer's among them; a server that ends the
    # connection after its answer ends it here as well.
    soon = stream == "downstream" and before.ending is Ending.CLOSED
    low, high = 0 if soon else limit - _MS, limit + answered + _slack(limit)
    what = "without a byte, the connection was ended after"
    return Mark(what, low, high, quiet, _patience(before, limit), to_the_end=True)


def _reset_peer(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    limit = attributes["timeout"] * _MS
    reset = lambda _was, now: now.end if now.ending is Ending.RESET else None  # noqa: E731
    low, high = max(0, limit - _MS), limit + before.end + _slack(limit)
    made = Mark("the connection was reset after", low, high, reset, _patience(before, limit), to_the_end=True)
    return _unseen(made, "connections are reset without it") if before.ending is Ending.RESET else made


def _limit_data(attributes: Attributes, stream: str, before: Exchange, passing: int) -> Mark:
    limit = attributes["bytes"]
    comes = limit if stream == "downstream" else 0
    ended = lambda _was, now: None if now.ending is Ending.OPEN else now.size  # noqa: E731
    what = "the connection was ended after"
    made = Mark(what, comes, comes, ended, _patience(before, 0), to_the_end=True, in_bytes=True)
    if passing > limit:
        return made
    return _unseen(made, _too_short(stream, passing, f"the limit is {limit:,}"))


_MARKS: Mapping[str, Callable[[Attributes, str, Exchange, int], Mark]] = {
    "latency": _latency,
    "bandwidth": _bandwidth,
    "slow_close": _slow_close,
    "timeout": _timeout,
    "reset_peer": _reset_peer,
    "slicer": _slicer,
    "limit_data": _limit_data,
}


def _later(was: Exchange, now: Exchange) -> int | None:
    """By how much the last byte came later; an answer may be a few bytes shorter than the one before."""
    return None if now.last is None or 10 * now.size < 9 * was.size else now.last - (was.last or 0)


def _ended_later(was: Exchange, now: Exchange) -> int | None:
    """From the last byte, or from the beginning where none came."""
    if now.ending is not Ending.CLOSED:
        return None
    return (now.end - (now.last or 0)) - (was.end - (was.last or 0))


def _slack(expected: int) -> int:
    return max(_OFF, expected // _OFF_SHARE)


def _patience(before: Exchange, longer: int) -> int:
    return before.end + longer + _slack(longer) + _GRACE


def _too_short(stream: str, passing: int, why: str) -> str:
    what = "the question has" if stream == "upstream" else "the answer has"
    return f"{what} {passing:,} bytes, and {why}"


def _unseen(made: Mark, why: str) -> Mark:
    return replace(made, unseen=why)
