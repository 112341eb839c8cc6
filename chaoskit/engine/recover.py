"""Recovery: undo what a run left whose keeper is gone, from its folder and its journal alone.

a native lab ended with its keeper           --> steps on it ended too; what was done elsewhere is undone
a lab of ours that outlived it               --> taken over, undone, taken down
somebody's project that a run was attached to --> taken over, undone, left
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.clock import MonotonicClock
from chaoskit.core.errors import ChaoskitError, LabGone, StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Step
from chaoskit.engine import by_hand, facts, journal
from chaoskit.engine.facts import Running
from chaoskit.engine.gone import GONE, WithGoneHosts, is_there
from chaoskit.engine.journal import Left, Pending
from chaoskit.engine.ledger import Ledger
from chaoskit.engine.order import FACTS
from chaoskit.engine.persisted import load
from chaoskit.kernel.cgroup import remove
from chaoskit.labs.drivers import DriverLab, make_lab, outlives_keeper
from chaoskit.steps.codec import decode


def recover(run: str | None = None) -> tuple[str, ...]:
    """Take care of everything that runs without a keeper left; of one run only, when it is named.

    What could not be undone is said and not forgotten: the next call tries again.

    Returns:
        A line for each thing that was found and what was done about it.
    """
    abandoned = [running for running in facts.everything() if running.abandoned and run in (None, running.run)]
    return tuple(f"{running.run}: {line}" for running in abandoned for line in _recovered(running))


def _recovered(running: Running) -> list[str]:
    with _alone(running.folder) as alone:
        if not alone:
            return ["another command is undoing it"]
        path = running.directory / journal.FILE
        recovery = _Recovery(running, path, journal.read(path) if path.exists() else journal.NOTHING)
        recovery.perform()
        return recovery.said


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other command is at it; one that is over by now needs nobody either."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _locked(fd) and (folder / FACTS).exists()
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass
class _Recovery:
    """One run that nobody keeps any more.

    Attributes:
        path: of its journal.
        said: what was found, and what was done about it.
        stays: something could not be taken care of.
    """

    running: Running
    path: Path
    left: Left
    said: list[str] = field(default_factory=list)
    stays: bool = False

    def perform(self) -> None:
        """Do all that can be done, and forget the run if nothing of it is left."""
        pending = () if self.left.closed else self.left.pending
        if outlives_keeper(self.running.driver):
            self._take_over(pending)
            self._clear()
        else:  # in this order: what was done elsewhere takes the time it takes
            self._clear()
            self._undo(pending, GONE)
        if not self.stays:
            self._forget()

    def _take_over(self, pending: Sequence[Pending]) -> None:
        """Bind to the lab as it stands now, undo what was done to it, and take it down."""
        try:
            order = load(self.running.folder)
            lab = make_lab(order.driver, order.spec, order.directory, order.run, lambda _change: None)
            there = _there(lab)
        except (ChaoskitError, OSError) as error:
            self._stay(f"the lab {self.running.lab} cannot be taken over: {error}")
            return
        self._undo(pending, there, doomed=not order.is_guest)
        try:
            lab.down()
        except (ChaoskitError, OSError) as error:
            self._stay(f"the lab {self.running.lab} could not be taken down: {error}")
            return
        if there is not GONE:
            self.said.append(f"{'left' if order.is_guest else 'took down'} {self.running.lab}")

    def _undo(self, pending: Sequence[Pending], lab: RunningLab, *, doomed: bool = False) -> None:
        """Undo steps, the last one first; what was done to hosts that are gone by now ended with them.

        Args:
            pending: what was not undone.
            lab: what is there of the lab.
            doomed: it will be taken down, and what could not be undone ends with it.
        """
        steps: list[tuple[Pending, Step]] = []
        for one in pending:
            if lab is GONE and not one.outside:
                self._say(one, "ended with the lab it was done to")
                continue
            try:
                step = decode(one.step)
            except StepError as error:
                self._not_undone(one, str(error), ends=doomed)
                continue
            if one.outside or is_there(step, lab):
                steps.append((one, step))
            else:
                self._say(one, f"ended with {step.target}, which is gone")
        if steps:
            self._undo_from_journal(steps, lab, doomed=doomed)

    def _undo_from_journal(self, steps: Sequence[tuple[Pending, Step]], lab: RunningLab, *, doomed: bool) -> None:
        with closing(journal.reopen(self.path)) as written:
            ledger = Ledger(WithGoneHosts(lab), written, MonotonicClock())
            ledger.resume(steps)
            ledger.undo_all()
        for one, step in reversed(steps):
            if why := ledger.failing.get(one.number):
                self._not_undone(one, f"{step.describe()}: {why}", ends=doomed)
            else:
                self._say(one, f"undone: {step.describe()}")

    def _not_undone(self, one: Pending, why: str, *, ends: bool) -> None:
        if ends and not one.outside:
            self._say(one, f"could not be undone, and ends with its lab: {why}")
        else:
            self._stay(f"{one.action}, step {one.number}: could not be undone: {why}")

    def _clear(self) -> None:
        """End processes and remove control groups that the run made."""
        for what, identity in self.left.processes:
            if identity.kill():
                self.said.append(f"ended {what} (process {identity.pid})")
        for cgroup in self.left.cgroups:
            if cgroup.exists():
                try:
                    remove([cgroup])
                    self.said.append(f"removed the cgroup {cgroup}")
                except OSError as error:
                    self._stay(f"the cgroup {cgroup} stays: {error.strerror}")

    def _forget(self) -> None:
        shutil.rmtree(self.running.folder, ignore_errors=True)
        self.said.append(f"forgot the run of {self.running.title}, whose keeper had gone")
        if self.path.exists() and not self.left.closed:
            with closing(journal.reopen(self.path)) as written:
                written.conclude()  # what ended with its lab is not left, and no audit may say so
        by_hand.remove_directory(self.running)

    def _stay(self, why: str) -> None:
        self.stays = True
        self.said.append(why)

    def _say(self, one: Pending, what: str) -> None:
        self.said.append(f"{one.action}, step {one.number}: {what}")


def _there(lab: DriverLab) -> RunningLab:
    """What is there of a lab that was left.

    Raises:
        LabError: it cannot be told.
    """
    try:
        lab.take_over()
    except LabGone:
        return GONE
    return lab
