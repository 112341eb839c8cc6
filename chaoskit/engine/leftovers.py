"""What older runs left behind, in words: what `chaoskit sweep` would undo."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaoskit.core.errors import StepError
from chaoskit.core.step import targets
from chaoskit.engine import facts, journal
from chaoskit.engine.facts import Running
from chaoskit.engine.journal import Pending
from chaoskit.labs.drivers import ATTACHED, EXTERNAL, outlives_keeper
from chaoskit.steps.codec import decode


@dataclass(frozen=True)
class LeftAction:
    """An action that is still in force.

    Attributes:
        on: the hosts, links and networks it is on.
        begun: seconds since the Unix epoch.
        over: when it should have been undone at the latest, likewise.
        steps: each in a line.
    """

    action: str
    on: tuple[str, ...]
    begun: float | None
    over: float | None
    steps: tuple[str, ...]

    def text(self, lab: str, now: float) -> str:
        """`partition on web-1 of shop, begun 12:03:10, expired 12:04:10`."""
        where = f" on {', '.join(self.on)} of {lab}" if self.on else ""
        begun = f", begun {_clock(self.begun, now)}" if self.begun else ""
        tense = "expired" if self.over and self.over <= now else "until"
        over = f", {tense} {_clock(self.over, now)}" if self.over else ""
        return f"{self.action}{where}{begun}{over}"


@dataclass(frozen=True)
class Leftover:
    """A run whose keeper has gone.

    Attributes:
        lab: the name of its lab, or of the project it was attached to.
        up: whether that lab may still be up, and is to be taken down.
        actions: what is in force, the last one first.
        trouble: why it cannot be told, if it cannot.
    """

    run: str
    title: str
    lab: str
    driver: str
    up: bool
    actions: tuple[LeftAction, ...]
    trouble: str = ""

    def lines(self, now: float | None = None) -> tuple[str, ...]:
        """What is left of it, a line each."""
        seconds = time.time() if now is None else now
        found = [action.text(self.lab, seconds) for action in self.actions]
        found += [f"the lab {self.lab}, brought up by {self.driver}"] if self.up else []
        found += [self.trouble] if self.trouble else []
        return tuple(found or ("nothing but the record of it",))


def leftovers(run: str | None = None) -> tuple[Leftover, ...]:
    """Every run that nobody keeps any more, the oldest first; or only the one of that name."""
    return tuple(_leftover(one) for one in facts.everything() if one.abandoned and run in (None, one.run))


def _leftover(running: Running) -> Leftover:
    path = running.directory / journal.FILE
    lasting = outlives_keeper(running.driver)
    if not path.exists():
        trouble = f"its journal {path} is gone: what it did cannot be told" if lasting and running.keeper else ""
        return _described(running, (), trouble)
    left = journal.read(path)
    # What was done to a native lab ended with it.
    pending = [one for one in left.pending if not left.closed and (lasting or one.outside)]
    return _described(running, pending, "")


def _described(running: Running, pending: Sequence[Pending], trouble: str) -> Leftover:
    up = outlives_keeper(running.driver) and running.driver not in (ATTACHED, EXTERNAL)
    actions = tuple(_actions(pending))
    return Leftover(running.run, running.title, running.lab, running.driver, up, actions, trouble)


def _actions(pending: Sequence[Pending]) -> Iterable[LeftAction]:
    for name in dict.fromkeys(one.action for one in reversed(pending)):
        mine = [one for one in pending if one.action == name]
        described = [_read(one) for one in mine]
        on = tuple(dict.fromkeys(target for found, _ in described for target in found))
        yield LeftAction(name, on, mine[0].begun, mine[0].over, tuple(text for _, text in described))


def _read(one: Pending) -> tuple[tuple[str, ...], str]:
    """What a step is on, and what it is."""
    try:
        step = decode(one.step)
    except StepError:  # of a plug-in that is not here any more
        return (), f"a step of kind {one.step.get('kind')}"
    return tuple(dict.fromkeys(target.partition("/")[0] for target in targets(step))), step.describe()


def _clock(seconds: float | None, now: float) -> str:
    """The local time of day, with its date if that is not today's."""
    then = time.localtime(seconds)
    same = time.strftime("%F", then) == time.strftime("%F", time.localtime(now))
    return time.strftime("%T" if same else "%F %T", then)
