"""The smallest reason why a register's history is not linearizable, where every value was written once.

Then each read tells which write it saw, and a value with its write and reads occupies a part of the order of its own.
One value must come before another when an operation of the one was over before an operation of the other began. The
history is linearizable exactly when no value must come both before and after another, and no read ends before its
write begins (Gibbons and Korach, "Testing shared memories", 1997, theorem on zones).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaoskit.checks.register import READ, WRITE, Operation

_BEFORE_ALL = -(1 << 62)
_NEVER = 1 << 62


@dataclass(frozen=True)
class _Zone:
    """What is known of when a value was the register's.

    Attributes:
        first: the operation on it that was over first.
        last: the one that began last.
    """

    first: Operation
    last: Operation

    @property
    def end(self) -> int:
        return _NEVER if self.first.end is None else self.first.end

    @property
    def start(self) -> int:
        return self.last.start


def conflict(operations: Sequence[Operation], initial: str | None) -> str:
    """Which operations contradict each other; empty where none do, or where a value was written twice.

    Args:
        operations: of one register.
        initial: what it held before the first write, if anything read is it.
    """
    writes = {op.value: op for op in operations if not op.is_read}
    if len(writes) < sum(not op.is_read for op in operations) or initial in writes:
        return ""
    if initial is not None:
        writes[initial] = Operation(WRITE, initial, _BEFORE_ALL, _BEFORE_ALL, "whoever was first")
    reads = [op for op in operations if op.is_read]
    early = next(_too_early(reads, writes), "")
    if early:
        return early
    zones = _zones(reads, writes)
    pair = _crossing(zones)
    return _told(*pair) if pair else ""


def _too_early(reads: Sequence[Operation], writes: Mapping[str, Operation]) -> Iterator[str]:
    for read in reads:
        write = writes.get(read.value)
        if write is None:
            yield f"{read}, which nobody had written"
        elif read.end is not None and read.end < write.start:
            yield f"{read} before it was written: {write}"


def _zones(reads: Sequence[Operation], writes: Mapping[str, Operation]) -> list[_Zone]:
    grouped: dict[str, list[Operation]] = {}
    for read in reads:
        grouped.setdefault(read.value, []).append(read)
    # An uncertain write that nobody has read need not have taken effect.
    meant = [write for write in writes.values() if write.end is not None or write.value in grouped]
    clusters = [[write, *grouped.get(write.value, [])] for write in meant]
    return [_Zone(min(ops, key=_end), max(ops, key=lambda op: op.start)) for ops in clusters]


def _end(op: Operation) -> int:
    return _NEVER if op.end is None else op.end


def _crossing(zones: Sequence[_Zone]) -> tuple[_Zone, _Zone] | None:
    """Two values each of which must come before the other: the ends and starts of their zones cross."""
    forward = sorted((zone for zone in zones if zone.end < zone.start), key=lambda zone: zone.end)
    for one, other in pairwise(forward):
        if other.end < one.start:
            return one, other
    ends = [zone.end for zone in forward]
    for zone in zones:
        before = bisect_left(ends, zone.start) - 1
        if zone.end >= zone.start and before >= 0 and zone.end < forward[before].start:
            return forward[before], zone
    return None


def _told(one: _Zone, other: _Zone) -> str:
    """The later of the two contradicting operations is the read that cannot be placed."""
    stale, newer = (one, other) if one.start > other.start else (other, one)
    return (
        f"{stale.last}, although {newer.first.value!r} was there before that began: {newer.first}; and "
        f"{newer.first.value!r} came after {stale.first.value!r}: {_over(stale.first)} before {newer.last} began"
    )


def _over(op: Operation) -> str:
    return f"{op.value!r} was there from the first" if op.end == _BEFORE_ALL else f"{op} was over"


def initial_value(operations: Sequence[Operation]) -> str | None:
    """The one value that was read and never written, if there is just one: what the register held before."""
    written = {op.value for op in operations if not op.is_read}
    unwritten = {op.value for op in operations if op.kind == READ} - written
    return unwritten.pop() if len(unwritten) == 1 else None
