"""Real daemons in a namespace of their own, for probes to read."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.host import HostState, Status
from chaoskit.core.probe import Probe, Reader
from chaoskit.core.step import Json
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.kernel.namespaces import in_network
from tests.wire import Wire


@dataclass
class Observed:
    """A `ProbeHost` whose status a test sets."""

    info: HostInfo
    topology: Topology
    timeout: float = 2.0
    now: Status = field(default_factory=lambda: Status(HostState.RUNNING))
    files: Path | None = None

    def status(self) -> Status:
        """As set."""
        return self.now


def observed(wire: Wire, name: str, *, timeout: float = 2.0, pid: int | None = None) -> Observed:
    """A host of the wire as a probe sees it."""
    return Observed(wire.topology.by_name[name], wire.topology, timeout, Status(HostState.RUNNING, pid))


def opened(wire: Wire, probe: Probe, host: Observed) -> Reader:
    """The probe's reader, opened and called in the host's network, as the engine does."""
    netns = wire.networks[host.info.name]
    read = in_network(netns, lambda: probe.open(host))
    return lambda: in_network(netns, read)


@contextlib.contextmanager
def daemon(wire: Wire, name: str, argv: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon in the foreground inside a host's network and a mount namespace; killed when the block ends."""
    command = ["nsenter", f"--net={wire.networks[name]}", "unshare", "--mount", *argv]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(read: Reader, expected: Callable[[Mapping[str, Json]], bool]) -> Callable[[], bool]:
    """A condition to wait for: the reader works, and what it reads is as expected."""

    def holds() -> bool:
        try:
            return expected(read())
        except OSError:
            return False

    return holds


def written(folder: Path, name: str, text: str) -> str:
    """A configuration file's path."""
    (folder / name).write_text(text)
    return str(folder / name)
