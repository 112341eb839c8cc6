"""Summaries: what proving several experiments came to. The reports of a whole catalogue are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.result import ExperimentResult


@dataclass(frozen=True)
class Effort:
    """What an arm took, every attempt counted.

    Attributes:
        seconds: wall-clock time from planning to its report.
        planned: seconds that the runs themselves lasted, from the origin to the end of load.
    """

    runs: int = 0
    seconds: float = 0.0
    planned: float = 0.0

    @property
    def beside(self) -> float:
        """Seconds a run took beside what it lasted: to bring its lab up and down, to judge it, to report it."""
        return (self.seconds - self.planned) / self.runs if self.runs else 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.runs + other.runs, self.seconds + other.seconds, self.planned + other.planned)


@dataclass(frozen=True)
class Item:
    """One experiment of several: its result, or the error that kept it from having one.

    Attributes:
        efforts: by arm.
    """

    experiment: str
    claim: str
    result: ExperimentResult | None
    error: str = ""
    efforts: Mapping[str, Effort] = field(default_factory=dict)

    @property
    def effort(self) -> Effort:
        """Of all its arms."""
        return sum(self.efforts.values(), Effort())


@dataclass(frozen=True)
class Summary:
    """Several experiments, proved.

    Attributes:
        directory: where the summary's own files are.
        items: in the order they were asked for, those that came to an end.
        wanted: how many were asked for.
        seconds: wall-clock time of all together.
        jobs: how many runs there were at a time.
        stopped: why it ended before its end; empty when it did not.
    """

    directory: Path
    items: tuple[Item, ...]
    wanted: int
    seconds: float
    jobs: int
    command: str
    stopped: str = ""

    @property
    def effort(self) -> Effort:
        """Of all experiments."""
        return sum((item.effort for item in self.items), Effort())

    @property
    def results(self) -> tuple[ExperimentResult, ...]:
        """Of those that have one."""
        return tuple(item.result for item in self.items if item.result)

    @property
    def errors(self) -> Mapping[str, str]:
        """What kept the others from having one, by experiment."""
        return {item.experiment: item.error for item in self.items if item.result is None}
