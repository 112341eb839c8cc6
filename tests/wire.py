"""Real hosts for tests of steps and probes: a network namespace each, on one bridge, without a way out."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.topology import Topology
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.testing import FakeLab, host, topology_of

_PORT = 9000


@dataclass(frozen=True)
class Wire:
    """Namespaces on one bridge; `lab` presents them to steps."""

    lab: FakeLab
    networks: Mapping[str, Path]

    @property
    def topology(self) -> Topology:
        """The hosts as data."""
        return self.lab.topology

    def address(self, name: str) -> str:
        """A host's only address."""
        return self.topology.by_name[name].addresses[0]

    def ip(self, name: str, *lines: str) -> None:
        """Configure a host's network by lines for `ip -batch`."""
        done = run_in_network(self.networks[name], ["ip", "-batch", "-"], stdin="\n".join(lines) + "\n")
        assert done.returncode == 0, done.stderr

    def show(self, name: str, *arguments: str) -> str:
        """What ip(8) says in a host's namespace."""
        return run_in_network(self.networks[name], ["ip", *arguments]).stdout

    def nft(self, name: str, text: str) -> str:
        """Load a ruleset into a host's namespace, as somebody else would."""
        done = run_in_network(self.networks[name], ["nft", "-f", "-"], stdin=text + "\n")
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def listener(self, name: str) -> Iterator[socket.socket]:
        """A UDP socket on a host that waits 2 s for each datagram."""
        with in_network(self.networks[name], lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as listening:
            listening.bind(("0.0.0.0", _PORT))
            listening.settimeout(2)
            yield listening

    def say(self, speaker: str, to: str, word: str) -> None:
        """Send one datagram from host to host."""

        def send() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
                sending.sendto(word.encode(), (self.address(to), _PORT))

        in_network(self.networks[speaker], send)


@contextlib.contextmanager
def wired(*names: str) -> Iterator[Wire]:
    """Hosts 198.18.1.1, .2, ... of those names on one bridge; everything goes when the block ends."""
    hosts = [host(name, f"198.18.1.{number}", role="peer") for number, name in enumerate(names, 1)]
    topology = topology_of(hosts, "wire")
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(_namespace())
        pids = {name: stack.enter_context(_namespace()) for name in names}
        _run(hub, ["link add br0 type bridge", "link set br0 up"])
        for info in topology.hosts:
            link, pid = info.links[0], pids[info.name]
            port = f"p{pid}"
            _run(
                hub,
                [
                    f"link add {port} type veth peer name {link.device} address {link.mac} netns {pid}",
                    f"link set {port} master br0 up",
                ],
            )
            _run(
                pid, [f"addr add {link.address}/{link.prefix} dev {link.device}", "link set lo up", "link set eth0 up"]
            )
        paths = {name: Path(f"/proc/{pid}/ns/net") for name, pid in pids.items()}
        yield Wire(FakeLab(topology, networks=paths), paths)


@contextlib.contextmanager
def _namespace() -> Iterator[int]:
    """The pid of a process that holds a network namespace of its own, for five minutes at most."""
    process = subprocess.Popen(["unshare", "--net", "sleep", "300"])
    ours = Path("/proc/self/ns/net").readlink()
    try:
        assert until(lambda: Path(f"/proc/{process.pid}/ns/net").readlink() != ours), "no network namespace"
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _run(pid: int, lines: Sequence[str]) -> None:
    done = run_in_network(Path(f"/proc/{pid}/ns/net"), ["ip", "-batch", "-"], stdin="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr


def until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
