"""Bringing a lab's hosts up in the order of their dependencies, until all of them are ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.labs.native import messages, order
from chaoskit.labs.native.client import Asked, Island
from chaoskit.labs.native.host import NativeHost
from chaoskit.labs.spec import HostSpec, LabSpec

_TAIL_LINES = 12


class Bringup:
    """One start of a lab."""

    def __init__(
        self, spec: LabSpec, hosts: Mapping[str, NativeHost], island: Island, logs: Callable[[str], Path]
    ) -> None:
        self._spec = spec
        self._hosts = hosts
        self._island = island
        self._logs = logs
        self._turned = threading.Event()
        self._asked: dict[str, Asked] = {}
        self._instances = order.instances(spec.hosts)

    def wake(self) -> None:
        """A host's state changed."""
        self._turned.set()

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
        while not self._advance():
            left = deadline - time.monotonic()
            if left <= 0 or not self._turned.wait(left):
                raise LabError("\n".join(["the lab is not ready in time:", *self._unready()]))
            self._turned.clear()

    def _advance(self) -> bool:
        """Start what may start; whether everything is ready.

        Raises:
            LabError: a daemon could not be executed, or ended though others count on it.
        """
        seen = {name: self._seen(name) for name in self._hosts}
        waiting = [host for host in self._spec.hosts if host.name not in self._asked]
        for host in order.startable(waiting, self._instances, seen):
            self._asked[host.name] = asked = self._island.call(messages.Start(host.name))
            asked.future.add_done_callback(lambda _: self.wake())
        self._raise_failures(seen)
        return all(_is_ready(host, seen[host.name]) for host in self._spec.hosts)

    def _seen(self, name: str) -> order.Seen:
        return self._hosts[name].seen()

    def _raise_failures(self, seen: Mapping[str, order.Seen]) -> None:
        for host in self._spec.hosts:
            asked = self._asked.get(host.name)
            if asked and asked.future.done() and (error := asked.future.exception()) is not None:
                raise LabError(f"{host.where}: host {host.name} does not start: {error}")
            if seen[host.name].ended:
                raise LabError(
                    f"{host.where}: host {host.name} ended with exit code {seen[host.name].ended}\n"
                    f"{tail(self._logs(host.name))}"
                )

    def _unready(self) -> list[str]:
        lines: list[str] = []
        for host in self._spec.hosts:
            seen = self._seen(host.name)
            if _is_ready(host, seen):
                continue
            complaint = self._hosts[host.name].complaint
            why = "waits for its dependencies" if not seen.started else f"is not healthy {complaint}".rstrip()
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
