"""An action of the timeline made concrete: its steps, or, where its target is known late, those for every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from chaoskit.core.action import Action
from chaoskit.core.errors import UsageError
from chaoskit.core.late import Question, Unanswered
from chaoskit.core.selector import NOTHING, Answers
from chaoskit.core.step import Step, targets
from chaoskit.core.topology import HostInfo

_MOST_CHOICES = 256


@dataclass(frozen=True)
class Choice:
    """What an action comes to, should the lab answer like this."""

    answers: Answers
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class PlannedEntry:
    """One action of the timeline, or of boot, made concrete.

    Attributes:
        action: the one that acts in this arm: the twin's substitute where it has one.
        steps: what it does; of a late target, what it may do, all answers together.
        start: ns after the run's origin; 0 for boot, which is before it.
        lasting: ns until it is undone; None for a one-shot action, and for boot (undone at the end).
        targets: the hosts, links and networks its steps change, once each, in the order of the steps.
        questions: what the lab is asked when it fires.
        choices: its steps for every answer; empty where nothing is asked.
    """

    name: str
    action: Action
    steps: tuple[Step, ...]
    start: int
    lasting: int | None
    targets: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def one_shot(self) -> bool:
        """Whether it cannot be undone."""
        return self.action.one_shot

    def decided(self, answers: Answers) -> PlannedEntry:
        """The same entry with the steps that these answers lead to.

        Raises:
            KeyError: the plan has no such answer.
        """
        steps = next((choice.steps for choice in self.choices if choice.answers == answers), None)
        if steps is None:
            raise KeyError(answers)
        return replace(self, steps=steps, targets=_targets(steps), choices=())


def planned_entry(
    name: str,
    action: Action,
    start: int,
    lasting: int | None,
    steps_for: Callable[[Answers], tuple[Step, ...]],
    candidates: Callable[[Question], tuple[HostInfo, ...]],
) -> PlannedEntry:
    """Plan an action for every answer the lab may give to what it asks.

    Args:
        name: of the action in records.
        action: what acts.
        start: ns after the origin.
        lasting: ns, None where it is not undone by the timeline.
        steps_for: plans it, given answers; raises Unanswered where one is missing.
        candidates: the hosts that may answer a question.

    Raises:
        UsageError: a selector matches nothing, or there are too many answers to plan for.
    """
    questions: dict[Question, None] = {}
    choices = tuple(_choices(steps_for, candidates, questions, NOTHING))
    if len(choices) > _MOST_CHOICES:
        raise UsageError(f"{action.where}: {action} asks so much that there are {len(choices)} plans of it")
    steps: list[Step] = []
    for choice in choices:
        steps += [step for step in choice.steps if step not in steps]
    return PlannedEntry(
        name, action, tuple(steps), start, lasting, _targets(steps), tuple(questions), choices if questions else ()
    )


def _choices(
    steps_for: Callable[[Answers], tuple[Step, ...]],
    candidates: Callable[[Question], tuple[HostInfo, ...]],
    questions: dict[Question, None],
    answers: Answers,
) -> Iterator[Choice]:
    try:
        yield Choice(answers, steps_for(answers))
    except Unanswered as missing:
        question = missing.question
        questions.setdefault(question)
        for host in candidates(question):
            yield from _choices(steps_for, candidates, questions, {**answers, question.text: (host.name,)})


def _targets(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(target for step in steps for target in targets(step)))
