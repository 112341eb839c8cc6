"""Runs that were killed, as they are found: a folder, an order, a journal, and a lab in memory that is still up."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError, LabGone
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.engine import facts
from chaoskit.engine.journal import FILE, Journal
from chaoskit.engine.ledger import Ledger
from chaoskit.engine.order import Order
from chaoskit.kernel.identity import Identity
from chaoskit.labs.attachment import Attachment
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.spec import LabSpec
from chaoskit.testing import FakeClock, FakeLab, two_regions
from chaoskit.testing.lab import FakeHost
from tests.support import lasting

DRIVER = "memory"


@dataclass
class World:
    """What the driver's labs are about: hosts that outlive every lab object.

    Attributes:
        lab: its hosts; None when nothing is there any more.
        gone: hosts that somebody has removed.
        trouble: why nobody can tell.
        stubborn: why it will not be taken down.
        downs: how often it was taken down.
    """

    lab: FakeLab | None = field(default_factory=lambda: FakeLab(two_regions()))
    gone: frozenset[str] = frozenset()
    trouble: str = ""
    stubborn: str = ""
    downs: int = 0


WORLD = World()


class MemoryLab:
    """A `DriverLab` in that world."""

    outlives_keeper = True

    def __init__(self, spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> None:
        del directory, run, notify
        self.topology = spec.topology
        self._guest = spec.attachment is not None
        self.hosts: Mapping[str, FakeHost] = {}

    def logs(self, host: str) -> Path:
        """Nobody writes any."""
        return Path(host)

    def up(self, timeout_s: float) -> Timings:
        """It is."""
        return Timings(0, 0, 0)

    def take_over(self) -> None:
        """Have the world's hosts."""
        if WORLD.trouble:
            raise LabError(WORLD.trouble)
        if WORLD.lab is None:
            raise LabGone("nothing is there")
        self.hosts = {name: host for name, host in WORLD.lab.hosts.items() if name not in WORLD.gone}

    def down(self) -> None:
        """Take the world down, unless it is somebody else's."""
        if WORLD.stubborn:
            raise LabError(WORLD.stubborn)
        WORLD.downs += 1
        if not self._guest:
            WORLD.lab = None

    def left(self) -> Sequence[str]:
        """Whether it is there."""
        if WORLD.trouble:
            raise LabError(WORLD.trouble)
        return () if WORLD.lab is None or self._guest else ("the world",)

    def identities(self) -> Sequence[tuple[str, Identity]]:
        """None."""
        return ()

    def cgroups(self) -> Sequence[Path]:
        """None."""
        return ()


@dataclass(frozen=True)
class Killed:
    """A run of which no process is left."""

    order: Order

    @property
    def journal(self) -> Path:
        """Its journal."""
        return self.order.directory / FILE

    def did(self, action: str, *steps: Step) -> None:
        """Have its keeper done this before it was killed; the clock is that of January 2026."""
        assert WORLD.lab
        clock = FakeClock(utc=1_769_853_600)
        ledger = Ledger(WORLD.lab, Journal(self.journal), clock)
        ledger._count = sum(1 for _ in self.journal.read_text().splitlines())
        ledger.apply(action, steps, clock.now() + 60 * NS)


def places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of a test's own for what runs, and the driver installed; the world begins anew."""
    for name, value in {"XDG_RUNTIME_DIR": "runtime", "XDG_STATE_HOME": "state"}.items():
        (folder / value).mkdir()
        monkeypatch.setenv(name, str(folder / value))
    for name, value in lasting.install(folder / "site", DRIVER, f"{__name__}:MemoryLab").items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(folder / "site"))
    WORLD.__init__()  # type: ignore[misc]  the one world there is


def killed(folder: Path, *, guest: bool = False, driver: str = DRIVER) -> Killed:
    """A run whose lab is up, and whose runner and keeper were killed."""
    with subprocess.Popen(["sleep", "30"]) as gone:
        identity = Identity.of(gone.pid)
        gone.kill()
    attachment = Attachment("shop") if guest else None
    spec = LabSpec("shop", (), two_regions(), (), attachment=attachment)
    directory = folder / "run-a"
    directory.mkdir()
    order = Order("run-a", "shop.outage", driver, spec, directory, facts.place("run-a", driver), identity)
    facts.claim(order)
    Journal(directory / FILE).close()
    return Killed(order)
