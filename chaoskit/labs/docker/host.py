"""A container as `chaoskit.core.host.Host` wants it, whoever brought it up. Safe to use from several threads."""

from __future__ import annotations

import contextlib
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
from chaoskit.labs.change import HostChange
from chaoskit.labs.docker import command
from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.life import Life
from chaoskit.labs.docker.networks import Networks
from chaoskit.labs.docker.poller import Poller
from chaoskit.labs.docker.process import in_background
from chaoskit.labs.docker.reading import Reading

_KILLED = 10.0
_STARTED = 30.0
_FROZEN = 3.0
_LOOK_EVERY = 0.05
_HEALTH = "health_status: "
_CANNOT_FREEZE = "unable to freeze"


class DockerHost:
    """One host: its life, and what can be done to it, by one caller at a time.

    Args:
        client: a connection to the engine, which stays the caller's.
        info: what the host is in the topology.
        notify: called at every turn of its life, on threads of the driver; it must not block.
        poller: waits for the end of its init.
        networks: of a lab of ours; None where a dead container's network is gone with it.
    """

    LIFE: type[Life] = Life

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
        self._container = ""
        self._life = self.LIFE(info, notify, poller, networks)
        self._operation = threading.RLock()
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
        return self._life.status(ending=self._stopping is not None and not self._stopping.done())

    @property
    def restart_due(self) -> bool:
        """Whether its daemon ended and the engine is going to start it again by itself."""
        return self._life.restart_due

    def netns(self) -> Path:
        """A path of this process that other processes of the same user may open."""
        return self._life.netns()

    def look(self) -> None:
        """Ask the engine how the container is, and take note.

        Raises:
            LabError: the engine does not answer, or has no such container.
        """
        self._life.take(self._read(), self._container, time.monotonic_ns())

    # ---- what can be done to it ----------------------------------------------------------------

    def start(self) -> None:
        """Start the daemon; in Docker always with a network namespace of its own, which has addresses and MACs anew."""
        with self._operation:
            if self.status().ending:
                self._life.send(signal.SIGKILL)  # its grace is over: whoever starts it does not want to wait for it
            self._await_end_of_what_ends()
            if self.status().pid is not None:
                return
            self._life.renew()
            with self._errors("started"):
                self._api.start(self._container)
            self._await(self._runs, _STARTED, "does not start")

    def stop(self, *, wait: bool = True) -> None:
        """The stop signal, then SIGKILL after the grace period; it is not restarted."""
        with self._operation:
            self.resume()
            if self._stopping is None or self._stopping.done():
                self._stopping = in_background(self._stop, f"docker stop {self._info.name}")
            if wait:
                self._stopping.result()
                self._await(self._has_ended, _KILLED, "does not end")

    def kill(self, signal: int) -> None:
        """Send a signal to the init from outside, never by the engine, which would not restart it then."""
        if not self._life.send(signal):
            raise LabError(f"host {self._info.name} cannot be sent a signal: its daemon does not run")
        self._thaw_the_doomed(signal)

    def power_off(self) -> None:
        """Cut the links, kill every process by the engine, which then does not restart it; give the network up."""
        with self._operation:
            if self.status().state is HostState.OFF:
                return
            self._life.cut()
            self._end_for_good()
            self._life.turn(HostState.OFF, "powered off")

    def pause(self) -> None:
        """Freeze the container by its control group."""
        with self._operation:
            if self.status().state is HostState.PAUSED:
                return
            if self.status().pid is None:
                raise LabError(f"host {self._info.name} cannot be paused: it is {self.status().state}")
            self._freeze()
            self._life.turn(HostState.PAUSED, "paused")

    def resume(self) -> None:
        """Thaw the container."""
        with self._operation:
            if self.status().state is HostState.PAUSED:
                with self._errors("resumed"):
                    self._api.unpause(self._container)
                self._life.turn(HostState.RUNNING, "resumed")

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Run a command in the container, as its user and under its limits."""
        state = self.status().state
        if state is not HostState.RUNNING:
            raise LabError(f"nothing can run in host {self._info.name}: it is {state}")
        return command.run(self._api, self._container, self._info.name, argv, timeout=timeout, stdin=stdin)

    def close(self) -> None:
        """Let go of what is open; the container stays as it is."""
        self._life.close()

    def gone(self) -> None:
        """The container was removed."""
        self.close()
        if self.status().state is not HostState.OFF:
            self._life.turn(HostState.OFF, "lab down")

    def on_event(self, action: str, attributes: Mapping[str, str], t: int) -> None:
        """The engine told of a container's turn (Docker Engine API, events of containers)."""
        if action == "die":
            self._life.end(t, int(attributes.get("exitCode", 0)))
        elif action in ("start", "pause", "unpause"):
            with contextlib.suppress(LabError):  # it is gone again already, and that will be told as well
                self._life.take(self._read(), self._container, t)
        elif action == "destroy":
            self.gone()
        elif action.startswith(_HEALTH):
            self._life.check(t, healthy=action.removeprefix(_HEALTH) == "healthy")

    # ---- with the engine -----------------------------------------------------------------------

    def _read(self) -> Reading:
        with self._errors("looked at"):
            inspected: dict[str, Any] = self._api.inspect_container(self._container)
        return Reading.of(inspected)

    def _stop(self) -> None:
        with self._errors("stopped"):
            seconds = Reading.of(self._api.inspect_container(self._container)).grace_s
            self._api.stop(self._container, timeout=seconds)

    def _freeze(self) -> None:
        """Freeze it; where many processes of it are being forked that takes several attempts (cgroups version 1)."""
        deadline = time.monotonic() + _FROZEN
        while True:
            try:
                with self._errors("paused"):
                    self._api.pause(self._container)
            except LabError as error:
                if _CANNOT_FREEZE not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_EVERY)
            else:
                return

    def _end_for_good(self) -> None:
        """End the daemon, or the engine's intention to start it again."""
        if self.status().state is HostState.PAUSED:
            self._life.send(signal.SIGKILL)
            self._thaw_the_doomed(signal.SIGKILL)
            self._stop()  # it died by itself as the engine sees it, and may be started again
        elif self._read().restarting:
            with self._errors("powered off"):
                self._api.stop(self._container, timeout=0)
        elif self.status().pid is not None:
            # The engine answers when it has cleared up, which is long after the end.
            self._stopping = in_background(self._kill, f"docker kill {self._info.name}")
            self._await(lambda: self._has_ended() or self._has_failed(), _KILLED, "does not end on SIGKILL")
            if self._has_failed():
                self._stopping.result()
        self._await(self._has_ended, _KILLED, "does not end on SIGKILL")

    def _kill(self) -> None:
        with self._errors("powered off"):
            self._api.kill(self._container, "SIGKILL")

    def _has_failed(self) -> bool:
        return self._stopping is not None and self._stopping.done() and self._stopping.exception() is not None

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
        self._await(self._life.is_settled, _KILLED, "does not end")

    def _runs(self) -> bool:
        return self._life.pid is not None and self._life.state is HostState.RUNNING

    def _has_ended(self) -> bool:
        return self._life.pid is None

    def _await(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait for a turn; where events are late, the engine is asked.

        Raises:
            LabError: it does not come.
        """
        deadline = time.monotonic() + seconds
        while True:
            with self._life.changed:
                if self._life.changed.wait_for(holds, _LOOK_EVERY):
                    return
            if time.monotonic() > deadline:
                raise LabError(f"host {self._info.name} {otherwise}: it is {self._life.state}")
            self.look()

    def _errors(self, done: str) -> contextlib.AbstractContextManager[None]:
        return api_errors(f"host {self._info.name} could not be {done}")
