"""Late targets: who it is that an action hits is asked of the lab when the action fires.

    leader = found_by(etcd_members().at(role("registry"), every="100ms"), "leader")
    timeline = [at("6s", power_off(leader), lasting="10s")]

The plan has the steps for every candidate; the answer goes into history and journal, and whoever refers
to the same selector afterwards, a check for one, means the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaoskit.core.errors import Undefined, UsageError
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Answers, Draw, Selector
from chaoskit.core.topology import Link, Named
from chaoskit.core.units import Duration, duration

if TYPE_CHECKING:
    from chaoskit.core.history import Event  # brings numpy, for which an injector would wait 0.1 s


@dataclass(frozen=True, eq=False)
class Question:
    """A question that one reading of a probe answers: at which one host is a field of it true?

    Attributes:
        probe: its hosts are the candidates; one that cannot be read is none.
        field: of each host's own reading.
        within: ns after which a question that no single host answers has failed.
    """

    text: str
    probe: Probe
    field: str
    within: int

    @property
    def candidates(self) -> Selector:
        """The hosts that may be the answer."""
        assert self.probe.hosts is not None
        return self.probe.hosts


class Unanswered(Undefined):
    """A late target was needed before an action has asked for it."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"{question.text} is known only when an action that asks it has fired")
        self.question = question


def recorded(events: Iterable[Event]) -> Answers:
    """What the lab answered in a run; of a question that was asked twice, the first answer."""
    answers: dict[str, tuple[str, ...]] = {}
    for event in events:
        told = event.data.get("answers")
        if isinstance(told, Mapping):
            for text, host in told.items():
                answers.setdefault(text, (str(host),))
    return answers


def found_by(probe: Probe, field: str, *, label: str = "", within: Duration = "2s") -> Selector:
    """The one host whose own reading of a probe has a true `field` when the action fires, or a link of that host.

    Args:
        probe: says where it is read, `.at(role("registry"), every="100ms")`.
        field: of the reading, a truth.
        label: tells two questions apart that are asked of the same probe at different times of a run: checks
            mean the first answer to the words they were given.
        within: how long the lab is asked again while no host, or more than one, answers; then the run stops.

    Raises:
        UsageError: the probe does not say where it is read.
    """
    if probe.hosts is None:
        raise UsageError(f"{probe.where}: probe {probe} does not say where: add .at(hosts, every=...)")
    text = f"{label or 'found_by'}({probe} at {probe.hosts}, {field!r})"
    question = Question(text, probe, field, duration(within))

    def answered(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
        if text not in draw.answers:
            raise Unanswered(question)
        return [item for item in among if _host(item) in draw.answers[text]]

    return Selector(text, answered)


def _host(item: Named) -> str:
    """The host a thing is or belongs to: a link goes with its host."""
    return item.host if isinstance(item, Link) else item.name
