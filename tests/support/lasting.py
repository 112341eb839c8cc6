"""A driver of our own, whose labs outlive their keeper: named network namespaces, with a process each.

    RUN.web-1 --eth0--+
                      +-- br0 in RUN.switch
    RUN.web-2 --eth0--+

Nothing of it ends with the process that made it, as with containers, and no engine is needed. It is installed as
any distribution brings a driver.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from chaoskit.core.errors import LabError, LabGone
from chaoskit.core.host import Completed, HostState, Status
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.tracking import tracked
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.spec import HostSpec, LabSpec

DRIVER = "netns"
NAMED = Path("/run/netns")
"""Where ip-netns(8) keeps names."""


def install(folder: Path, name: str = DRIVER, target: str = f"{__name__}:NetnsLab") -> dict[str, str]:
    """Leave there what pip leaves of a distribution that brings a driver; the environment that finds it."""
    info = folder / f"{name}_driver-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-driver\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[chaoskit.drivers]\n{name} = {target}\n")
    return {"PYTHONPATH": os.pathsep.join((str(folder), str(Path(__file__).parents[2])))}


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, capture_output=True, timeout=10)


@dataclass
class NetnsHost:
    """A namespace and its process; satisfies `chaoskit.core.host.Host`."""

    info: HostInfo
    spec: HostSpec
    name: str
    record: Path

    def _identity(self) -> Identity | None:
        try:
            return Identity(**json.loads(self.record.read_text()))
        except FileNotFoundError:
            return None

    def status(self) -> Status:
        """By the process table."""
        identity = self._identity()
        if not (NAMED / self.name).exists():
            return Status(HostState.OFF)
        if identity is None or not identity.alive():
            return Status(HostState.EXITED, exit_code=0)
        stat = Path(f"/proc/{identity.pid}/stat").read_text()
        paused = stat[stat.rindex(")") + 2] == "T"
        return Status(HostState.PAUSED if paused else HostState.RUNNING, identity.pid)

    def netns(self) -> Path:
        """The name's own path."""
        if not (NAMED / self.name).exists():
            raise LabError(f"{self.info.name} is off")
        return NAMED / self.name

    def start(self) -> None:
        """Start its process, which nobody's end will end."""
        if self.status().pid is not None:
            return
        argv = [*(self.spec.entrypoint or ()), *(self.spec.command or ())]
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.name, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for each in tracked():  # as a container's are: in no group of who started them
            (each.root / "cgroup.procs").write_text(str(process.pid))
        self.record.write_text(json.dumps(asdict(Identity.of(process.pid))))
        threading.Thread(target=process.wait, daemon=True).start()

    def stop(self, *, wait: bool = True) -> None:
        """End its process."""
        del wait
        self.kill(signal.SIGTERM)

    def kill(self, signal: int) -> None:
        """Signal its process."""
        if identity := self._identity():
            identity.kill(signal)

    def power_off(self) -> None:
        """End it and remove the namespace."""
        self.kill(signal.SIGKILL)
        subprocess.run(["ip", "netns", "delete", self.name], capture_output=True, timeout=10, check=False)

    def pause(self) -> None:
        """Stop its process."""
        self.kill(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on."""
        self.kill(signal.SIGCONT)

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """In its network."""
        command = ["ip", "netns", "exec", self.name, *argv]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)


class NetnsLab:
    """A `DriverLab` of such hosts."""

    outlives_keeper = True

    def __init__(self, spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> None:
        self._spec = spec
        self._directory = directory
        self._run = run
        self._notify = notify
        self._hosts: dict[str, NetnsHost] = {}
        self._changing = threading.Lock()
        self._taken_down = False

    @property
    def topology(self) -> Topology:
        """As the file has it."""
        return self._spec.topology

    @property
    def hosts(self) -> Mapping[str, NetnsHost]:
        """Those that are there."""
        return self._hosts

    def logs(self, host: str) -> Path:
        """Nobody writes it."""
        return self._directory / "logs" / f"{host}.log"

    def _host(self, spec: HostSpec) -> NetnsHost:
        info = self.topology.by_name[spec.name]
        return NetnsHost(info, spec, f"{self._run}.{spec.name}", self._directory / f"{spec.name}.json")

    def up(self, timeout_s: float) -> Timings:
        """Make the switch, then each host."""
        began = time.monotonic()
        switch = f"{self._run}.switch"
        with self._changing:
            self._begin(switch)
        for number, spec in enumerate(self._spec.hosts):
            with self._changing:
                if self._taken_down:
                    raise LabError("it was taken down while it came up")
                self._make(spec, switch, f"v{number}")
            self._notify(HostChange(time.monotonic_ns(), spec.name, HostState.RUNNING, None, None, "started"))
        lasted = time.monotonic() - began
        return Timings(lasted, lasted, lasted)

    def _begin(self, switch: str) -> None:
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "br0", "type", "bridge")
        _ip("-n", switch, "link", "set", "br0", "up")

    def _make(self, spec: HostSpec, switch: str, port: str) -> None:
        host = self._host(spec)
        (link,) = host.info.links
        _ip("netns", "add", host.name)
        _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", link.device, "netns", host.name)
        _ip("-n", switch, "link", "set", port, "master", "br0", "up")
        _ip("-n", host.name, "address", "add", f"{link.address}/{link.prefix}", "dev", link.device)
        _ip("-n", host.name, "link", "set", link.device, "up")
        _ip("-n", host.name, "link", "set", "lo", "up")
        host.start()
        self._hosts[spec.name] = host

    def take_over(self) -> None:
        """By what there is of those names."""
        if not self.left():
            raise LabGone("no namespace of it is there")
        found = {spec.name: self._host(spec) for spec in self._spec.hosts}
        self._hosts = {name: host for name, host in found.items() if host.status().state is not HostState.OFF}

    def down(self) -> None:
        """Remove all of those names, and end the processes."""
        with self._changing:
            self._taken_down = True
            for spec in self._spec.hosts:
                self._host(spec).power_off()
            subprocess.run(
                ["ip", "netns", "delete", f"{self._run}.switch"], capture_output=True, timeout=10, check=False
            )

    def left(self) -> Sequence[str]:
        """Namespaces of this run, and processes of its hosts."""
        names = [f"namespace {path.name}" for path in NAMED.glob(f"{self._run}.*")]
        identities = {spec.name: self._host(spec)._identity() for spec in self._spec.hosts}
        return [*names, *(f"process of {name}" for name, one in identities.items() if one and one.alive())]

    def identities(self) -> Sequence[tuple[str, Identity]]:
        """None that ends the run with its own end."""
        return ()

    def cgroups(self) -> Sequence[Path]:
        """None."""
        return ()
