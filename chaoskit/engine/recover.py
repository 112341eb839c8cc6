"""Recovery: undo what a run left whose keeper is gone, from its journal alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, LabError
from chaoskit.core.host import Host
from chaoskit.core.topology import Topology
from chaoskit.engine import facts, journal
from chaoskit.engine.facts import Running
from chaoskit.engine.journal import Pending
from chaoskit.kernel.cgroup import remove
from chaoskit.kernel.identity import Identity
from chaoskit.steps.codec import decode


def recover(run: str | None = None) -> tuple[str, ...]:
    """Take care of everything that runs without a keeper left; of one run only, when it is named.

    Returns:
        A line for each thing that was found and what was done about it.
    """
    abandoned = [running for running in facts.everything() if running.abandoned and run in (None, running.run)]
    return tuple(line for running in abandoned for line in _recovered(running))


def _recovered(running: Running) -> Iterator[str]:
    path = running.directory / journal.FILE
    left = journal.read(path) if path.exists() else journal.NOTHING
    for what, identity in left.processes:
        yield from _ended(running.run, what, identity)
    for cgroup in left.cgroups:
        yield from _removed(running.run, cgroup)
    stays = False
    for pending in () if left.closed else reversed(left.pending):
        said, undone = _settled(pending)
        stays |= not undone
        yield f"{running.run}: {pending.action}, step {pending.number}: {said}"
    if stays or any(cgroup.exists() for cgroup in left.cgroups):
        return  # not forgotten: the next command tries again
    shutil.rmtree(running.folder, ignore_errors=True)  # another command may be at it as well
    yield f"{running.run}: forgot the run of {running.title}, whose keeper had gone"
    if path.exists() and not left.closed:
        journal.conclude(path)  # what ended with its lab is not left, and no audit may say so


def _settled(pending: Pending) -> tuple[str, bool]:
    """What became of a step that was not undone, and whether nothing of it is left."""
    if not pending.outside:
        return "ended with the lab it was done to", True
    try:
        step = decode(pending.step)
        step.undo(_Gone(), pending.prior)
    except ChaoskitError as error:
        return f"could not be undone: {error}", False
    return f"undone: {step.describe()}", True


class _Gone:
    """A lab that is not up any more: steps that are about no host need none; satisfies `RunningLab`."""

    topology = Topology("gone", (), ())
    hosts: Mapping[str, Host] = {}

    def logs(self, host: str) -> Path:
        """Nothing is left to read.

        Raises:
            LabError: always.
        """
        raise LabError(f"the lab of {host} is gone")


def _ended(run: str, what: str, identity: Identity) -> Iterator[str]:
    if identity.kill():
        yield f"{run}: ended {what} (process {identity.pid})"


def _removed(run: str, cgroup: Path) -> Iterator[str]:
    if cgroup.exists():
        try:
            remove([cgroup])
            yield f"{run}: removed the cgroup {cgroup}"
        except OSError as error:
            yield f"{run}: the cgroup {cgroup} stays: {error.strerror}"
