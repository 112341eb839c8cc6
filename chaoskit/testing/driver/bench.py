"""A small lab for trying a driver on, and how one host looks at another in it.

client --upper-- web --lower-- db        web answers on TCP port 7 and says whom it heard on UDP port 9
                                         db is healthy after a moment, and web waits for it
loop   --upper--                         started again whenever it ends
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.errors import LabBusy
from chaoskit.core.host import Host
from chaoskit.core.lab import Lab
from chaoskit.core.topology import Link
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.drivers import DriverLab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec
from chaoskit.testing.contracts import ContractBroken

Make = Callable[[LabSpec, Path, str, Callable[[HostChange], None]], DriverLab]
"""Makes a lab that is not up yet: of a spec, in a folder, for a run, telling its hosts' changes."""

ECHO, HEARD = 7, 9
READY_S = 60.0
_BUSY_S = 120.0
_LOOK_EVERY_S = 0.01

_SERVER = """
import socket, threading
tcp, udp = socket.create_server(("", 7), backlog=64), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 9))
def hear():
    while True:
        data, source = udp.recvfrom(2000)
        print("heard", data.decode(), "from", source[0], flush=True)
threading.Thread(target=hear, daemon=True).start()
print("serving", flush=True)
while True:
    connection, _ = tcp.accept()
    try:
        connection.sendall(connection.recv(100))
    except OSError:
        pass
    connection.close()
"""


def small_lab(folder: Path, name: str = "small", third: int = 200, *, healthy: str = "/tmp/up") -> LabSpec:
    """A lab of four hosts in two networks, 198.18.THIRD.0/24 and the next; its file is written into the folder.

    Args:
        folder: where.
        name: the lab's.
        third: the byte of its addresses.
        healthy: the file that db is healthy by.
    """
    file = folder / f"{name}.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(_compose(name, third, healthy))
    return load_lab(Lab(str(file)))


def _compose(name: str, third: int, healthy: str) -> str:
    server = "\n".join(f"        {line}" for line in _SERVER.splitlines())
    return f"""\
name: {name}
x-sleeper: &sleeper {{image: chaoskit/service, init: true, command: [sleep, infinity], stop_grace_period: 1s}}
services:
  web:
    image: chaoskit/service
    stop_grace_period: 1s
    command:
      - python3
      - -S
      - -c
      - |
{server}
    depends_on: {{db: {{condition: service_healthy}}}}
    networks:
      upper: {{ipv4_address: 198.18.{third}.10}}
      lower: {{ipv4_address: 198.18.{third + 1}.10}}
  db:
    image: chaoskit/service
    stop_grace_period: 1s
    command: [sh, -c, "sleep 0.3; touch /tmp/up; exec sleep infinity"]
    healthcheck: {{test: [CMD, test, -e, {healthy}], interval: 500ms, timeout: 2s, retries: 20}}
    networks: {{lower: {{ipv4_address: 198.18.{third + 1}.11}}}}
  client:
    <<: *sleeper
    networks: {{upper: {{ipv4_address: 198.18.{third}.11}}}}
  loop:
    <<: *sleeper
    restart: always
    networks: {{upper: {{ipv4_address: 198.18.{third}.12}}}}
networks:
  upper: {{internal: true, ipam: {{config: [{{subnet: 198.18.{third}.0/24}}]}}}}
  lower: {{internal: true, ipam: {{config: [{{subnet: 198.18.{third + 1}.0/24}}]}}}}
"""


@dataclass
class Bench:
    """The small lab, up, with what was told of its hosts."""

    lab: DriverLab
    timings: Timings
    changes: list[HostChange] = field(default_factory=list)

    def host(self, name: str) -> Host:
        """A host of the lab."""
        return self.lab.hosts[name]

    def link(self, host: str, network: str) -> Link:
        """A host's link on a network."""
        return next(link for link in self.host(host).info.links if link.network == network)

    def answer(self, timeout: float = 0.4) -> str:
        """What the client gets from the server: `echo`, or the error's name."""
        address = self.link("web", "upper").address

        def ask() -> str:
            try:
                with socket.create_connection((address, ECHO), timeout) as connection:
                    connection.sendall(b"echo")
                    return connection.recv(100).decode() or "closed"
            except OSError as error:
                return type(error).__name__

        return in_network(self.host("client").netns(), ask)

    def await_answer(self, wanted: str, seconds: float = 10.0) -> None:
        """Wait until the client gets that from the server."""
        until(lambda: self.answer() == wanted, f"the client gets {wanted!r} from the server", seconds)


@contextmanager
def bench(
    make: Make, folder: Path, run: str = "conformance", *, name: str = "small", third: int = 200
) -> Iterator[Bench]:
    """The small lab, up; taken down at the end, after which nothing of it may be left."""
    changes: list[HostChange] = []
    run = own_id(run)
    lab = make(small_lab(folder, name, third), folder / run, run, changes.append)
    try:
        yield Bench(lab, patiently_up(lab), changes)
    finally:
        lab.down()
    demand(not lab.left(), f"after `down` there is left: {', '.join(lab.left())}")


def own_id(word: str) -> str:
    """The id of a run that no other one has, on whatever this machine runs beside."""
    return f"{word}-{os.urandom(3).hex()}"


def patiently_up(lab: DriverLab) -> Timings:
    """Bring a lab up; where somebody else has what it needs, wait for them as a run does."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            return lab.up(READY_S)
        except LabBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_EVERY_S)


def demand(holds: bool, otherwise: str) -> None:
    """A demand of the contract.

    Raises:
        ContractBroken: it is not met.
    """
    if not holds:
        raise ContractBroken(otherwise)


def until(holds: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Wait for what must come.

    Raises:
        ContractBroken: it does not come in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        demand(time.monotonic() < deadline, f"it does not come within {seconds:g} s that {what}")
        time.sleep(_LOOK_EVERY_S)
