"""What is running now, as files: `RUN/run.json`, so that other commands find runs and labs.

A lab that outlives its keeper has its order there as well, from which another process can make it again.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.engine import paths, persisted
from chaoskit.engine.order import FACTS, SOCKET, Order
from chaoskit.kernel.identity import Identity
from chaoskit.labs.drivers import NATIVE, outlives_keeper


@dataclass(frozen=True)
class Running:
    """A run or a lab that has a folder among those of what is running.

    Attributes:
        title: the experiment's id, or the lab's name.
        keeper: None when it was never started.
        lab: the name of its lab, or of the project it is attached to.
    """

    run: str
    title: str
    folder: Path
    directory: Path
    keeper: Identity | None
    runner: Identity | None
    driver: str = NATIVE
    lab: str = ""

    @property
    def socket(self) -> Path:
        """Where its keeper answers."""
        return self.folder / SOCKET

    @property
    def alive(self) -> bool:
        """Whether its keeper still runs."""
        return self.keeper is not None and self.keeper.alive()

    @property
    def abandoned(self) -> bool:
        """Whether its keeper has gone, or never came and never will: one that is just starting has a runner."""
        starting = self.keeper is None and self.runner is not None and self.runner.alive()
        return not self.alive and not starting


def place(run: str, driver: str) -> Path:
    """The folder of a run: where a reboot does not remove it if the lab may outlive one."""
    return (paths.lasting() if outlives_keeper(driver) else paths.runtime()) / run


def claim(order: Order) -> None:
    """Make the run's folder, before anything else of the run exists."""
    order.runtime.mkdir(mode=0o700, parents=True)
    if order.outlives_keeper:
        persisted.save(order)
    _dump(order, None)


def write(order: Order) -> None:
    """Say which process keeps the run; called by the keeper."""
    _dump(order, Identity.of(os.getpid()))


def _dump(order: Order, keeper: Identity | None) -> None:
    data = {
        "run": order.run,
        "title": order.title,
        "directory": str(order.directory),
        "driver": order.driver,
        "lab": order.spec.name,
        "runner": asdict(order.runner),
        "keeper": asdict(keeper) if keeper else None,
    }
    persisted.put(order.runtime / FACTS, json.dumps(data).encode(), durably=order.outlives_keeper)


def remove(order: Order) -> None:
    """The run is over: nothing of it is left to find."""
    shutil.rmtree(order.runtime, ignore_errors=True)


def everything() -> tuple[Running, ...]:
    """All runs and labs that have a folder, the oldest first."""
    folders = sorted((folder for base in paths.running() for folder in base.iterdir()), key=lambda one: one.name)
    return tuple(running for folder in folders if (running := _read(folder)) is not None)


def _read(folder: Path) -> Running | None:
    """What a folder says; None when it is not said yet, or not any more: runs begin and end meanwhile."""
    try:
        data = json.loads((folder / FACTS).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    keeper, runner = data["keeper"], data["runner"]
    return Running(
        data["run"],
        data["title"],
        folder,
        Path(data["directory"]),
        Identity(**keeper) if keeper else None,
        Identity(**runner) if runner else None,
        data.get("driver", NATIVE),
        data.get("lab", ""),
    )


def find(text: str) -> Running:
    """The living run or lab of that id or title, or the only one whose id holds that text.

    Raises:
        UsageError: none, or several.
    """
    living = [running for running in everything() if running.alive]
    exact = [running for running in living if text in (running.run, running.title)]
    matches = exact or [running for running in living if text in running.run]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(running.run for running in living) or "none"
    if matches:
        raise UsageError(f"{text!r} may be any of: {', '.join(running.run for running in matches)}")
    hint = did_you_mean(text, [running.title for running in living])
    raise UsageError(f"nothing called {text!r} is running", remedy=f"{hint}Running: {names}.")
