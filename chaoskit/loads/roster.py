"""Which processes share a run's schedule from when on; pure."""

from __future__ import annotations

from dataclasses import dataclass

Deals = list[list[float]]
"""For each change of the roster: since when (ns from the origin), number, of how many, pace. `course.Deal` has it."""


@dataclass(frozen=True)
class Epoch:
    """A span with the same members at the same pace, until the next one.

    Attributes:
        since: ns from the origin.
        members: who shares the arrivals, in order; each takes every so-many-th of them.
        pace: how fast the schedule's own time goes, 1 for as it was written.
    """

    since: int
    members: tuple[str, ...]
    pace: float = 1.0


class Roster:
    """Members and pace over a run.

    Those who stay keep their order, so that a change moves as few arrivals as may be to another's hands, and
    whoever joins comes last.
    """

    def __init__(self, members: tuple[str, ...], pace: float = 1.0) -> None:
        self.epochs = [Epoch(0, members, pace)]

    @property
    def members(self) -> tuple[str, ...]:
        """Who shares the schedule at last."""
        return self.epochs[-1].members

    @property
    def pace(self) -> float:
        """How fast it goes at last."""
        return self.epochs[-1].pace

    def change(self, since: int, members: frozenset[str], pace: float) -> bool:
        """Share it among others, or at another pace, from a moment on; returns False if that is how it is already."""
        if members == set(self.members) and pace == self.pace:
            return False
        staying = [member for member in self.members if member in members]
        joining = sorted(members - set(self.members))
        self.epochs.append(Epoch(max(since, self.epochs[-1].since), (*staying, *joining), pace))
        return True

    def deals(self, member: str) -> Deals:
        """What one of them is to know, all of it: an order may be repeated."""
        return [
            [epoch.since, epoch.members.index(member), len(epoch.members), epoch.pace]
            if member in epoch.members
            else [epoch.since, 0, 0, epoch.pace]
            for epoch in self.epochs
        ]
