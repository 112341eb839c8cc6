"""What queueing disciplines are told, as the kernel's structures have it: netem, tbf, htb, prio, bfifo.

Layouts and attribute numbers: linux/pkt_sched.h. Times of the older fields are in ticks of 64 ns (PSCHED_SHIFT of
net/pkt_sched.h); shares are 32-bit fractions. Rates and bursts are bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from chaoskit.kernel.netlink import attribute, attributes

_TICK = 64
_U32 = 0xFFFFFFFF
_MILLION = 1_000_000

_NETEM = struct.Struct("=IIIIII")
"""struct tc_netem_qopt: latency, limit, loss, gap, duplicate, jitter."""
_REORDER, _CORRUPT, _LATENCY64, _JITTER64 = 3, 4, 10, 11
NETEM_LIMIT = 100_000
"""Packets netem may hold: at 50 ms those of a rate of two million a second. Its own default, 1,000, would drop."""

_RATE = struct.Struct("=BBHhHI")
"""struct tc_ratespec: cell_log, linklayer, overhead, cell_align, mpu, rate."""
_ETHERNET = 1
_TBF = struct.Struct("=12s12sIII")
"""struct tc_tbf_qopt: rate, peakrate, limit, buffer, mtu."""
_TBF_PARMS, _TBF_RATE64, _TBF_BURST = 1, 4, 6
_HTB_INIT = struct.Struct("=IIIII")
"""struct tc_htb_glob: version, rate2quantum, defcls, debug, direct_pkts."""
_HTB_CLASS = struct.Struct("=12s12sIIIII")
"""struct tc_htb_opt: rate, ceil, buffer, cbuffer, quantum, level, prio."""
_HTB_PARMS, _HTB_GLOB, _HTB_RATE64, _HTB_CEIL64 = 1, 2, 6, 7
_HTB_VERSION, _RATE2QUANTUM, _QUANTUM = 3, 10, 60_000


@dataclass(frozen=True)
class Netem:
    """What netem does to each packet that leaves (tc-netem(8)).

    Attributes:
        delay: ns each packet waits.
        jitter: ns by which the wait varies to both sides, evenly.
        loss: of a million packets, so many are lost.
        duplicate: of a million, so many are sent twice.
        corrupt: of a million, so many have one bit turned over.
        in_time: of a million, so many do not wait; the others are overtaken. None where all wait.
    """

    delay: int = 0
    jitter: int = 0
    loss: int = 0
    duplicate: int = 0
    corrupt: int = 0
    in_time: int | None = None

    def encode(self) -> bytes:
        """A struct tc_netem_qopt, then the attributes that are asked for."""
        gap = 0 if self.in_time is None else 1
        ticks = (min(ns // _TICK, _U32) for ns in (self.delay, self.jitter))
        delay, jitter = ticks
        head = _NETEM.pack(delay, NETEM_LIMIT, _fraction(self.loss), gap, _fraction(self.duplicate), jitter)
        return head + b"".join(
            attribute(kind, value)
            for kind, value, wanted in (
                (_REORDER, struct.pack("=II", _fraction(self.in_time or 0), 0), self.in_time is not None),
                (_CORRUPT, struct.pack("=II", _fraction(self.corrupt), 0), self.corrupt),
                # The older fields cannot hold more than 274 s, and round to 64 ns.
                (_LATENCY64, struct.pack("=q", self.delay), self.delay),
                (_JITTER64, struct.pack("=q", self.jitter), self.jitter),
            )
            if wanted
        )

    @classmethod
    def decode(cls, options: bytes) -> Netem:
        """What the kernel lists of a netem."""
        latency, _, loss, gap, duplicate, jitter = _NETEM.unpack_from(options)
        found = attributes(options, _NETEM.size)

        def share(kind: int) -> int:
            return _millionths(struct.unpack_from("=I", found[kind])[0]) if kind in found else 0

        def time(kind: int, ticks: int) -> int:
            return int(struct.unpack_from("=q", found[kind])[0]) if kind in found else ticks * _TICK

        return cls(
            time(_LATENCY64, latency),
            time(_JITTER64, jitter),
            _millionths(loss),
            _millionths(duplicate),
            share(_CORRUPT),
            share(_REORDER) if gap else None,
        )


@dataclass(frozen=True)
class Shape:
    """A token bucket: what tbf, or a class of htb, lets through.

    Attributes:
        rate: bytes a second.
        burst: bytes that may go at once after a pause.
        limit: bytes that may wait; what comes then is dropped.
    """

    rate: int
    burst: int
    limit: int

    def tbf(self) -> bytes:
        """The options of a tbf; RATE64 holds rates of 4 GiB/s and more."""
        parameters = _TBF.pack(_spec(self.rate), _spec(0), self.limit, _ticks(self.burst, self.rate), 0)
        return (
            attribute(_TBF_PARMS, parameters)
            + _rate64(_TBF_RATE64, self.rate)
            + attribute(_TBF_BURST, struct.pack("=I", self.burst))
        )

    def htb_class(self) -> bytes:
        """The options of a class of htb; its limit is that of the bfifo below it."""
        ticks = _ticks(self.burst, self.rate)
        parameters = _HTB_CLASS.pack(_spec(self.rate), _spec(self.rate), ticks, ticks, _QUANTUM, 0, 0)
        return attribute(_HTB_PARMS, parameters) + _rate64(_HTB_RATE64, self.rate) + _rate64(_HTB_CEIL64, self.rate)


def tbf_rate_and_limit(options: bytes) -> tuple[int, int]:
    """What the kernel lists of a tbf: bytes a second, and bytes that may wait."""
    found = attributes(options, 0)
    rate, _, limit, _, _ = _TBF.unpack_from(found[_TBF_PARMS])
    if _TBF_RATE64 in found:
        return int(struct.unpack_from("=Q", found[_TBF_RATE64])[0]), limit
    return int(_RATE.unpack(rate)[5]), limit


def htb_class_rate(options: bytes) -> int:
    """What the kernel lists of a class of htb: bytes a second."""
    found = attributes(options, 0)
    if _HTB_RATE64 in found:
        return int(struct.unpack_from("=Q", found[_HTB_RATE64])[0])
    return int(_RATE.unpack_from(found[_HTB_PARMS])[5])


def htb() -> bytes:
    """The options of an htb that sends on at once what no filter gives to a class (default class 0)."""
    return attribute(_HTB_GLOB, _HTB_INIT.pack(_HTB_VERSION, _RATE2QUANTUM, 0, 0, 0))


def prio() -> bytes:
    """The options of a prio with two bands, into the first of which goes what no filter gives to the second."""
    return struct.pack("=i16s", 2, bytes(16))


def bfifo(limit: int) -> bytes:
    """The options of a queue that holds so many bytes: struct tc_fifo_qopt."""
    return struct.pack("=I", limit)


def _spec(rate: int) -> bytes:
    return _RATE.pack(0, _ETHERNET, 0, 0, 0, min(rate, _U32))


def _rate64(kind: int, rate: int) -> bytes:
    return attribute(kind, struct.pack("=Q", rate)) if rate > _U32 else b""


def _ticks(size: int, rate: int) -> int:
    """How long so many bytes take at a rate."""
    return min(size * 1_000_000_000 // rate // _TICK, _U32)


def _fraction(millionths: int) -> int:
    return _U32 * millionths // _MILLION


def _millionths(fraction: int) -> int:
    return round(fraction * _MILLION / _U32)
