"""The one-shot step that calls a function once, in a process of its own in a host's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast
from uuid import uuid4

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Json, Prior
from chaoskit.core.units import NS, show_duration
from chaoskit.steps.inject import call_text, look, read_before
from chaoskit.steps.injector import Injector
from chaoskit.steps.reach import host_of, network_of, running

_UNDER_WAY: dict[str, Injector] = {}
"""The calls of this process that are not over, by their names."""
_CUT_SHORT: set[str] = set()


@dataclass(frozen=True)
class Call:
    """Call a function to its end; what it did cannot be undone.

    Attributes:
        host: in whose network.
        function: `package.module:function`, called with `arguments` and what `before` read.
        arguments: JSON values.
        evidence: a function of lab, arguments and what `before` read: whether the lab shows the effect.
        before: a function of lab and arguments, called first, in the keeper; what it reads is what `evidence`
            compares with, and all that the function knows of the running lab.
        timeout: ns it may take.
    """

    host: str
    function: str
    arguments: Mapping[str, Json]
    evidence: str
    before: str = ""
    timeout: int = 10 * NS

    kind: ClassVar[str] = "call"
    one_shot: ClassVar[bool] = True
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: call {call_text(self.function, self.arguments)} once"

    def prepare(self, lab: RunningLab) -> Prior:
        """Read what is to be compared, and give the call a name of its own.

        Raises:
            StepError: the host does not run, or it could not be read.
        """
        running(host_of(lab, self.host), "injected into")
        return {"call": uuid4().hex, "before": read_before(self.before, lab, self.arguments)}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Call it and wait for its end.

        Raises:
            StepError: it failed, took too long, or was cut short.
        """
        call, before = cast(str, prior["call"]), cast(Mapping[str, Json], prior["before"])
        injector = Injector.hold(network_of(host_of(lab, self.host)), self.function, self.arguments, before)
        _UNDER_WAY[call] = injector
        try:
            if call in _CUT_SHORT:
                raise StepError(f"{self.describe()}: it was cut short")
            injector.go()
            status = injector.wait(self.timeout / NS)
        finally:
            del _UNDER_WAY[call]
            injector.end()
        if status is None:
            raise StepError(f"{self.describe()}: it was not over after {show_duration(self.timeout)}")
        if call in _CUT_SHORT:
            raise StepError(f"{self.describe()}: it was cut short")
        if status != 0:
            raise StepError(f"{self.describe()}: it failed: {injector.last_words}")

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the lab shows its effect."""
        return look(self.evidence, lab, self.arguments, prior)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Cut it short if it is not over, or not begun; what it has done cannot be undone."""
        call = cast(str, prior["call"])
        # In this order, as `do` has the other one: one of the two sees the other.
        _CUT_SHORT.add(call)
        injector = _UNDER_WAY.get(call)
        if injector:
            injector.identity.kill()
