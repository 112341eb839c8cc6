"""The step that has the daemon which manages an address give it up, by a file that the daemon watches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel import addresses
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.reach import host_of, network_of, running, seen, step_errors

_FAULT = "-254\n"
"""What a track_file of weight 1 says to have keepalived go to FAULT (keepalived.conf(5), VRRP track files)."""


@dataclass(frozen=True)
class YieldAddress:
    """Write -254 into keepalived's track file: it sends an advert of priority 0 and gives the address up.

    Undone by writing what the file held: the daemon is eligible again, and whether it wins the address back is up to
    its configuration.

    Attributes:
        host: whose daemon.
        address: what it manages, to see that it has let go.
        file: the `track_file` of its configuration, a path inside the host.
    """

    host: str
    address: str
    file: str

    kind: ClassVar[str] = "yield_address"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = False

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: have keepalived give up {self.address}, by {_FAULT.strip()} in {self.file}"

    def prepare(self, lab: RunningLab) -> Prior:
        """Read what the file holds, and see that the host has the address: who has none cannot give it up.

        Raises:
            StepError: the host does not run, has no such file, or does not hold the address.
        """
        path, network = self._path(lab), network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            held = path.read_text()
            found = in_network(network, lambda: addresses.held(self.address))
        if found is None:
            raise StepError(f"{self.host} does not hold {self.address} and cannot give it up")
        return {"held": held}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Write the file.

        Raises:
            StepError: it cannot be written.
        """
        with step_errors(self.describe()):
            self._path(lab).write_text(_FAULT)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the host has the address no more, though the network is there."""
        return seen(lambda: self._look(lab))

    def _look(self, lab: RunningLab) -> Evidence:
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            says = self._path(lab).read_text().strip()
            found = in_network(network, lambda: addresses.held(self.address))
        what = f"{self.host}: {self.file} says {says}, {self.address} is on {found.device if found else 'no interface'}"
        return Evidence(says == _FAULT.strip() and found is None, what)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Write what it held; a host without processes has lost its files, and the daemon starts from its own.

        Raises:
            StepError: it cannot be written.
        """
        host = host_of(lab, self.host)
        if host.status().pid is None:
            return
        with step_errors(f"{self.file} of {self.host} could not be restored"):
            self._path(lab).write_text(str(prior["held"]))

    def _path(self, lab: RunningLab) -> Path:
        """The file seen from outside the host."""
        pid = running(host_of(lab, self.host), "asked to yield").pid
        if pid is None:
            raise StepError(f"{self.host} has no process")
        return Path(f"/proc/{pid}/root{self.file}")
