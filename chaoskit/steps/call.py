"""The one-shot step that calls a function once, in a process of its own in a host's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Json, Prior
from chaoskit.core.units import NS, show_duration
from chaoskit.steps.inject import call_text, look, read_before
from chaoskit.steps.injector import Injector
from chaoskit.steps.reach import host_of, network_of, running

_MINE: dict[int, Injector] = {}
"""The processes of this one's calls that are not over, by pid."""


@dataclass(frozen=True)
class Call:
    """Call a function to its end; what it did cannot be undone.

    Attributes:
        host: in whose network.
        function: `package.module:function`, called with `arguments`.
        arguments: JSON values.
        evidence: a function of lab, arguments and what `before` read: whether the lab shows the effect.
        before: a function of lab and arguments, called first; what it reads is what `evidence` compares with.
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
        """Read what is to be compared, and start the process, held.

        Raises:
            StepError: the host does not run, it could not be read, or the function cannot be called there.
        """
        host = host_of(lab, self.host)
        running(host, "injected into")
        before = read_before(self.before, lab, self.arguments)
        injector = Injector.hold(network_of(host), self.function, self.arguments)
        who = injector.identity
        _MINE[who.pid] = injector
        return {"boot": who.boot, "pid": who.pid, "start": who.start, "before": before}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Call it and wait for its end.

        Raises:
            StepError: it failed, took too long, or was cut short.
        """
        injector = _MINE.get(cast(int, prior["pid"]))
        if injector is None:
            raise StepError(f"{self.describe()}: it was cut short")
        try:
            injector.go()
            status = injector.wait(self.timeout / NS)
        finally:
            _MINE.pop(injector.identity.pid, None)
            injector.end()
        if status is None:
            raise StepError(f"{self.describe()}: it was not over after {show_duration(self.timeout)}")
        if status != 0:
            raise StepError(f"{self.describe()}: it failed: {injector.last_words}")

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the lab shows its effect."""
        return look(self.evidence, lab, self.arguments, prior)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Cut it short if it is not over; what it has done cannot be undone."""
        injector = _MINE.get(cast(int, prior["pid"]))
        if injector and injector.going:
            injector.identity.kill()  # whoever waits for it lets go of it
        elif injector:
            del _MINE[injector.identity.pid]
            injector.end()
