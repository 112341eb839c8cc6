"""The write-ahead journal: what undo needs, on disk before anything is done.

One JSON object a line, each flushed to the disk before the call returns. Rows:

    cgroup   a control group that is about to be made    process  something that must not outlive the run
    step     a step that is about to be done, with what its undo needs
    one-shot the same of a step that cannot be undone
    undone   the step was undone                         failed   its undo failed, and how
    closed   the lab was taken down; nothing is left to do
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.step import Json
from chaoskit.kernel.identity import Identity

FILE = "journal.jsonl"


class Journal:
    """Appends rows; nothing a row speaks of may happen before its call has returned. For several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        _sync_folder(path.parent)

    def write(self, *rows: Mapping[str, Json]) -> None:
        """Append rows and wait until the disk has them.

        Raises:
            ChaoskitError: the disk would not take them; what they speak of must not be done.
        """
        data = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()
        with self._lock:
            size = os.fstat(self._fd).st_size
            try:
                _write(self._fd, data)
                os.fdatasync(self._fd)
            except OSError as error:
                self._cut(size)
                raise ChaoskitError(
                    f"cannot write the journal {self.path}: {error.strerror}",
                    remedy="Nothing is done that the journal does not hold. "
                    "Free space, or name another place with --runs.",
                ) from error

    def _cut(self, size: int) -> None:
        """Take back half a row: the next one must begin on a line of its own."""
        with contextlib.suppress(OSError):  # a device, or a disk that takes nothing at all: no later row either
            os.ftruncate(self._fd, size)

    def process(self, what: str, identity: Identity) -> None:
        """Record a process that must not outlive the run."""
        self.write({"row": "process", "what": what, **asdict(identity)})

    def conclude(self) -> None:
        """Write down that nothing is left to do.

        Raises:
            ChaoskitError: the disk would not take it.
        """
        self.write({"row": "closed"})

    def close(self) -> None:
        """Close the file; the journal stays."""
        os.close(self._fd)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _sync_folder(folder: Path) -> None:
    """Have the disk know the file's name as well: fsync(2) of a file does not see to that."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@dataclass(frozen=True)
class Pending:
    """A step that was written down and not undone.

    Attributes:
        begun: seconds since the Unix epoch.
        over: when it should have been undone at the latest, likewise.
        outside: it was done by a command on this machine, so that it did not end with a lab of ours.
    """

    number: int
    action: str
    step: Mapping[str, Json]
    prior: Mapping[str, Json]
    outside: bool = False
    begun: float | None = None
    over: float | None = None


@dataclass(frozen=True)
class Left:
    """What a journal says is still to be taken care of."""

    closed: bool
    pending: tuple[Pending, ...]
    processes: tuple[tuple[str, Identity], ...]
    cgroups: tuple[Path, ...]


NOTHING = Left(closed=True, pending=(), processes=(), cgroups=())
"""What is left where no journal was begun."""


def reopen(path: Path) -> Journal:
    """The journal of a process that is gone, to be written on; a torn last line goes.

    Raises:
        OSError: it cannot be opened.
    """
    os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
    return Journal(path)


def read(path: Path) -> Left:
    """What is left of a run, from its journal alone; a torn last line is what a power cut leaves, and is skipped."""
    pending: dict[int, Pending] = {}
    processes: list[tuple[str, Identity]] = []
    cgroups: list[Path] = []
    closed = False
    for row in _rows(path.read_text().splitlines(keepends=True)):
        match row:
            case {"row": "step", "n": int(n), "action": str(action), "step": dict(step), "prior": dict(prior)}:
                when = (_seconds(row.get("begun")), _seconds(row.get("over")))
                pending[n] = Pending(n, action, step, prior, row.get("outside") is True, *when)
            case {"row": "undone", "n": int(n)}:
                pending.pop(n, None)
            case {"row": "process", "what": str(what), "boot": str(boot), "pid": int(pid), "start": int(start)}:
                processes.append((what, Identity(boot, pid, start)))
            case {"row": "cgroup", "path": str(cgroup)}:
                cgroups.append(Path(cgroup))
            case {"row": "closed"}:
                closed = True
    return Left(closed, tuple(pending.values()), tuple(processes), tuple(cgroups))


def _seconds(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _rows(lines: Iterable[str]) -> Iterable[dict[str, Json]]:
    for line in lines:
        if line.endswith("\n"):
            row = json.loads(line)
            if isinstance(row, dict):
                yield row
