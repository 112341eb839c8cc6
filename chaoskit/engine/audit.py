"""The audit: after a run, is anything left of what it owned or touched?"""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.clock import Clock
from chaoskit.core.units import NS
from chaoskit.engine import journal
from chaoskit.engine.order import Order

_WITHIN = 2 * NS
_EVERY = NS // 50


def left_behind(order: Order, clock: Clock) -> tuple[str, ...]:
    """What of the run is still there 2 s after it was taken down: by its journal and its run id."""
    deadline = clock.now() + _WITHIN
    while True:
        left = _left(order)
        if not left or clock.now() >= deadline:
            return left
        clock.sleep(_EVERY)


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
