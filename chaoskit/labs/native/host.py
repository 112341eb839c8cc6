"""A host of a native lab, as `chaoskit.core.host.Host` wants it. Safe to use from several threads."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState, Status
from chaoskit.core.topology import HostInfo
from chaoskit.kernel import procfs
from chaoskit.labs.change import HostChange
from chaoskit.labs.native import exchange, messages, pausing, restart
from chaoskit.labs.native.client import Answer, Island
from chaoskit.labs.native.health import Health
from chaoskit.labs.native.order import Seen
from chaoskit.labs.native.timers import Timers
from chaoskit.labs.spec import HostSpec

_LONGEST_CALL = 30.0
_KILLED = 10.0
_CANNOT_EXECUTE = 126
"""What a shell gives as the exit status of a program that could not be executed."""


class NativeHost:
    """One host: its state, kept up to date by the island's events, and what can be done to it.

    Two locks: `_operation` lets one caller at a time start, stop or pause the host; `_changed` guards
    the state, is never held while waiting for the island, and is notified on every turn.
    """

    def __init__(
        self,
        spec: HostSpec,
        info: HostInfo,
        island: Island,
        timers: Timers,
        notify: Callable[[HostChange], None],
    ) -> None:
        self._spec = spec
        self._info = info
        self._island = island
        self._timers = timers
        self._notify = notify
        self._operation = threading.RLock()
        self._changed = threading.Condition()
        self._state = HostState.CREATED
        self._netns: int | None = None
        self._pidfd: int | None = None
        self._pid: int | None = None
        self._exit_code: int | None = None
        self._restarts = 0
        self._started_at = 0
        self._delay = 0
        self._asked_to_end = False
        self._ever_started = False
        self._restart_due = False
        self._health: Health | None = None

    @property
    def info(self) -> HostInfo:
        """Name, labels and addresses."""
        return self._info

    def status(self) -> Status:
        """State, pid and health."""
        with self._changed:
            ending = self._asked_to_end and self._pidfd is not None
            return Status(self._state, self._pid, self._healthy(), self._exit_code, self._restarts, ending)

    @property
    def started_at(self) -> int:
        """When the daemon was executed last, ns of CLOCK_MONOTONIC; 0 before the first time."""
        with self._changed:
            return self._started_at

    def seen(self) -> Seen:
        """How far the host has come, for the order of dependencies."""
        with self._changed:
            over = self._state is HostState.EXITED and not self._restart_due
            return Seen(self._ever_started, self._healthy(), self._exit_code if over else None)

    @property
    def complaint(self) -> str:
        """What the last healthcheck wrote."""
        with self._changed:
            return self._health.output if self._health else ""

    def netns(self) -> Path:
        """A path of this process that other processes of the same user may open."""
        with self._changed:
            if self._netns is None:
                raise LabError(f"host {self._info.name} is powered off: it has no network namespace")
            return Path(f"/proc/{os.getpid()}/fd/{self._netns}")

    def connect(self) -> None:
        """Make the network namespace with its links; nothing to do when it is there."""
        with self._operation:
            if self._netns is None:
                self.connected(self._island.call(messages.Connect(self._info.name)).future.result(_LONGEST_CALL).fds[0])

    def connected(self, netns: int) -> None:
        """Take over the open network namespace."""
        with self._changed:
            self._netns = netns

    def start(self) -> None:
        """Start the daemon; after a power-off the host gets its addresses and MACs again first."""
        with self._operation:
            if self.status().ending:
                self._send(signal.SIGKILL)  # its grace is over: whoever starts it does not want to wait for it
                self._must_end()
            if self._is_ending():
                self._must_end()
            with self._changed:
                if self._pidfd is not None:
                    return
                self._asked_to_end = False
                self._restart_due = False
            self.connect()
            self._launch()

    def stop(self, *, wait: bool = True) -> None:
        """The service's stop signal, then SIGKILL after its grace period; it is not restarted."""
        with self._operation:
            self._ask_to_end()
            pid = self.status().pid
            if not self._send(_number(self._spec.stop_signal)):
                return
            if self._state is HostState.PAUSED:
                self.resume()
            self._timers.after(self._spec.stop_grace, lambda: self._end_grace(pid))
            if wait and not self._wait_ended(self._spec.stop_grace / 1e9):
                self._end_grace(pid)
                self._must_end()

    def _end_grace(self, pid: int | None) -> None:
        """SIGKILL for a daemon that was asked to end and is still the same."""
        with self._changed:
            if self._asked_to_end and self._pid == pid:
                self._send(signal.SIGKILL)

    def kill(self, signal: int) -> None:
        """Send a signal to the init from outside; a restart policy applies."""
        if not self._send(signal):
            raise LabError(f"host {self._info.name} cannot be sent a signal: its daemon does not run")

    def power_off(self) -> None:
        """Cut the links, kill every process, give the namespaces up."""
        with self._operation:
            self._ask_to_end()
            if self._netns is None:
                return
            with self._changed:
                netns, self._netns = self._netns, None
            self._island.call(messages.Disconnect(self._info.name)).future.result(_LONGEST_CALL)
            os.close(netns)
            self._must_end()
            self._turn(HostState.OFF, "powered off")

    def pause(self) -> None:
        """SIGSTOP every process of the host: SIGKILL still ends it, unlike a frozen cgroup."""
        with self._operation:
            self._require_running("paused")
            if self._state is HostState.PAUSED:
                return
            pausing.stop(self._info.name, self.status().pid, self._send, self._signal_others)
            self._turn(HostState.PAUSED, "paused")

    def resume(self) -> None:
        """SIGCONT every process of the host."""
        with self._operation:
            if self._state is not HostState.PAUSED:
                return
            pausing.go_on(self._send, self._signal_others)
            self._turn(HostState.RUNNING, "resumed")

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Run a command with the host's namespaces, user, limits and environment."""
        with self._changed:
            state = self._state
        if state is not HostState.RUNNING:
            raise LabError(f"nothing can run in host {self._info.name}: it is {state}")
        return exchange.run(self._island, self._info.name, argv, timeout, stdin)

    def on_started(self, t: int, pidfd: int) -> None:
        """The island executed the daemon."""
        with self._changed:
            self._pidfd = pidfd
            self._pid = procfs.pid_of(pidfd)
            self._started_at = t
            self._ever_started = True
            if self._spec.healthcheck:
                self._health = Health(
                    self._spec.healthcheck,
                    self._info.name,
                    self._island,
                    self._timers,
                    may_ask=lambda: self._state is HostState.RUNNING,
                    on_change=lambda good: self._turn(self._state, "healthy" if good else "unhealthy"),
                )
        self._turn(HostState.RUNNING, "started", t)

    def on_exited(self, t: int, exit_code: int) -> None:
        """The daemon ended, and every process of the host with it."""
        with self._changed:
            if self._health:
                self._health.stop()
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = self._pid = None
            self._exit_code = exit_code
            delay = self._next_delay(exit_code, t - self._started_at)
        self._turn(HostState.EXITED, "exited", t)
        if delay is not None:
            self._timers.after(delay, self._restart)

    def on_island_gone(self) -> None:
        """The lab's process ended, and the host with it."""
        with self._changed:
            if self._health:
                self._health.stop()
            fds = [fd for fd in (self._pidfd, self._netns) if fd is not None]
            self._pidfd = self._pid = self._netns = None
            self._restart_due = False
        messages.close_all(fds)
        if self._state is not HostState.OFF:
            self._turn(HostState.OFF, "lab down")

    def _healthy(self) -> bool | None:
        return self._health.healthy if self._health and self._pidfd is not None else None

    def _launch(self) -> None:
        name = self._info.name
        try:
            self._island.call(messages.Start(name)).future.result(_LONGEST_CALL)
        except LabError as error:
            raise LabError(f"{self._spec.where}: host {name} does not start: {error}") from error

    def _restart(self) -> None:
        """Start again by the restart policy, unless somebody else decided meanwhile. Does not block."""
        with self._changed:
            if not self._restart_due or self._asked_to_end or self._pidfd is not None:
                return
            self._restart_due = False
            self._restarts += 1
        self._island.call(messages.Start(self._info.name)).future.add_done_callback(self._restarted)

    def _restarted(self, start: Future[Answer]) -> None:
        """A start that fails counts as an end at once: the restart policy says whether there is another."""
        error = start.exception()
        with self._changed:
            if error is None or self._netns is None:
                return
            delay = self._next_delay(_CANNOT_EXECUTE, 0)
        self._turn(HostState.EXITED, f"does not start: {error}")
        if delay is not None:
            self._timers.after(delay, self._restart)

    def _next_delay(self, exit_code: int, ran: int) -> int | None:
        """Nanoseconds until the restart policy starts the daemon again, None for never; with the lock held."""
        ended = restart.Ended(exit_code, self._asked_to_end, ran, self._delay, self._restarts)
        delay = restart.next_delay(self._spec.restart, ended)
        self._restart_due = delay is not None
        self._delay = delay or 0
        return delay

    def _ask_to_end(self) -> None:
        with self._changed:
            self._asked_to_end = True
            self._restart_due = False

    def _is_ending(self) -> bool:
        """Whether the init has ended though the island has not told yet, or only the last of its threads are left."""
        with self._changed:
            if self._pidfd is None or self._pid is None:
                return False
            with contextlib.suppress(ProcessLookupError):
                if procfs.state(self._pid) in "ZX":
                    return True
            ready = select.poll()
            ready.register(self._pidfd, select.POLLIN)
            return bool(ready.poll(0))

    def _send(self, number: int) -> bool:
        """Signal the init; False when none runs."""
        with self._changed:
            if self._pidfd is None:
                return False
            try:
                signal.pidfd_send_signal(self._pidfd, number)
            except ProcessLookupError:
                return False
            return True

    def _signal_others(self, number: int) -> None:
        self._island.call(messages.Signal(self._info.name, number)).future.result(_LONGEST_CALL)

    def _require_running(self, what: str) -> None:
        with self._changed:
            if self._pidfd is None:
                raise LabError(f"host {self._info.name} cannot be {what}: it is {self._state}")

    def _wait_ended(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._pidfd is None, seconds)

    def _must_end(self) -> None:
        if not self._wait_ended(_KILLED):
            raise LabError(f"host {self._info.name} does not end on SIGKILL")

    def _turn(self, state: HostState, reason: str, t: int | None = None) -> None:
        """Enter a state and tell everybody who waits or listens."""
        with self._changed:
            self._state = state
            change = HostChange(t or time.monotonic_ns(), self._info.name, state, self._pid, self._exit_code, reason)
            self._changed.notify_all()
        self._notify(change)


def _number(name: str) -> int:
    word = name.upper()
    if word.isdigit():
        return int(word)
    return signal.Signals[word if word.startswith("SIG") else f"SIG{word}"]
