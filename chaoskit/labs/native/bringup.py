"""Bringing a lab's hosts up in the order of their dependencies, until all of them are ready."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from chaoskit.core.errors import LabError, NotReady
from chaoskit.core.host import HostState
from chaoskit.core.units import NS
from chaoskit.labs.native import messages, order
from chaoskit.labs.native.client import Asked, Island
from chaoskit.labs.native.host import NativeHost
from chaoskit.labs.spec import HostSpec, LabSpec

_TAIL_LINES = 12
_SETTLE = 50 * NS // 1000
"""How long a daemon without a healthcheck must have run before its lab is said to be ready."""


class Bringup:
    """One start of a lab. Each turn looks only at the hosts that something happened to: there may be hundreds."""

    def __init__(
        self, spec: LabSpec, hosts: Mapping[str, NativeHost], island: Island, logs: Callable[[str], Path]
    ) -> None:
        self._specs = {host.name: host for host in spec.hosts}
        self._hosts = hosts
        self._island = island
        self._logs = logs
        self._turned: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._asked: dict[str, Asked] = {}
        self._instances = order.instances(spec.hosts)
        self._seen = {name: order.Seen() for name in self._specs}
        self._waiting = dict(self._specs)
        self._unready = dict(self._specs)

    def wake(self, host: str) -> None:
        """A host's state changed."""
        self._turned.put(host)

    def connect(self) -> None:
        """Make every host's network namespace, all asked for before the first answer is awaited."""
        asked = {name: self._island.call(messages.Connect(name)) for name in self._hosts}
        for name, each in asked.items():
            self._hosts[name].connected(each.future.result().fds[0])

    def start(self, deadline: float) -> None:
        """Start hosts as their dependencies allow, and wait until all are ready.

        Raises:
            LabError: a host failed, or was not ready at `deadline` (seconds of the monotonic clock).
        """
        self._start_startable()
        while self._unready:
            if not self._turn(deadline):
                raise NotReady("\n".join(["the lab is not ready in time:", *self._complaints()]))
            self._start_startable()

    def settle(self) -> None:
        """Watch daemons without a healthcheck for a moment: a mistake in a configuration ends them in that time.

        Raises:
            LabError: one ended with a status other than 0 and is not restarted.
        """
        unchecked = [self._hosts[host.name].started_at for host in self._specs.values() if host.healthcheck is None]
        deadline = (max(unchecked, default=0) + _SETTLE) / NS
        while self._turn(deadline):
            pass

    def _turn(self, deadline: float) -> bool:
        """Wait for a host's state to change and take note of it; False when nothing happened until the deadline.

        Raises:
            LabError: a daemon could not be executed, or ended though it should run.
        """
        try:
            name = self._turned.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return False
        if self._hosts[name].status().state is HostState.OFF:
            raise LabError("the lab was taken down while it came up")
        host = self._specs[name]
        seen = self._seen[name] = self._hosts[name].seen()
        self._raise_failure(host, seen)
        if _is_ready(host, seen):
            self._unready.pop(name, None)
        else:
            self._unready[name] = host
        return True

    def _start_startable(self) -> None:
        for host in order.startable(self._waiting.values(), self._instances, self._seen):
            del self._waiting[host.name]
            self._asked[host.name] = asked = self._island.call(messages.Start(host.name))
            asked.future.add_done_callback(lambda _, name=host.name: self.wake(name))  # type: ignore[misc]

    def _raise_failure(self, host: HostSpec, seen: order.Seen) -> None:
        asked = self._asked.get(host.name)
        if asked and asked.future.done() and (error := asked.future.exception()) is not None:
            raise LabError(f"{host.where}: host {host.name} does not start: {error}")
        if seen.ended:
            raise LabError(
                f"{host.where}: host {host.name} ended with exit code {seen.ended}\n{tail(self._logs(host.name))}"
            )

    def _complaints(self) -> list[str]:
        lines: list[str] = []
        for host in self._unready.values():
            complaint = self._hosts[host.name].complaint
            started = self._seen[host.name].started
            why = f"is not healthy {complaint}".rstrip() if started else "waits for its dependencies"
            lines += [f"{host.where}: host {host.name} {why}", tail(self._logs(host.name))]
        return lines


def _is_ready(host: HostSpec, seen: order.Seen) -> bool:
    if seen.ended == 0:
        return True
    return seen.started and (host.healthcheck is None or seen.healthy is True)


def tail(log: Path) -> str:
    """The last lines of a log, indented."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if log.exists() else []
    return "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"
