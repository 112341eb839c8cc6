"""What a keeper is told, and what it says of itself: the data between keeper and runner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaoskit.engine.ledger import ByItself
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import HostChange
from chaoskit.labs.drivers import outlives_keeper
from chaoskit.labs.spec import LabSpec

SOCKET = "keeper.sock"
FACTS = "run.json"


@dataclass(frozen=True)
class Order:
    """Which lab to keep, and where.

    Attributes:
        runtime: the run's own folder among those of what is running; it holds socket and facts.
        directory: the run directory, with `logs/` and the journal.
        title: what the run is, for `chaoskit lab ps` and `sweep`: an experiment's id or a lab's name.
        runner: who asked for it.
    """

    run: str
    title: str
    driver: str
    spec: LabSpec
    directory: Path
    runtime: Path
    runner: Identity

    @property
    def outlives_keeper(self) -> bool:
        """Whether the lab stays when its keeper is killed, so that another process has to undo and take down."""
        return outlives_keeper(self.driver)

    @property
    def is_guest(self) -> bool:
        """Whether its hosts are somebody else's and stay: what was done to them does not end with the run."""
        return self.spec.attachment is not None


@dataclass(frozen=True)
class Introduction:
    """What a keeper says first.

    Attributes:
        remarks: what its runner should know, such as that one thing may end them both.
    """

    identity: Identity
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mail:
    """Something somebody else said to a run: `stop` or `note`.

    Attributes:
        t: CLOCK_MONOTONIC ns.
    """

    t: int
    kind: str
    text: str


@dataclass(frozen=True)
class News:
    """What happened on a keeper's side since it was asked last.

    Attributes:
        by_itself: what the keeper did about actions that the runner did not ask for.
        gone: what holds the lab and is not there any more, such as the island's process.
    """

    changes: tuple[HostChange, ...]
    mail: tuple[Mail, ...]
    by_itself: tuple[ByItself, ...]
    gone: tuple[str, ...]
