"""Probes while they run: a thread for each probe and host, inside the host's network."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError, LabError, UsageError
from chaoskit.core.history import Reading
from chaoskit.core.host import RunningLab, Status
from chaoskit.core.probe import THIS_MACHINE, Closable, Probe, Reader
from chaoskit.core.step import Json
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.core.units import NS
from chaoskit.engine.plan import PlannedProbe
from chaoskit.kernel.namespaces import enter_network

_REOPEN_AFTER_NS = 200_000_000
_OPEN_WITHIN_S = 2.0


class Sink(Protocol):
    """Where readings go, and the clock they are on."""

    def now(self) -> int:
        """Nanoseconds since the run's origin."""
        ...

    def reading(self, reading: Reading) -> None:
        """Take one in."""
        ...


@dataclass(frozen=True)
class Site:
    """What a probe may ask of its host; satisfies `chaoskit.core.probe.ProbeHost`."""

    lab: RunningLab
    info: HostInfo
    timeout: float
    files: Path | None = None

    @property
    def topology(self) -> Topology:
        """The whole lab."""
        return self.lab.topology

    def status(self) -> Status:
        """The host's state.

        Raises:
            LabError: the probe reads from outside the lab.
        """
        if self.info is THIS_MACHINE:
            raise LabError("this machine is no host of the lab and has no state", remedy="Read it .at(hosts, ...).")
        return self.lab.hosts[self.info.name].status()


class Probing:
    """All probes of a run: `open` them as soon as there is a lab, `start` them with the load, `stop` them.

    What counts from its opening on, as a capture does, has missed nothing of what the boot actions bring about.
    """

    def __init__(
        self, lab: RunningLab, probes: tuple[PlannedProbe, ...], sink: Sink, clock: Clock, files: Path | None = None
    ) -> None:
        self._lab, self._sink, self._clock, self._files = lab, sink, clock, files
        self._stopping, self._going = threading.Event(), threading.Event()
        self._tried = threading.Semaphore(0)
        self._lives: dict[str, int] = {}
        self.problem: ChaoskitError | None = None
        """What keeps a probe from ever reading, such as a wrong argument; the run has to be stopped."""
        self._threads = [
            threading.Thread(
                target=self._watch, args=(one.name, one.probe, host), name=f"probe {one.name}", daemon=True
            )
            for one in probes
            for host in one.hosts
        ]

    def open(self, timeout: float = _OPEN_WITHIN_S) -> None:
        """Open all probes; returns when each is open or could not be opened, or after so many seconds.

        Raises:
            UsageError: a probe was given what cannot be read at its host.
        """
        for thread in self._threads:
            thread.start()
        deadline = time.monotonic() + timeout
        for _ in self._threads:
            self._tried.acquire(timeout=max(0.0, deadline - time.monotonic()))
        if isinstance(self.problem, UsageError):
            raise self.problem

    def start(self) -> None:
        """Start reading."""
        if not any(thread.ident for thread in self._threads):
            self.open()
        self._going.set()

    def renewed(self, host: str) -> None:
        """The host has a new network: its probes go over to it."""
        self._lives[host] = self._lives.get(host, 0) + 1

    def stop(self, timeout: float = 2.0) -> None:
        """Ask all probes to end, and wait for them, so many seconds in all; one that hangs is left to its time-out."""
        self._stopping.set()
        self._going.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.ident:  # where a lab does not come up, none was started
                thread.join(max(0.0, deadline - time.monotonic()))

    def _watch(self, name: str, probe: Probe, host: HostInfo) -> None:
        """Read until told to stop; a host whose network goes away is entered again when it is back.

        A thread cannot leave a namespace that is gone, so each life of the host's network has its own.
        """
        while not self._stopping.is_set():
            life = threading.Thread(target=self._one_life, args=(name, probe, host), name=f"probe {name}", daemon=True)
            life.start()
            life.join()
            self._stopping.wait(_REOPEN_AFTER_NS / NS)

    def _one_life(self, name: str, probe: Probe, host: HostInfo) -> None:
        life = self._lives.get(host.name, 0)
        try:
            read = self._opened(name, probe, host)
        except (LabError, OSError) as error:
            self._tried.release()
            self._going.wait()
            if not self._stopping.is_set():
                self._record(name, host.name, self._sink.now(), {}, str(error))
            return
        except Exception as error:  # noqa: BLE001  the run is stopped for it, on the runner's thread
            self.problem = _problem(name, probe, error)
            self._stopping.set()
            self._tried.release()
            return
        self._tried.release()
        try:
            self._going.wait()
            self._read_on(name, probe, host, read, life)
        finally:
            close(read)

    def _opened(self, name: str, probe: Probe, host: HostInfo) -> Reader:
        if probe.networked and not probe.outside:
            enter_network(self._lab.hosts[host.name].netns())
        return probe.open(Site(self._lab, host, probe.timeout / NS, self._files and self._files / name))

    def _read_on(self, name: str, probe: Probe, host: HostInfo, read: Reader, life: int) -> None:
        due = self._clock.now()
        while not self._stopping.wait(max(0, due - self._clock.now()) / NS):
            begin = self._sink.now()
            value, error_text = _read(read)
            self._record(name, host.name, begin, value, error_text)
            # A slow reading delays the next ones; it does not make them come in a burst.
            due = max(due + probe.every, self._clock.now())
            if self._lives.get(host.name, 0) != life:
                return

    def _record(self, probe: str, host: str, begin: int, value: Mapping[str, Json], error: str) -> None:
        self._sink.reading(Reading(begin, self._sink.now() - begin, probe, host, value, error))


def close(read: object) -> None:
    """Close a reader that can be closed."""
    if isinstance(read, Closable):
        read.close()


def _read(read: Reader) -> tuple[Mapping[str, Json], str]:
    """A reading, or its error: a system that is being broken may well answer what nobody thought of."""
    try:
        value = read()
        json.dumps(value)  # what cannot be recorded is an error of this reading, not of the whole record
    except (OSError, LabError) as error:  # TimeoutError is an OSError
        return {}, str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001  recorded, and seen by whoever looks at the readings
        return {}, f"{type(error).__name__}: {error}"
    return value, ""


def _problem(name: str, probe: Probe, error: Exception) -> ChaoskitError:
    if isinstance(error, UsageError):
        return UsageError(f"{probe.where}: {probe.kind}: {error.args[0]}", remedy=error.remedy)
    if isinstance(error, ChaoskitError):
        return error
    return ChaoskitError(f"{name}: {type(error).__name__}: {error}", remedy=f"See {probe.where}.")
