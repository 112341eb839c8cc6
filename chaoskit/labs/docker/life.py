"""What is known of a container's life: its state, its init and its network, held open and told of at every turn.

Two things tell of it: the engine's events, and the end of its init, which a pidfd shows some ten milliseconds before
the engine has noticed.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import HostState, Status
from chaoskit.core.topology import HostInfo
from chaoskit.kernel import procfs
from chaoskit.labs.change import HostChange
from chaoskit.labs.docker.networks import Networks
from chaoskit.labs.docker.poller import Poller
from chaoskit.labs.docker.process import hold
from chaoskit.labs.docker.reading import Reading, as_exit_code


class Life:
    """The life of one container, whichever one it is. Safe to use from several threads.

    `changed` guards the state, is never held while the engine is asked, and is notified on every turn.

    Args:
        info: what the host is in the topology.
        notify: called at every turn, on threads of the driver; it must not block.
        poller: waits for the end of its init.
        networks: of a lab of ours; None where a dead container's network is gone with it.
    """

    def __init__(
        self, info: HostInfo, notify: Callable[[HostChange], None], poller: Poller, networks: Networks | None
    ) -> None:
        self.info = info
        self.changed = threading.Condition()
        self.state = HostState.CREATED
        self.pid: int | None = None
        self._notify = notify
        self._poller = poller
        self._networks = networks
        self._pidfd: int | None = None
        self._netns: int | None = None
        self._ended_at = 0
        self._exit_code: int | None = None
        self._healthy: bool | None = None
        self._restarts = 0
        self._restarting = False
        self._cut = False

    def status(self, *, ending: bool) -> Status:
        """State, pid and health; `ending` of a daemon that still runs."""
        with self.changed:
            healthy = self._healthy if self.pid is not None else None
            ends = ending and self.pid is not None
            return Status(self.state, self.pid, healthy, self._exit_code, self._restarts, ends)

    @property
    def restart_due(self) -> bool:
        """Whether its daemon ended and the engine is going to start it again by itself."""
        with self.changed:
            return self._restarting

    def netns(self) -> Path:
        """A path of this process that other processes of the same user may open.

        Raises:
            LabError: it has none.
        """
        with self.changed:
            if self._netns is None:
                raise LabError(f"host {self.info.name} is {self.state}: it has no network namespace")
            return Path(f"/proc/{os.getpid()}/fd/{self._netns}")

    def is_settled(self) -> bool:
        """Whether the daemon runs, or its end was told; one whose last threads are ending does neither."""
        if self.pid is None:
            return self.state is not HostState.RUNNING
        try:
            return procfs.state(self.pid) not in "ZX"
        except ProcessLookupError:
            return False

    def send(self, number: int) -> bool:
        """Signal the init; False when none runs."""
        with self.changed:
            if self._pidfd is None:
                return False
            try:
                signal.pidfd_send_signal(self._pidfd, number)
            except ProcessLookupError:
                return False
            return True

    def renew(self) -> None:
        """It is about to be started: a cut of its network is over with its next one."""
        self._cut = False

    def cut(self) -> None:
        """Give its network up at once, so that nothing answers for it any more; its end is not told as one then."""
        with self.changed:
            netns, self._netns, self._cut = self._netns, None, True
        if netns is not None:
            if self._networks is not None:
                self._networks.cut(self.info.name, netns)
            os.close(netns)

    def close(self) -> None:
        """Let go of what is open; the container stays as it is."""
        with self.changed:
            fds = [fd for fd in (self._pidfd, self._netns) if fd is not None]
            if self._pidfd is not None:
                self._poller.forget(self._pidfd)
            self._pidfd = self.pid = self._netns = None
        for fd in fds:
            os.close(fd)

    def take(self, reading: Reading, container: str, t: int) -> None:
        """Take note of what the engine says of the container now."""
        with self.changed:
            self._restarts, self._restarting = reading.restarts, reading.restarting
            same = reading.pid == self.pid
            self._healthy = reading.healthy
        if reading.pid is not None and not same:
            self._begin(reading.pid, container, t)
        if reading.pid is None and self.state is HostState.CREATED and reading.ended:
            self.end(t, reading.exit_code)
        if reading.pid is not None and reading.paused != (self.state is HostState.PAUSED):
            self.turn(*((HostState.PAUSED, "paused") if reading.paused else (HostState.RUNNING, "resumed")), t)

    def end(self, t: int, exit_code: int) -> None:
        """Take note of the engine's word that the daemon ended."""
        self._on_process_end()
        with self.changed:
            self._exit_code = as_exit_code(exit_code)
            self._healthy = None
            t = min(t, self._ended_at or t)
            off = self._cut
        if not off:
            self.turn(HostState.EXITED, "exited", t)

    def check(self, t: int, *, healthy: bool) -> None:
        """Take note of a healthcheck that changed its mind."""
        with self.changed:
            self._healthy = healthy
        self.turn(self.state, "healthy" if healthy else "unhealthy", t)

    def turn(self, state: HostState, reason: str, t: int | None = None, *, new_network: bool = False) -> None:
        """Enter a state and tell everybody who waits or listens; what was told already is not told again."""
        with self.changed:
            if state is self.state and reason not in ("started", "healthy", "unhealthy"):
                return
            self.state = state
            moment = t if t is not None else time.monotonic_ns()
            change = HostChange(moment, self.info.name, state, self.pid, self._exit_code, reason, new_network)
            self.changed.notify_all()
        self._notify(change)

    def _begin(self, pid: int, container: str, t: int) -> None:
        """A daemon runs: hold its process and its network."""
        held = hold(pid, container)
        if held is None:
            return  # it has ended already; the engine tells how
        pidfd, netns = held
        with self.changed:
            old, self._netns = self._netns, netns
            renewed = self.state is not HostState.CREATED
            if self._pidfd is not None:
                self._poller.forget(self._pidfd)
                os.close(self._pidfd)
            self._pidfd, self.pid, self._restarting = pidfd, pid, False
        self._tell_networks(netns)
        if old is not None:
            os.close(old)
        self._poller.watch(pidfd, self._on_process_end)
        self.turn(HostState.RUNNING, "started", t, new_network=renewed)

    def _tell_networks(self, netns: int) -> None:
        if self._networks is None:
            return
        try:
            self._networks.started(self.info.name, netns)
        except OSError as error:
            why = f"its network is not as it should be: {error}"
            self._notify(HostChange(time.monotonic_ns(), self.info.name, self.state, self.pid, None, why))

    def _on_process_end(self) -> None:
        """The init ended, and every process of the container with it; how, the engine is going to tell."""
        with self.changed:
            self._ended_at = time.monotonic_ns()
            if self._pidfd is None:
                return
            self._poller.forget(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = self.pid = None
            netns = self._netns
            self.changed.notify_all()
        if netns is None or (self._networks is not None and self._keep(netns)):
            return
        with self.changed:
            self._netns = None
        os.close(netns)

    def _keep(self, netns: int) -> bool:
        """Have the network outlive the daemon; where that fails, it is told and the host is silent."""
        assert self._networks is not None
        try:
            self._networks.ended(self.info.name, netns)
        except OSError as error:
            why = f"its network is gone: {error}"
            self._notify(HostChange(self._ended_at, self.info.name, self.state, None, None, why))
            return False
        return True
