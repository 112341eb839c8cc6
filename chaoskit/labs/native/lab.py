"""A lab on this machine: hosts as namespaces, networks as bridges, everything gone with one process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from chaoskit.core.errors import LabError, LabGone
from chaoskit.core.host import Host
from chaoskit.core.topology import Topology
from chaoskit.core.units import NS
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.native import images, limits, messages, order, preflight
from chaoskit.labs.native.bringup import Bringup
from chaoskit.labs.native.client import Event, Island
from chaoskit.labs.native.compiler import compile_lab
from chaoskit.labs.native.host import NativeHost
from chaoskit.labs.native.logcap import LogCap
from chaoskit.labs.native.timers import Timers
from chaoskit.labs.spec import HostSpec, LabSpec


class NativeLab:
    """A running lab (`chaoskit.core.host.RunningLab`).

    Args:
        spec: what the Compose files ask for.
        directory: gets `logs/HOST.log` and `logs/island.log`; the lab's file system is mounted below it.
        run_id: marks what the lab makes: links' aliases, cgroups.
        notify: called at every turn of a host's life, on threads of the lab; it must not block.
    """

    def __init__(self, spec: LabSpec, directory: Path, *, run_id: str, notify: Callable[[HostChange], None]) -> None:
        self._spec = spec
        self._directory = directory.resolve()
        self._run_id = run_id
        self._notify = notify
        self._island: Island | None = None
        self._timers: Timers | None = None
        self._log_cap: LogCap | None = None
        self._hosts: dict[str, NativeHost] = {}
        self._cgroups: dict[str, tuple[Path, ...]] = {}
        self._identities: list[tuple[str, Identity]] = []
        self._changing = threading.Lock()
        self._taken_down = False

    @property
    def topology(self) -> Topology:
        """What the lab consists of."""
        return self._spec.topology

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Hosts by name; empty before `up`."""
        return self._hosts

    def logs(self, host: str) -> Path:
        """What the host's daemon wrote to stdout and stderr."""
        return self._directory / "logs" / f"{host}.log"

    @property
    def outlives_keeper(self) -> bool:
        """No: the kernel ends the island's processes with the process that made them."""
        return False

    def take_over(self) -> None:
        """A native lab cannot be taken over.

        Raises:
            LabGone: always.
        """
        raise LabGone(f"the native lab {self._spec.name} ended with its keeper")

    def left(self) -> tuple[str, ...]:
        """Nothing that its processes and control groups, which the journal names, do not show."""
        return ()

    def identities(self) -> list[tuple[str, Identity]]:
        """The processes that hold the lab, each with what it is."""
        return list(self._identities)

    def cgroups(self) -> tuple[Path, ...]:
        """Control groups of the lab, known before they are there; only hosts with a limit have one."""
        return limits.planned(self._spec, self._run_id)

    def up(self, timeout_s: float) -> Timings:
        """Bring everything up. Call it on the main thread: the lab dies with the thread that called.

        Raises:
            MissingTool: a daemon is not installed; nothing was created.
            LabError: the file asks for what cannot be given (nothing was created), or a host did not
                become ready in time (everything is taken down again).
        """
        began = time.monotonic()
        self._taken_down = False
        preflight.check(self._spec)
        order.check(self._spec.hosts)
        try:
            return self._up(began, began + timeout_s)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """Take everything down, also while it comes up; doing it twice changes nothing more."""
        with self._changing:
            self._taken_down = True
            if self._timers is not None:
                self._timers.close()
            if self._island is not None:
                self._island.close()
            if self._log_cap is not None:
                self._log_cap.look()  # what daemons wrote since, up to their end
            self._timers = self._island = self._log_cap = None
            for host in self._hosts.values():
                host.on_island_gone()
            limits.remove(self._cgroups)
            self._cgroups = {}
            disk = self._directory / "disk"
            if disk.exists():
                disk.rmdir()

    def _up(self, began: float, deadline: float) -> Timings:
        with self._changing:
            if self._taken_down:
                raise LabError("the lab was taken down while it came up")
            island, bringup = self._make()
        island.wait_ready()
        bringup.connect()
        created = time.monotonic()
        bringup.start(deadline)
        started = max((host.started_at for host in self._hosts.values()), default=0) / NS
        bringup.settle()
        return Timings(created - began, started - began, time.monotonic() - began)

    def _make(self) -> tuple[Island, Bringup]:
        """Make what `down` takes away again."""
        self._cgroups = limits.make(self._spec, self._run_id)
        joined = {name: tuple(map(str, folders)) for name, folders in self._cgroups.items()}
        plan = compile_lab(self._spec, self._directory, self._run_id, joined)
        (self._directory / "logs").mkdir(parents=True, exist_ok=True)
        (self._directory / "disk").mkdir(exist_ok=True)
        self._timers = Timers()
        island = self._island = Island(plan, self.logs("island"), self._on_event, self._on_end)
        bringup = self._bringup = Bringup(self._spec, self._hosts, island, self.logs)
        with contextlib.suppress(ProcessLookupError):  # it ended at once: `wait_ready` says why
            self._identities.append((f"island of lab {self._spec.name}", Identity.of(island.pid)))
        for spec in self._spec.hosts:
            info = self.topology.by_name[spec.name]
            self._hosts[spec.name] = NativeHost(_with_stop_signal(spec), info, island, self._timers, self._tell)
        self._log_cap = LogCap({name: self.logs(name) for name in self._hosts}, self._timers, self._tell_of_cut)
        self._log_cap.start()
        return island, bringup

    def _on_event(self, event: Event, fds: list[int]) -> None:
        host = self._hosts[event.host]
        if isinstance(event, messages.Started):
            host.on_started(event.t, fds[0])
        else:
            host.on_exited(event.t, event.exit_code)

    def _on_end(self) -> None:
        for host in self._hosts.values():
            host.on_island_gone()

    def _tell_of_cut(self, host: str) -> None:
        status = self._hosts[host].status()
        self._notify(HostChange(time.monotonic_ns(), host, status.state, status.pid, status.exit_code, "log cut"))

    def _tell(self, change: HostChange) -> None:
        self._notify(change)
        self._bringup.wake(change.host)


def _with_stop_signal(spec: HostSpec) -> HostSpec:
    """The image's stop signal where the file names none: nginx ends gracefully on SIGQUIT, Apache on SIGWINCH."""
    image = images.resolve(spec.image, spec.where)
    return replace(spec, stop_signal=image.stop_signal) if image.stop_signal and spec.stop_signal == "SIGTERM" else spec
