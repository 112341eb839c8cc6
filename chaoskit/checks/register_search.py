"""Whether a register's history is linearizable: a search for an order that explains it.

Every operation must have a moment between its invocation and its completion such that, in the order of these
moments, each read gives what the write before it wrote (Herlihy and Wing, "Linearizability: a correctness condition
for concurrent objects", 1990). The search places one operation after the other and goes back where none fits (Wing
and Gong, "Testing and verifying concurrent objects", 1993), never visits a state twice (Lowe, "Testing for
linearizability", 2017: the set of placed operations and the object's state), and places an operation only when it
must, just in time (ibid.). What it may rely on is that a register is judged, not that values are unique:

- A read that fits now is placed now: it changes nothing, and later it may not fit any more.
- A write whose value no read is left to give is placed as soon as it may be overwritten at once, which it may
  whenever the next operation has to be a write.
- A write of which nobody knows whether it took effect is placed only before a read that it explains: otherwise
  leaving it out explains as much.
- Where a value is still to be read, and nobody will write it again, it cannot be overwritten.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaoskit.checks.register import Operation

_LOOK_AT_CLOCK_EVERY = 256
_NEVER = 1 << 62


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        linearizable: None when its time was up.
        stuck: the operation that had to be placed and could not be, where the search got farthest.
        placed: how many operations had a place then.
        states: how many states were visited.
    """

    linearizable: bool | None
    stuck: Operation | None
    placed: int
    states: int


@dataclass
class _Frame:
    """Where the search can go back to: what is placed, the value then, and what else there is to try."""

    depth: int
    value: str
    choices: Iterator[int]
    """Indices of operations; of an uncertain write, the complement of its index."""


def search(operations: Sequence[Operation], initial: str | None, seconds: float) -> Found:
    """Look for an order.

    Args:
        operations: of one register, in any order.
        initial: what it holds before the first write; None for a value that nobody reads.
        seconds: how long to look.
    """
    return _Search(operations, initial).run(time.monotonic() + seconds)


class _Search:
    def __init__(self, operations: Sequence[Operation], initial: str | None) -> None:
        self.ops = sorted((op for op in operations if op.end is not None), key=lambda op: op.start)
        self.maybe = sorted((op for op in operations if op.end is None), key=lambda op: op.start)
        self.ends = [_NEVER if op.end is None else op.end for op in self.ops]
        self.starts = [op.start for op in self.ops]
        self.placed = [False] * len(self.ops)
        self.used = 0  # a bit for each uncertain write
        self.first = 0
        self.value = "" if initial is None else initial
        self.to_read = Counter(op.value for op in self.ops if op.is_read)
        self.to_write = Counter(op.value for op in (*self.ops, *self.maybe) if not op.is_read)
        self.unsure: dict[str, list[int]] = {}
        for index, op in enumerate(self.maybe):
            self.unsure.setdefault(op.value, []).append(index)
        self.trail: list[int] = []
        self.seen: set[tuple[int, int, int, str]] = set()
        self.farthest, self.stuck = -1, None if not self.ops else self.ops[0]

    def run(self, deadline: float) -> Found:
        stack: list[_Frame] = []
        states = 0
        while True:
            candidates = self._settle()
            if self.first == len(self.ops):
                return Found(True, None, len(self.ops), states)
            states += 1
            if states % _LOOK_AT_CLOCK_EVERY == 0 and time.monotonic() > deadline:
                return Found(None, self.stuck, self.farthest, states)
            stack.append(_Frame(len(self.trail), self.value, iter(self._choices(candidates))))
            if not self._advance(stack):
                return Found(False, self.stuck, self.farthest, states)

    def _advance(self, stack: list[_Frame]) -> bool:
        """Take the next choice of the latest frame that has one; False when there is none."""
        while stack:
            frame = stack[-1]
            self._back_to(frame)
            choice = next(frame.choices, None)
            if choice is not None:
                self._place(choice)
                return True
            stack.pop()
        return False

    def _settle(self) -> list[int]:
        """Place what may be placed without loss; the candidates that are left, none where the state is dead."""
        while True:
            candidates = self._candidates()
            fitting = [i for i in candidates if self.ops[i].is_read and self.ops[i].value == self.value]
            if not fitting and self._may_overwrite():
                # One at a time: each is a candidate only as long as nothing that must come before it is left.
                fitting = [i for i in candidates if not self.ops[i].is_read and not self.to_read[self.ops[i].value]][:1]
            if not fitting:
                return candidates
            for index in fitting:
                self._place(index)

    def _may_overwrite(self) -> bool:
        return not self.to_read[self.value] or self.to_write[self.value] > 0

    def _candidates(self) -> list[int]:
        """Operations that no unplaced one precedes: they were invoked before any unplaced one had completed."""
        while self.first < len(self.ops) and self.placed[self.first]:
            self.first += 1
        found, soonest = [], _NEVER
        for index in range(self.first, len(self.ops)):
            if self.starts[index] > soonest:
                break
            if not self.placed[index]:
                found.append(index)
                soonest = min(soonest, self.ends[index])
        return [index for index in found if self.starts[index] <= soonest]

    def _choices(self, candidates: Sequence[int]) -> list[int]:
        """The writes to try next, those first that a waiting read needs soonest."""
        self._note(candidates)
        if not self._may_overwrite() or not self._is_new(candidates):
            return []
        wanted: dict[str, int] = {}
        for index in candidates:
            if self.ops[index].is_read:
                value = self.ops[index].value
                wanted[value] = min(wanted.get(value, _NEVER), self.ends[index])
        writes = [index for index in candidates if not self.ops[index].is_read]
        writes.sort(key=lambda index: (wanted.get(self.ops[index].value, _NEVER), self.ends[index]))
        soonest = min(self.ends[index] for index in candidates)
        uncertain = [
            ~index for value in sorted(wanted, key=wanted.__getitem__) for index in self._spare(value, soonest)
        ]
        return writes + uncertain

    def _spare(self, value: str, by: int) -> list[int]:
        """An uncertain write of this value that may take effect by now; which one of several makes no difference."""
        free = (i for i in self.unsure.get(value, ()) if not self.used >> i & 1 and self.maybe[i].start <= by)
        return [index for index in [next(free, None)] if index is not None]

    def _is_new(self, candidates: Sequence[int]) -> bool:
        window = 0
        for index in range(self.first, candidates[-1] + 1):
            window = window << 1 | self.placed[index]
        state = (self.first, 1 << candidates[-1] + 1 - self.first | window, self.used, self.value)
        fresh = state not in self.seen
        self.seen.add(state)
        return fresh

    def _note(self, candidates: Sequence[int]) -> None:
        if len(self.trail) <= self.farthest:
            return
        self.farthest = len(self.trail)
        # Either the current value is still to be read, or nothing gives the value that is to be read next.
        late = (op for op, placed in zip(self.ops, self.placed, strict=True) if not placed and op.value == self.value)
        due = self.ops[min(candidates, key=lambda index: self.ends[index])]
        self.stuck = due if self._may_overwrite() else next((op for op in late if op.is_read), due)

    def _place(self, index: int) -> None:
        op = self.ops[index] if index >= 0 else self.maybe[~index]
        if index >= 0:
            self.placed[index] = True
        else:
            self.used |= 1 << ~index
        (self.to_read if op.is_read else self.to_write)[op.value] -= 1
        self.value = op.value
        self.trail.append(index)

    def _back_to(self, frame: _Frame) -> None:
        while len(self.trail) > frame.depth:
            index = self.trail.pop()
            op = self.ops[index] if index >= 0 else self.maybe[~index]
            (self.to_read if op.is_read else self.to_write)[op.value] += 1
            if index >= 0:
                self.placed[index] = False
                self.first = min(self.first, index)
            else:
                self.used &= ~(1 << ~index)
        self.value = frame.value
