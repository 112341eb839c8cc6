"""A container as `chaoskit.core.host.Host` wants it, whoever brought it up. Safe to use from several threads.

Two things tell of its life: the engine's events, and the end of its init, which a pidfd shows some ten milliseconds
before the engine has noticed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import docker

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState, Status
from chaoskit.core.topology import HostInfo
from chaoskit.kernel import procfs
from chaoskit.labs.change import HostChange
from chaoskit.labs.docker import command
from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.networks import Networks
from chaoskit.labs.docker.poller import Poller
from chaoskit.labs.docker.process import hold, in_background
from chaoskit.labs.docker.reading import Reading, as_exit_code

_KILLED = 10.0
_STARTED = 30.0
_LOOK_EVERY = 0.05
_HEALTH = "health_status: "


class DockerHost:
    """One host: its state, kept up to date by events, and what can be done to it.

    Two locks: `_operation` lets one caller at a time start, stop or pause the host; `_changed` guards the state, is
    never held while the engine is asked, and is notified on every turn.

    Args:
        client: a connection to the engine, which stays the caller's.
        info: what the host is in the topology.
        notify: called at every turn of its life, on threads of the driver; it must not block.
        poller: waits for the end of its init.
        networks: of a lab of ours; None where a dead container's network is gone with it.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        info: HostInfo,
        notify: Callable[[HostChange], None],
        poller: Poller,
        networks: Networks | None = None,
    ) -> None:
        self._api = client.api
        self._info = info
        self._notify = notify
        self._poller = poller
        self._networks = networks
        self._container = ""
        self._operation = threading.RLock()
        self._changed = threading.Condition()
        self._state = HostState.CREATED
        self._pid: int | None = None
        self._pidfd: int | None = None
        self._netns: int | None = None
        self._ended_at = 0
        self._exit_code: int | None = None
        self._healthy: bool | None = None
        self._restarts = 0
        self._restarting = False
        self._cut = False
        self._stopping: Future[None] | None = None

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def info(self) -> HostInfo:
        """Name, labels and addresses."""
        return self._info

    @property
    def container(self) -> str:
        """The container's id; empty before it was made."""
        return self._container

    def bind(self, container: str) -> None:
        """Be this container; `look` says what state it is in."""
        self._container = container

    def status(self) -> Status:
        """State, pid and health."""
        with self._changed:
            ending = self._stopping is not None and not self._stopping.done() and self._pid is not None
            healthy = self._healthy if self._pid is not None else None
            return Status(self._state, self._pid, healthy, self._exit_code, self._restarts, ending)

    @property
    def restart_due(self) -> bool:
        """Whether its daemon ended and the engine is going to start it again by itself."""
        with self._changed:
            return self._restarting

    def netns(self) -> Path:
        """A path of this process that other processes of the same user may open."""
        with self._changed:
            if self._netns is None:
                raise LabError(f"host {self._info.name} is {self._state}: it has no network namespace")
            return Path(f"/proc/{os.getpid()}/fd/{self._netns}")

    def look(self) -> None:
        """Ask the engine how the container is, and take note.

        Raises:
            LabError: the engine does not answer, or has no such container.
        """
        self._take(self._read(), time.monotonic_ns())

    # ---- what can be done to it ----------------------------------------------------------------

    def start(self) -> None:
        """Start the daemon; in Docker always with a network namespace of its own, which has addresses and MACs anew."""
        with self._operation:
            if self.status().ending:
                self._send(signal.SIGKILL)  # its grace is over: whoever starts it does not want to wait for it
            self._await_end_of_what_ends()
            if self.status().pid is not None:
                return
            self._cut = False
            with self._errors("started"):
                self._api.start(self._container)
            self._await(lambda: self._pid is not None and self._state is HostState.RUNNING, _STARTED, "does not start")

    def stop(self, *, wait: bool = True) -> None:
        """The stop signal, then SIGKILL after the grace period; it is not restarted."""
        with self._operation:
            self.resume()
            if self._stopping is None or self._stopping.done():
                self._stopping = in_background(self._stop, f"docker stop {self._info.name}")
            if wait:
                self._stopping.result()
                self._await(lambda: self._pid is None, _KILLED, "does not end")

    def kill(self, signal: int) -> None:
        """Send a signal to the init from outside, never by the engine, which would not restart it then."""
        if not self._send(signal):
            raise LabError(f"host {self._info.name} cannot be sent a signal: its daemon does not run")
        self._thaw_the_doomed(signal)

    def power_off(self) -> None:
        """Cut the links, kill every process by the engine, which then does not restart it; give the network up."""
        with self._operation:
            if self._state is HostState.OFF:
                return
            with self._changed:
                netns, self._netns, self._cut = self._netns, None, True
            if netns is not None:
                if self._networks is not None:
                    self._networks.cut(self._info.name, netns)
                os.close(netns)
            self._end_for_good()
            self._turn(HostState.OFF, "powered off")

    def pause(self) -> None:
        """Freeze the container by its control group."""
        with self._operation:
            if self.status().state is HostState.PAUSED:
                return
            if self.status().pid is None:
                raise LabError(f"host {self._info.name} cannot be paused: it is {self._state}")
            with self._errors("paused"):
                self._api.pause(self._container)
            self._turn(HostState.PAUSED, "paused")

    def resume(self) -> None:
        """Thaw the container."""
        with self._operation:
            if self.status().state is HostState.PAUSED:
                with self._errors("resumed"):
                    self._api.unpause(self._container)
                self._turn(HostState.RUNNING, "resumed")

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Run a command in the container, as its user and under its limits."""
        state = self.status().state
        if state is not HostState.RUNNING:
            raise LabError(f"nothing can run in host {self._info.name}: it is {state}")
        return command.run(self._api, self._container, self._info.name, argv, timeout=timeout, stdin=stdin)

    def close(self) -> None:
        """Let go of what is open; the container stays as it is."""
        with self._changed:
            fds = [fd for fd in (self._pidfd, self._netns) if fd is not None]
            if self._pidfd is not None:
                self._poller.forget(self._pidfd)
            self._pidfd = self._pid = self._netns = None
        for fd in fds:
            os.close(fd)

    def gone(self) -> None:
        """The container was removed."""
        self.close()
        if self._state is not HostState.OFF:
            self._turn(HostState.OFF, "lab down")

    # ---- what becomes of it --------------------------------------------------------------------

    def on_event(self, action: str, attributes: Mapping[str, str], t: int) -> None:
        """The engine told of a container's turn (Docker Engine API, events of containers)."""
        if action == "die":
            self._on_end(t, int(attributes.get("exitCode", 0)))
        elif action in ("start", "pause", "unpause"):
            with contextlib.suppress(LabError):  # it is gone again already, and that will be told as well
                self._take(self._read(), t)
        elif action == "destroy":
            self.gone()
        elif action.startswith(_HEALTH):
            self._on_health(action.removeprefix(_HEALTH) == "healthy", t)

    def _take(self, reading: Reading, t: int) -> None:
        with self._changed:
            self._restarts, self._restarting = reading.restarts, reading.restarting
            same = reading.pid == self._pid
            self._healthy = reading.healthy
        if reading.pid is not None and not same:
            self._begin(reading.pid, t)
        if reading.pid is None and self._state is HostState.CREATED and reading.ended:
            self._on_end(t, reading.exit_code)
        if reading.pid is not None and reading.paused != (self._state is HostState.PAUSED):
            self._turn(*((HostState.PAUSED, "paused") if reading.paused else (HostState.RUNNING, "resumed")), t)

    def _begin(self, pid: int, t: int) -> None:
        """A daemon runs: hold its process and its network."""
        held = hold(pid, self._container)
        if held is None:
            return  # it has ended already; the engine tells how
        pidfd, netns = held
        with self._changed:
            old, self._netns = self._netns, netns
            renewed = self._state is not HostState.CREATED
            if self._pidfd is not None:
                self._poller.forget(self._pidfd)
                os.close(self._pidfd)
            self._pidfd, self._pid, self._restarting = pidfd, pid, False
        self._tell_networks(netns)
        if old is not None:
            os.close(old)
        self._poller.watch(pidfd, self._on_process_end)
        self._turn(HostState.RUNNING, "started", t, new_network=renewed)

    def _tell_networks(self, netns: int) -> None:
        if self._networks is None:
            return
        try:
            self._networks.started(self._info.name, netns)
        except OSError as error:
            why = f"its network is not as it should be: {error}"
            self._notify(HostChange(time.monotonic_ns(), self._info.name, self._state, self._pid, None, why))

    def _on_process_end(self) -> None:
        """The init ended, and every process of the container with it; how, the engine is going to tell."""
        with self._changed:
            self._ended_at = time.monotonic_ns()
            if self._pidfd is None:
                return
            self._poller.forget(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = self._pid = None
            netns = self._netns
            self._changed.notify_all()
        if netns is None or (self._networks is not None and self._keep(netns)):
            return
        with self._changed:
            self._netns = None
        os.close(netns)

    def _keep(self, netns: int) -> bool:
        """Have the network outlive the daemon; where that fails, it is told and the host is silent."""
        assert self._networks is not None
        try:
            self._networks.ended(self._info.name, netns)
        except OSError as error:
            why = f"its network is gone: {error}"
            self._notify(HostChange(self._ended_at, self._info.name, self._state, None, None, why))
            return False
        return True

    def _on_end(self, t: int, exit_code: int) -> None:
        self._on_process_end()
        with self._changed:
            self._exit_code = as_exit_code(exit_code)
            self._healthy = None
            t = min(t, self._ended_at or t)
            off = self._cut
        if not off:
            self._turn(HostState.EXITED, "exited", t)

    def _on_health(self, healthy: bool, t: int) -> None:
        with self._changed:
            self._healthy = healthy
        self._turn(self._state, "healthy" if healthy else "unhealthy", t)

    def _turn(self, state: HostState, reason: str, t: int | None = None, *, new_network: bool = False) -> None:
        """Enter a state and tell everybody who waits or listens; what was told already is not told again."""
        with self._changed:
            if state is self._state and reason not in ("started", "healthy", "unhealthy"):
                return
            self._state = state
            moment = t if t is not None else time.monotonic_ns()
            change = HostChange(moment, self._info.name, state, self._pid, self._exit_code, reason, new_network)
            self._changed.notify_all()
        self._notify(change)

    # ---- with the engine -----------------------------------------------------------------------

    def _read(self) -> Reading:
        with self._errors("looked at"):
            inspected: dict[str, Any] = self._api.inspect_container(self._container)
        return Reading.of(inspected)

    def _stop(self) -> None:
        with self._errors("stopped"):
            seconds = Reading.of(self._api.inspect_container(self._container)).grace_s
            self._api.stop(self._container, timeout=seconds)

    def _end_for_good(self) -> None:
        """End the daemon, or the engine's intention to start it again."""
        was_paused = self.status().state is HostState.PAUSED
        with self._errors("powered off"):
            if self._read().restarting:
                self._api.stop(self._container, timeout=0)
            elif self.status().pid is not None:
                self._send(signal.SIGKILL) if was_paused else self._api.kill(self._container, "SIGKILL")
        if was_paused:
            self._thaw_the_doomed(signal.SIGKILL)
            self._stop()  # it died by itself as the engine sees it, and may be started again
        self._await(lambda: self._pid is None, _KILLED, "does not end on SIGKILL")

    def _thaw_the_doomed(self, number: int) -> None:
        """A frozen process has to be thawed for SIGKILL to reach it (cgroups version 1)."""
        if number != signal.SIGKILL or self.status().state is not HostState.PAUSED:
            return
        try:
            with self._errors("thawed"):
                self._api.unpause(self._container)
        except LabError:
            if self.status().pid is not None:  # in version 2 it is dead already, and cannot be thawed
                raise

    def _await_end_of_what_ends(self) -> None:
        """Wait for the engine's word on a daemon that has ended, or is about to."""
        if self._stopping is not None:
            self._stopping.result()
            self._stopping = None
        self._await(self._is_settled, _KILLED, "does not end")

    def _is_settled(self) -> bool:
        """Whether the daemon runs, or its end was told; one whose last threads are ending does neither."""
        if self._pid is None:
            return self._state is not HostState.RUNNING
        try:
            return procfs.state(self._pid) not in "ZX"
        except ProcessLookupError:
            return False

    def _await(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait for a turn; where events are late, the engine is asked.

        Raises:
            LabError: it does not come.
        """
        deadline = time.monotonic() + seconds
        while True:
            with self._changed:
                if self._changed.wait_for(holds, _LOOK_EVERY):
                    return
            if time.monotonic() > deadline:
                raise LabError(f"host {self._info.name} {otherwise}: it is {self._state}")
            self.look()

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

    def _errors(self, done: str) -> contextlib.AbstractContextManager[None]:
        return api_errors(f"host {self._info.name} could not be {done}")
