"""The ledger: which steps are in force on a lab. Every change goes through it, journal first.

prepare all --> journal --> do all --> (confirm) --> undo, last one first
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError, StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import THIS_MACHINE, Evidence, Json, Perishable, Prior, Step, targets
from chaoskit.core.units import NS
from chaoskit.engine.journal import Journal, Pending
from chaoskit.steps.codec import encode

_CONFIRM_EVERY = 20_000_000
_TRY_AGAIN_AFTER = NS
"""Between two attempts to undo what has expired and would not be undone."""
_AT_ONCE = 32
PENDING_FOR = 60 * NS
"""How much longer than asked for an effect may take that is under way."""


@dataclass(frozen=True)
class Took:
    """When a batch of changes began and ended, CLOCK_MONOTONIC ns, and what of it failed.

    Attributes:
        ended: of an undo: whose effect was over before, though nobody had undone it, and how it ended.
    """

    begin: int
    end: int
    failures: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByItself:
    """What became of an action without anybody asking for it.

    Attributes:
        t: CLOCK_MONOTONIC ns.
        what: `undone`, when its longest duration was over, `done again`, on a host that came back, or `ended`,
            when the process that was its effect did.
        failures: what of it failed or ended, and why.
    """

    t: int
    action: str
    what: str
    failures: tuple[str, ...] = ()


@dataclass
class _Held:
    number: int
    action: str
    step: Step
    prior: Prior
    expires: int | None
    told: bool = False
    """Whether it was said that its effect ended by itself."""
    failed: str = ""
    """Why it would not be undone when that was tried last."""


@dataclass
class Ledger:
    """Does, confirms and undoes the steps of actions on one lab; safe to call from several threads."""

    lab: RunningLab
    journal: Journal
    clock: Clock
    _held: list[_Held] = field(default_factory=list)
    _priors: dict[str, list[Prior]] = field(default_factory=dict)
    _count: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def resume(self, left: Iterable[tuple[Pending, Step]]) -> None:
        """Hold what another process did and wrote down, to undo it in its place."""
        with self._lock:
            self._held += (_Held(one.number, one.action, step, one.prior, None) for one, step in left)

    def apply(self, action: str, steps: Sequence[Step], expires: int | None) -> Took:
        """Do all steps of an action, as close together as can be; all of them or none.

        Args:
            action: its name.
            steps: what to do.
            expires: CLOCK_MONOTONIC ns at which it is undone whatever happens; None for one-shot steps.

        Raises:
            StepError: a step could not be prepared or done; those already done have been undone.
            ChaoskitError: the journal could not be written; nothing was done.
        """
        with self._lock:
            held = self._journalled(action, steps, expires)
            self._priors[action] = [entry.prior for entry in held]
            # Held before they are done: a step that fails half way is undone like any other.
            self._held += held
            if not all(entry.step.one_shot for entry in held):
                return self._do(action, held)
        # A call may take many seconds: whoever undoes meanwhile must not wait for it, and cuts it short.
        return self._do(action, held)

    def _do(self, action: str, held: Sequence[_Held]) -> Took:
        begin = self.clock.now()
        failures = _each(held, lambda entry: entry.step.do(self.lab, entry.prior))
        end = self.clock.now()
        over = {entry.number for entry in held if entry.step.one_shot}
        with self._lock:
            self._held = [entry for entry in self._held if entry.number not in over]
            if failures:
                undone = self._undo(entry for entry in held if not entry.step.one_shot)
                first, error = failures[0]
                detail = f"; and undoing it: {'; '.join(undone)}" if undone else ""
                raise StepError(f"{action}: {first.step.describe()}: {error}{detail}") from error
        return Took(begin, end)

    def _journalled(self, action: str, steps: Sequence[Step], expires: int | None) -> list[_Held]:
        """Prepare them all and write them down; when one cannot be, what preparing others has begun is ended."""
        held: list[_Held] = []
        try:
            held += (self._prepared(action, step, expires) for step in steps)
            self.journal.write(*(_row(entry, self.clock) for entry in held))
        except Exception as error:
            # An injector's process is there from `prepare` on: neither the journal nor an undo would ever name it.
            failures = _each(held, lambda entry: entry.step.undo(self.lab, entry.prior))
            if failures:
                detail = "; ".join(f"{entry.step.describe()}: {why}" for entry, why in failures)
                raise StepError(f"{action}: {error}; and undoing it: {detail}") from error
            raise
        return held

    def _prepared(self, action: str, step: Step, expires: int | None) -> _Held:
        self._count += 1
        try:
            return _Held(self._count, action, step, step.prepare(self.lab), expires)
        except StepError:
            raise
        except (ChaoskitError, OSError) as error:
            raise StepError(f"{action}: {step.describe()}: {error}") from error

    def confirm(self, action: str, steps: Sequence[Step], within: int) -> tuple[Evidence, ...]:
        """Ask each step whether it is in effect, until all are or `within` ns have passed.

        What is under way and bound to come, such as the end of a daemon in its grace period, has longer.
        """
        deadline = self.clock.now() + within
        priors = self._priors[action]
        while True:
            evidence = tuple(step.confirm(self.lab, prior) for step, prior in zip(steps, priors, strict=True))
            longer = PENDING_FOR if any(one.pending for one in evidence) else 0
            if all(one.holds for one in evidence) or self.clock.now() >= deadline + longer:
                return evidence
            self.clock.sleep(_CONFIRM_EVERY)

    def undo(self, action: str) -> Took:
        """Undo what is in force of an action; failures are collected, and stay in force to be tried again."""
        return self._undo_where(lambda entry: entry.action == action)

    def undo_all(self) -> Took:
        """Undo everything that is in force."""
        return self._undo_where(lambda _entry: True)

    def undo_outside(self) -> Took:
        """Undo what was done by commands on this machine: to systems that do not end with a lab of ours."""
        return self._undo_where(lambda entry: entry.step.target == THIS_MACHINE)

    def ended(self) -> tuple[ByItself, ...]:
        """The actions in force with an effect that ended by itself; each effect is told of once."""
        with self._lock:
            now = self.clock.now()
            words: dict[str, list[str]] = {}
            for entry in self._held:
                if not entry.told and (how := _ended(entry)):
                    entry.told = True
                    words.setdefault(entry.action, []).append(how)
        return tuple(ByItself(now, action, "ended", tuple(said)) for action, said in words.items())

    def undo_expired(self) -> tuple[ByItself, ...]:
        """Undo what has been in force longer than it may; what will not be undone is tried again a second later."""
        now = self.clock.now()
        with self._lock:
            due = [entry for entry in self._held if entry.expires is not None and entry.expires <= now]
            for entry in due:
                entry.expires = now + _TRY_AGAIN_AFTER
            undone = [(action, self.undo(action)) for action in sorted({entry.action for entry in due})]
        return tuple(ByItself(took.end, action, "undone", took.failures) for action, took in undone)

    def reapply(self, host: str) -> tuple[ByItself, ...]:
        """Do again what is in force on the network of a host that came back with a new one."""
        with self._lock:
            lasting = [entry for entry in self._held if entry.step.on_network and not entry.step.one_shot]
            mine = [entry for entry in lasting if any(_is_on(target, host) for target in targets(entry.step))]
            failures = {
                entry.number: f"{entry.step.describe()}: {error}"
                for entry, error in _each(mine, lambda entry: entry.step.do(self.lab, entry.prior))
            }
            now = self.clock.now()
        return tuple(
            ByItself(
                now,
                action,
                "done again",
                tuple(failures[entry.number] for entry in mine if entry.action == action and entry.number in failures),
            )
            for action in dict.fromkeys(entry.action for entry in mine)
        )

    @property
    def reaches_outside(self) -> bool:
        """Whether commands on this machine are in force."""
        return any(entry.step.target == THIS_MACHINE for entry in list(self._held))

    @property
    def in_force(self) -> tuple[str, ...]:
        """Names of the actions that have steps in force."""
        with self._lock:
            return tuple(dict.fromkeys(entry.action for entry in self._held))

    @property
    def failing(self) -> Mapping[int, str]:
        """Why steps in force would not be undone when that was tried last, by their numbers in the journal."""
        with self._lock:
            return {entry.number: entry.failed for entry in self._held if entry.failed}

    def _undo_where(self, chosen: Callable[[_Held], bool]) -> Took:
        with self._lock:
            begin = self.clock.now()
            mine = [entry for entry in self._held if chosen(entry)]
            ended = tuple(filter(None, map(_ended, mine)))
            failures = self._undo(mine)
            return Took(begin, self.clock.now(), failures, ended)

    def _undo(self, entries: Iterable[_Held]) -> tuple[str, ...]:
        """Undo actions one after the other, the last one first, and the steps of each all at once."""
        actions: dict[str, list[_Held]] = {}
        for entry in reversed(list(entries)):
            actions.setdefault(entry.action, []).append(entry)
        return tuple(failure for mine in actions.values() for failure in self._undo_steps(mine))

    def _undo_steps(self, entries: Sequence[_Held]) -> Sequence[str]:
        failures = _each(entries, lambda entry: entry.step.undo(self.lab, entry.prior))
        failed = {entry.number: str(error) for entry, error in failures}
        rows: list[dict[str, Json]] = []
        for entry in entries:
            if entry.number in failed:
                entry.failed = failed[entry.number]
                rows.append({"row": "failed", "n": entry.number, "error": entry.failed})
            else:
                self._held.remove(entry)
                rows.append({"row": "undone", "n": entry.number})
        said = [f"{entry.step.describe()}: {error}" for entry, error in failures]
        try:
            self.journal.write(*rows)
        except ChaoskitError as error:  # the other actions have to be undone all the same
            said.append(str(error))
        return said


def _each(entries: Sequence[_Held], act: Callable[[_Held], None]) -> list[tuple[_Held, Exception]]:
    """Act on all of them as close together as can be; what failed, however, in their order."""

    def attempt(entry: _Held) -> Exception | None:
        try:
            act(entry)
        except Exception as error:  # noqa: BLE001  a mistake in one step must not keep others from being undone
            return error
        return None

    if len(entries) <= 1:
        results = [attempt(entry) for entry in entries]
    else:
        with ThreadPoolExecutor(min(len(entries), _AT_ONCE)) as pool:
            results = list(pool.map(attempt, entries))
    return [(entry, error) for entry, error in zip(entries, results, strict=True) if error is not None]


def _ended(entry: _Held) -> str:
    """How its effect ended by itself; empty where it did not, or is no process's."""
    if not isinstance(entry.step, Perishable):
        return ""
    try:
        return entry.step.ended(entry.prior)
    except Exception as error:  # noqa: BLE001  whoever undoes what has expired asks, and must go on
        return f"{entry.step.describe()}: whether it lasts cannot be told: {error}"


def _row(entry: _Held, clock: Clock) -> dict[str, Json]:
    kind = "one-shot" if entry.step.one_shot else "step"
    begun = clock.utc()
    return {
        "row": kind,
        "n": entry.number,
        "action": entry.action,
        "step": encode(entry.step),
        "prior": dict(entry.prior),
        "expires": entry.expires,
        "begun": begun / NS,
        "over": None if entry.expires is None else (begun + entry.expires - clock.now()) / NS,
        "outside": entry.step.target == THIS_MACHINE,
    }


def _is_on(target: str, host: str) -> bool:
    return target == host or target.startswith(f"{host}/")
