"""The keeper as a process of its runner: started as its child or apart from it, and watched by a pidfd either way."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import BinaryIO

from chaoskit.kernel.identity import Identity

_CHILD, _APART = "chaoskit.engine.keeper", "chaoskit.engine.detached"


def launch(connection: int, lifeline: int, log: BinaryIO, *, apart: bool) -> subprocess.Popen[bytes]:
    """Start a keeper in a session of its own.

    Args:
        connection: the descriptor that it is asked by.
        lifeline: the descriptor by which it knows that this process is there.
        log: takes what it says.
        apart: whether it stops descending from this process. A native lab's does not, since the lab ends
            with it by the kernel's doing; where a lab outlives it, what ends this process must not end the keeper.
    """
    module = _APART if apart else _CHILD
    # What this process keeps of both is close-on-exec: no other child may hold the keeper's lifeline.
    return subprocess.Popen(
        [sys.executable, "-m", module, str(connection), str(lifeline)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=(connection, lifeline),
        start_new_session=True,
    )


@dataclass
class KeeperProcess:
    """A keeper that has introduced itself.

    Attributes:
        started: what was started; it is the keeper, or was its parent for a moment.
        pidfd: the keeper (pidfd_open(2)).
    """

    started: subprocess.Popen[bytes]
    pidfd: int
    _over: bool = False

    @classmethod
    def of(cls, started: subprocess.Popen[bytes], identity: Identity) -> KeeperProcess:
        """The process of that identity.

        Raises:
            ProcessLookupError: it has ended.
        """
        pidfd = os.pidfd_open(identity.pid)
        if not identity.alive():
            os.close(pidfd)
            raise ProcessLookupError(f"no process {identity.pid}")
        return cls(started, pidfd)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._over and not self._ended(0)

    def wait(self, timeout_s: float) -> bool:
        """Whether it ended within that time; nothing of it is left then."""
        if not self._over and self._ended(timeout_s):
            self.started.wait()
            os.close(self.pidfd)
            self._over = True
        return self._over

    def kill(self) -> None:
        """End it at once; nothing happens when it has ended."""
        if not self._over:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def _ended(self, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
