"""The step that runs an injector: a process of its own in a host's network, until it is undone.

It is there from `prepare` on, held, so that the journal can name it before it does anything. It ends with the
process that parents it, the keeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Json, Prior
from chaoskit.kernel.identity import Identity
from chaoskit.steps.function import resolve
from chaoskit.steps.injector import Injector
from chaoskit.steps.reach import host_of, network_of, running, step_errors

_MINE: dict[int, Injector] = {}
"""The injectors of this process, by pid."""


@dataclass(frozen=True)
class Inject:
    """Run a function in a process of its own, in a host's network namespace, until undone.

    Attributes:
        host: whose network.
        function: `package.module:function`, called with `arguments` and what `before` read; it may run for ever.
        arguments: JSON values.
        evidence: a function of lab, arguments and what `before` read, called in the keeper: whether the effect
            is there, told by the lab and not by the injector.
        before: a function of lab and arguments, called first of all in the keeper; what it reads goes into the
            journal. It is all that the function knows of the running lab: a count, the way into another network.
    """

    host: str
    function: str
    arguments: Mapping[str, Json]
    evidence: str
    before: str = ""

    kind: ClassVar[str] = "inject"
    one_shot: ClassVar[bool] = False
    # Its process would keep the network of a host that is powered off: the two exclude each other.
    on_network: ClassVar[bool] = False

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: run {call_text(self.function, self.arguments)}"

    def prepare(self, lab: RunningLab) -> Prior:
        """Read what is to be compared, and start the process, held.

        Raises:
            StepError: the host does not run, or the function cannot be called there.
        """
        host = host_of(lab, self.host)
        running(host, "injected into")
        before = read_before(self.before, lab, self.arguments)
        injector = Injector.hold(network_of(host), self.function, self.arguments, before)
        _MINE[injector.identity.pid] = injector
        who = injector.identity
        return {"boot": who.boot, "pid": who.pid, "start": who.start, "before": before}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Let it start.

        Raises:
            StepError: it has ended.
        """
        _MINE[cast(int, prior["pid"])].go()

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether it runs, and whether the lab shows its effect."""
        injector = _MINE.get(cast(int, prior["pid"]))
        if injector is None or not injector.going:
            return Evidence(False, f"{self.host}: the injector does not run")
        if not injector.identity.alive():
            return Evidence(False, self.ended(prior))
        return look(self.evidence, lab, self.arguments, prior)

    def ended(self, prior: Prior) -> str:
        """How the process ended though nobody undid it, with its last words; empty while it runs or is held."""
        injector = _MINE.get(cast(int, prior["pid"]))
        if injector is None or not injector.going or injector.identity.alive():
            return ""
        return f"{self.host}: the injector has ended{injector.fate}: {injector.last_words}"

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """End the process; the kernel closes what it holds."""
        injector = _MINE.pop(cast(int, prior["pid"]), None)
        if injector:
            injector.end()
        else:
            Identity(cast(str, prior["boot"]), cast(int, prior["pid"]), cast(int, prior["start"])).kill()


def call_text(function: str, arguments: Mapping[str, Json]) -> str:
    """A call as plans show it: `hold(port=80, connections=64)`."""
    return f"{function.rpartition(':')[2]}({', '.join(f'{name}={value}' for name, value in arguments.items())})"


def read_before(function: str, lab: RunningLab, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
    """What `function` reads of the lab; nothing where there is none.

    Raises:
        StepError: it could not be read.
    """
    if not function:
        return {}
    with step_errors(f"{function} could not look"):
        value: Mapping[str, Json] = resolve(function)(lab, arguments)
    return value


def look(function: str, lab: RunningLab, arguments: Mapping[str, Json], prior: Prior) -> Evidence:
    """What the evidence function of a step sees now."""
    try:
        evidence: Any = resolve(function)(lab, arguments, prior["before"])
    except Exception as error:  # noqa: BLE001  somebody's function: what cannot be looked at is not confirmed
        return Evidence(False, f"{function} could not look: {type(error).__name__}: {error}")
    return cast(Evidence, evidence)
