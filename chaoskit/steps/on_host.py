"""What the steps that change a host's life have in common: which host, its process before, the call on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.host import Host, RunningLab
from chaoskit.core.step import Prior
from chaoskit.steps.reach import host_of, running, step_errors


@dataclass(frozen=True)
class OnHost(ABC):
    """A reversible change of one host. A subclass is a step once it has a `kind` and the methods a step has.

    Attributes:
        host: which.
        done: what becomes of the host, for errors: `paused`.
    """

    host: str

    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = False
    done: ClassVar[str]

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    @abstractmethod
    def change(self, host: Host) -> None:
        """Make the change; whatever the driver raises becomes a StepError."""

    def prepare(self, lab: RunningLab) -> Prior:
        """Note which process is meant.

        Raises:
            StepError: the host does not run.
        """
        status = running(host_of(lab, self.host), self.done)
        return {"pid": status.pid, "restarts": status.restarts}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Make the change.

        Raises:
            StepError: the driver could not.
        """
        with step_errors(f"{self.host} could not be {self.done}"):
            self.change(host_of(lab, self.host))
