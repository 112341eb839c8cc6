"""A container of an engine on another machine: what the engine's API alone can do to it."""

from __future__ import annotations

import signal as signals
from collections.abc import Sequence
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState
from chaoskit.labs.docker.host import DockerHost

_BESIDE = "Run chaoskit beside the engine: see compose/chaoskit.yaml."


class Elsewhere(DockerHost):
    """A host whose processes and namespaces are not this machine's.

    Its pid is the engine's word for it and means nothing here: it is compared, and never looked up or signalled.
    """

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

    def _begin(self, pid: int, t: int) -> None:
        with self._changed:
            renewed = self._state is not HostState.CREATED
            self._pid, self._restarting = pid, False
        self._turn(HostState.RUNNING, "started", t, new_network=renewed)

    def _on_process_end(self) -> None:
        with self._changed:
            self._pid = None
            self._changed.notify_all()
