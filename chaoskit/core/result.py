"""Results: what judging one run, or proving a whole experiment, came to. Reports are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.history import History
from chaoskit.core.verdict import Result, Verdict, worst
from chaoskit.core.window import Span


@dataclass(frozen=True)
class Judged:
    """A gate or check with its verdict.

    Attributes:
        title: the check as written, for people: `availability(load=shoppers, at_least=0.999)`.
        spans: the windows it refers to, resolved, by name; charts shade them.
    """

    name: str
    title: str
    verdict: Verdict
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True)
class ArmResult:
    """One run, judged.

    Attributes:
        directory: the run directory, which holds `logs/`.
        command: the command line that repeats it.
        reason: why the verdict is what it is, in a sentence.
    """

    arm: str
    mistake: str
    directory: Path
    history: History
    gates: tuple[Judged, ...]
    checks: tuple[Judged, ...]
    command: str
    reason: str = ""

    @property
    def verdict(self) -> Result:
        """The worst of gates and checks: a broken gate is unknown, and has made every check so."""
        return worst([judged.verdict.outcome for judged in (*self.gates, *self.checks)])


@dataclass(frozen=True)
class Proof:
    """Whether a twin failed as it must.

    Attributes:
        reasons: why not, when it is not proved; what failed as it had to, when it is.
        must_fail: names of the checks that had to fail.
    """

    twin: str
    mistake: str
    proved: bool
    reasons: tuple[str, ...]
    must_fail: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExperimentResult:
    """One experiment: the guarded arm alone (`run`), or all arms with their proofs (`prove`)."""

    experiment: str
    claim: str
    directory: Path
    arms: tuple[ArmResult, ...]
    proofs: tuple[Proof, ...] = ()
    compares: tuple[Judged, ...] = ()
    attempts: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command line that repeats it: the arm that ran, or the whole proof."""
        command = self.arms[0].command
        return (
            command.replace("chaoskit run", "chaoskit prove", 1).replace(" --arm guarded", "")
            if self.proofs
            else command
        )

    @property
    def proved(self) -> bool:
        """Whether every twin was proved; True without twins says nothing."""
        return all(proof.proved for proof in self.proofs)

    @property
    def judged_arms(self) -> tuple[ArmResult, ...]:
        """The arms whose own verdict counts: a twin's does not where a proof says what it had to show."""
        return tuple(arm for arm in self.arms if not (arm.mistake and self.proofs))

    @property
    def verdict(self) -> Result:
        """What the exit status says.

        For a proof the guarded arm's verdict, and whether every twin was proved; for a run that of its arm,
        be it a twin's.
        """
        own = [arm.verdict for arm in self.judged_arms]
        return worst([*own, *(judged.verdict.outcome for judged in self.compares), *map(_proof_result, self.proofs)])


def _proof_result(proof: Proof) -> Result:
    return Result.PASS if proof.proved else Result.UNKNOWN
