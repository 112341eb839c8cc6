"""A lab that is up in memory only: hosts that remember what was done to them."""

from __future__ import annotations

import signal as signals
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState, Status
from chaoskit.core.topology import HostInfo, Topology

_HARMLESS = frozenset({signals.SIGCHLD, signals.SIGURG, signals.SIGWINCH, signals.SIGCONT, signals.SIGHUP})
_FIRST_PID = 1_000


class FakeHost:
    """A `Host` whose daemon obeys at once and never fails by itself.

    It refuses what a real one cannot do (run a command while it is off or paused) with the same error.

    Attributes:
        calls: every change asked of it, in order, as the method's name and its arguments.
        answer: what a command that is `run` gives back; by default exit status 0 without output.
        network: what `netns` gives while the host is not off; None when there is no namespace to enter.
    """

    def __init__(self, info: HostInfo, pid: int, network: Path | None = None) -> None:
        self._info = info
        self._next_pid = pid
        self._pid: int | None = pid
        self._state = HostState.RUNNING
        self._exit_code: int | None = None
        self._healthy: bool | None = None
        self.network = network
        self.calls: list[tuple[object, ...]] = []
        self.answer: Callable[[Sequence[str], str], Completed] = lambda argv, _stdin: Completed(tuple(argv), 0, "", "")

    @property
    def info(self) -> HostInfo:
        """Name, labels and addresses."""
        return self._info

    def status(self) -> Status:
        """As the calls so far have left it."""
        return Status(self._state, self._pid, self._healthy, self._exit_code)

    def netns(self) -> Path:
        """The path given for it.

        Raises:
            LabError: it is off, or none was given.
        """
        if self._state is HostState.OFF:
            raise LabError(f"{self.info.name} is off and has no network namespace")
        if self.network is None:
            raise LabError(
                f"the fake host {self.info.name} has no network namespace to enter",
                remedy="Give FakeLab a path per host: FakeLab(topology, networks={name: path}).",
            )
        return self.network

    def start(self) -> None:
        """Run again with a new pid; nothing changes when it runs already."""
        self.calls.append(("start",))
        if self._state in (HostState.RUNNING, HostState.PAUSED):
            return
        self._next_pid += 1
        self._state, self._pid, self._exit_code = HostState.RUNNING, self._next_pid, None

    def stop(self, *, wait: bool = True) -> None:
        """Exit with status 0, whether or not somebody waits for it."""
        del wait
        self.calls.append(("stop",))
        self._exit(0)

    def kill(self, signal: int) -> None:
        """Exit by the signal, unless it is one that daemons survive or it stops the process only.

        Raises:
            LabError: no daemon runs.
        """
        self.calls.append(("kill", signal))
        if self._pid is None:
            raise LabError(f"{self.info.name} has no process to signal")
        if signal not in (*_HARMLESS, signals.SIGSTOP, signals.SIGTSTP):
            self._exit(-signal)

    def power_off(self) -> None:
        """Be gone, namespaces included."""
        self.calls.append(("power_off",))
        self._state, self._pid, self._exit_code = HostState.OFF, None, None

    def pause(self) -> None:
        """Freeze.

        Raises:
            LabError: no daemon runs.
        """
        self.calls.append(("pause",))
        if self._pid is None:
            raise LabError(f"{self.info.name} does not run and cannot be paused")
        self._state = HostState.PAUSED

    def resume(self) -> None:
        """Thaw; nothing changes when it is not paused."""
        self.calls.append(("resume",))
        if self._state is HostState.PAUSED:
            self._state = HostState.RUNNING

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Whatever `answer` says.

        Raises:
            LabError: the host is not running, or is paused (a real one would time out).
        """
        self.calls.append(("run", tuple(argv), stdin))
        if self._state is not HostState.RUNNING:
            raise LabError(f"{self.info.name} is {self._state} and cannot run {argv[0]} within {timeout:g} s")
        return self.answer(argv, stdin)

    def _exit(self, code: int) -> None:
        if self._pid is not None:
            self._state, self._pid, self._exit_code = HostState.EXITED, None, code


class FakeLab:
    """A `RunningLab` of fake hosts, all of them running.

    Args:
        topology: what it consists of.
        networks: a network namespace's path by host name, for steps that enter one.
        log_folder: where `logs` says the hosts' logs are; nothing is written there.
    """

    def __init__(
        self, topology: Topology, *, networks: Mapping[str, Path] | None = None, log_folder: Path = Path("logs")
    ) -> None:
        self._topology = topology
        self._log_folder = log_folder
        given = networks or {}
        self._hosts = {
            info.name: FakeHost(info, _FIRST_PID * number, given.get(info.name))
            for number, info in enumerate(topology.hosts, 1)
        }

    @property
    def topology(self) -> Topology:
        """What it consists of."""
        return self._topology

    @property
    def hosts(self) -> Mapping[str, FakeHost]:
        """Hosts by name."""
        return self._hosts

    def logs(self, host: str) -> Path:
        """`HOST.log` in the log folder.

        Raises:
            LabError: there is no such host.
        """
        if host not in self._hosts:
            raise LabError(f"the lab {self._topology.name} has no host {host}")
        return self._log_folder / f"{host}.log"

    @property
    def state(self) -> Mapping[str, HostState]:
        """Each host's state, to compare before and after."""
        return {name: host.status().state for name, host in self._hosts.items()}

    @property
    def calls(self) -> list[tuple[object, ...]]:
        """Every change asked of any host: its name, the method and its arguments."""
        return [(name, *call) for name, host in self._hosts.items() for call in host.calls]
