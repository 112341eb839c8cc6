"""The audit: after a run, is anything left of what it owned or touched?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError
from chaoskit.core.units import NS
from chaoskit.engine import journal
from chaoskit.engine.order import Order
from chaoskit.labs.drivers import DriverLab, make_lab

_WITHIN, _EVERY = 2 * NS, NS // 50
_LASTING_WITHIN, _LASTING_EVERY = 10 * NS, NS // 4
"""The same for what outlives its keeper: an engine removes it, and has to be asked."""


def left_behind(order: Order, clock: Clock) -> tuple[str, ...]:
    """What of the run is still there after it was taken down: by its journal, its run id, and what its driver finds.

    It is given 2 s to go, or 10 s where it does not end with its keeper.
    """
    lasting = order.outlives_keeper
    deadline = clock.now() + (_LASTING_WITHIN if lasting else _WITHIN)
    lab = make_lab(order.driver, order.spec, order.directory, order.run, lambda _change: None) if lasting else None
    while True:
        left = (*_left(order), *(_in_sight(lab) if lab else ()))
        if not left or clock.now() >= deadline:
            return left
        clock.sleep(_LASTING_EVERY if lasting else _EVERY)


def _in_sight(lab: DriverLab) -> Sequence[str]:
    try:
        return lab.left()
    except (ChaoskitError, OSError) as error:
        return (f"nobody can tell what is left of the lab: {error}",)


def _left(order: Order) -> tuple[str, ...]:
    path = order.directory / journal.FILE
    record = journal.read(path) if path.exists() else journal.NOTHING
    found = [f"process {identity.pid} ({what})" for what, identity in record.processes if identity.alive()]
    found += [f"cgroup {cgroup}" for cgroup in record.cgroups if cgroup.exists()]
    found += [
        f"step {pending.number} of {pending.action} was not undone" for pending in record.pending if not record.closed
    ]
    found += [f"folder {order.runtime}"] if order.runtime.exists() else []
    found += [f"mount {mount}" for mount in _mounts(order.run)]
    return tuple(found)


def _mounts(run: str) -> list[str]:
    return [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines() if run in line]
