"""The rows of a summary: a row an arm, with the checks that tell guarded and twins apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from chaoskit.core.result import ArmResult, Judged, Proof
from chaoskit.core.summary import Effort, Item, Summary
from chaoskit.core.verdict import PASS, UNKNOWN, Result
from chaoskit.core.window import Moment

ERROR = "error"
SHORT = 60
"""Letters of a piece of evidence that a table has room for."""


@dataclass(frozen=True)
class Seen:
    """What confirmed a fault: the first piece of evidence, and how many more there are."""

    fault: str
    text: str
    more: int

    @property
    def whole(self) -> str:
        """All of the first piece."""
        return self.text + (f" (and {self.more} more)" if self.more else "")

    @property
    def short(self) -> str:
        """As much of it as a table has room for."""
        cut = self.text if len(self.text) <= SHORT else f"{self.text[: SHORT - 1].rstrip()}…"
        return replace(self, text=cut).whole


@dataclass(frozen=True)
class Row:
    """One arm of one experiment, or the error of an experiment that has no result.

    Attributes:
        word: pass, fail, unknown, proved, not proved or error.
        outcome: what colours the word.
        why: the reason, where it is not the good word.
        shown: the checks that matter here: those the twins must fail, and whatever did not pass in a guarded arm.
        evidence: what confirmed each fault.
        report: the arm's HTML report.
    """

    experiment: str
    arm: str
    mistake: str
    word: str
    outcome: Result
    why: str = ""
    shown: tuple[Judged, ...] = ()
    evidence: tuple[Seen, ...] = ()
    effort: Effort = field(default_factory=Effort)
    report: Path | None = None

    @property
    def name(self) -> str:
        """Experiment and arm."""
        return f"{self.experiment} {self.arm}".rstrip()

    @property
    def good(self) -> bool:
        """Whether there is nothing to look into."""
        return self.outcome is PASS

    @property
    def time(self) -> str:
        """Wall-clock seconds, and how many runs they were where it was not one."""
        took = f"{self.effort.seconds:.0f} s" if self.effort.runs else "-"
        return f"{took} ({self.effort.runs}x)" if self.effort.runs > 1 else took

    @property
    def confirmed(self) -> str:
        """The evidence, short."""
        return "; ".join(f"{seen.fault}: {seen.short}" for seen in self.evidence)


def rows_of(summary: Summary) -> tuple[Row, ...]:
    """Every row, in the order of the experiments."""
    return tuple(row for item in summary.items for row in item_rows(item))


def item_rows(item: Item) -> Iterator[Row]:
    """The guarded arm's row, then one a twin."""
    if item.result is None:
        yield Row(item.experiment, "", "", ERROR, Result.FAIL, item.error, effort=item.effort)
        return
    proofs = {proof.twin: proof for proof in item.result.proofs}
    arms = {arm.arm: arm for arm in item.result.arms}
    telling = {name for proof in proofs.values() for name in proof.must_fail}
    for arm in item.result.judged_arms:
        yield _guarded(item, arm, telling)
    for name, proof in proofs.items():
        yield _twin(item, arms.get(name), proof)
    for judged in item.result.compares:
        yield _comparison(item, judged)


def _guarded(item: Item, arm: ArmResult, telling: set[str]) -> Row:
    wrong = [check for check in arm.checks if check.verdict.outcome is not PASS]
    shown = wrong or [check for check in arm.checks if check.name in telling] or list(arm.checks[:1])
    why = "" if arm.verdict is PASS else arm.reason
    return _row(item, arm, str(arm.verdict), arm.verdict, why, shown)


def _twin(item: Item, arm: ArmResult | None, proof: Proof) -> Row:
    if arm is None:
        effort = item.efforts.get(proof.twin, Effort())
        why = "; ".join(proof.reasons)
        return Row(item.experiment, proof.twin, proof.mistake, "not proved", UNKNOWN, why, effort=effort)
    doubted = any(gate.verdict.outcome is not PASS for gate in arm.gates)
    word = "proved" if proof.proved else "unknown" if doubted else "not proved"
    shown = [check for check in arm.checks if check.name in proof.must_fail]
    why = "" if proof.proved else "; ".join(proof.reasons)
    return _row(item, arm, word, PASS if proof.proved else UNKNOWN, why, shown)


def _row(item: Item, arm: ArmResult, word: str, outcome: Result, why: str, shown: list[Judged]) -> Row:
    return Row(
        item.experiment,
        arm.arm,
        arm.mistake,
        word,
        outcome,
        why,
        tuple(shown),
        tuple(_evidence(arm)),
        item.efforts.get(arm.arm, Effort()),
        arm.directory / "report.html",
    )


def _comparison(item: Item, judged: Judged) -> Row:
    verdict = judged.verdict
    why = "" if verdict.outcome is PASS else verdict.reason
    return Row(item.experiment, "arms compared", "", str(verdict.outcome), verdict.outcome, why, (judged,))


def _evidence(arm: ArmResult) -> Iterator[Seen]:
    """What was seen of each fault in the lab itself."""
    for event in arm.history.events:
        if event.kind == "action" and event.what == Moment.CONFIRMED:
            said = event.data.get("evidence")
            lines = [str(one) for one in said] if isinstance(said, list) else []
            if lines:
                yield Seen(event.subject, lines[0], len(lines) - 1)


def samples_text(judged: Judged) -> str:
    """How many independent samples the value rests on."""
    return "" if judged.verdict.samples is None else f"{judged.verdict.samples:,}"


def counts_text(summary: Summary) -> str:
    """`8 proved, 2 unknown, 1 not done`."""
    words = Counter(word_of(item) for item in summary.items)
    missing = summary.wanted - len(summary.items)
    counts = [*words.items(), *([("not done", missing)] if missing else [])]
    return ", ".join(f"{count} {word}" for word, count in counts) or "nothing to prove"


def effort_text(summary: Summary) -> str:
    """`10 experiments in 25 runs; 9 min 12 s, 2 at a time; 4.1 s a run beside what it lasts`."""
    effort = summary.effort
    parts = [
        f"{_count(summary.wanted, 'experiment')} in {_count(effort.runs, 'run')}",
        _clock(summary.seconds) + (f", {summary.jobs} at a time" if summary.jobs > 1 else ""),
        *([f"{effort.beside:.1f} s a run beside what it lasts"] if effort.runs else []),
    ]
    return "; ".join(parts)


def word_of(item: Item) -> str:
    """What an experiment came to: that of its worst row, `proved` where all rows are good and some are twins'."""
    rows = list(item_rows(item))
    bad = [row for row in rows if not row.good]
    if bad:
        return max(bad, key=lambda row: (row.outcome is Result.FAIL, row.word == "unknown")).word
    return "proved" if any(row.word == "proved" for row in rows) else "pass"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
