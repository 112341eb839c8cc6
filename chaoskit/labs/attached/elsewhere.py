"""A container of an engine on another machine: what the engine's API alone can do to it."""

from __future__ import annotations

import signal as signals
from collections.abc import Sequence
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState
from chaoskit.labs.docker.host import DockerHost
from chaoskit.labs.docker.life import Life

_BESIDE = "Run chaoskit beside the engine: see compose/chaoskit.yaml."


class _ToldOnly(Life):
    """A life of which the engine alone tells: the pid means nothing here, is compared, and never looked up."""

    def is_settled(self) -> bool:
        return self.pid is not None or self.state is not HostState.RUNNING

    def _begin(self, pid: int, _container: str, t: int) -> None:
        with self.changed:
            renewed = self.state is not HostState.CREATED
            self.pid, self._restarting = pid, False
        self.turn(HostState.RUNNING, "started", t, new_network=renewed)

    def _on_process_end(self) -> None:
        with self.changed:
            self.pid = None
            self.changed.notify_all()


class Elsewhere(DockerHost):
    """A host whose processes and namespaces are not this machine's."""

    LIFE = _ToldOnly

    def netns(self) -> Path:
        """It cannot be entered.

        Raises:
            LabError: always.
        """
        raise LabError(f"{self.info.name} runs on another machine: its network cannot be entered", remedy=_BESIDE)

    def kill(self, signal: int) -> None:
        """Signal the init by the engine, which does not apply the restart policy then; undoing starts it again."""
        with self._errors("sent a signal"):
            self._api.kill(self.container, signals.Signals(signal).name)

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """It cannot be bounded in time from here.

        Raises:
            LabError: always.
        """
        raise LabError(f"{self.info.name} runs on another machine: no command is run in it", remedy=_BESIDE)
