"""What became of every arrival of a run that several engines shared; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from chaoskit.core.step import Json
from chaoskit.loads.histogram import Histogram
from chaoskit.loads.tally import histogram


@dataclass(frozen=True)
class Account:
    """Arrivals of a run.

    Attributes:
        scheduled: how many the schedule had, up to the end of arrivals.
        recorded: how many have an outcome.
        abandoned: how many were under way when the run was cut short.
        lost: how many belonged to processes that died, and were not reported by them.
        doubled: how many two processes sent, because one was told too late that they are another's.
        attempts: how many failed attempts were followed by another one.
        lag: by how much arrivals were taken up after they were due, µs.
    """

    scheduled: int
    recorded: int
    abandoned: int
    lost: int
    doubled: int
    attempts: int
    lag: Histogram

    @classmethod
    def of(cls, accounts: Iterable[Mapping[str, Any]], reported_by_dead: int) -> Account:
        """Add up what the processes told.

        Args:
            accounts: of those that lived to tell, who was there from the beginning first.
            reported_by_dead: requests that the others had reported until they died.
        """
        told = list(accounts)
        whole = told[0]["whole"] if told else 0
        taken = sum(account["recorded"] for account in told)
        abandoned = sum(account["abandoned"] for account in told)
        doubled = sum(account["doubled"] for account in told)
        lag = sum((histogram(account["lag"]) for account in told), Histogram())
        return cls(
            whole,
            taken - abandoned + reported_by_dead,
            abandoned,
            max(0, whole + doubled - taken - reported_by_dead),
            doubled,
            sum(account["attempts"] for account in told),
            lag,
        )

    @property
    def counts(self) -> dict[str, Json]:
        """All but the lag, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "lag"}

    def __str__(self) -> str:
        words = [f"{self.scheduled} arrivals scheduled", f"{self.recorded} recorded"]
        words += [f"{self.abandoned} abandoned at the end"] if self.abandoned else []
        words += [f"{self.lost} lost with a worker that died"] if self.lost else []
        words += [f"{self.doubled} sent twice"] if self.doubled else []
        words += [f"{self.attempts} attempts beside"] if self.attempts else []
        return f"{', '.join(words)}; lag p99 {self.lag.quantile(0.99) / 1000:.3f} ms"
