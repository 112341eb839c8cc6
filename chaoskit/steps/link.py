"""The step that sets one interface of a host down, or up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel.links import configured, put_back, read_link, set_link
from chaoskit.steps.reach import host_of, network_left, network_of, seen, step_errors


@dataclass(frozen=True)
class SetLink:
    """Set an interface down or up inside its host; undone with the routes and neighbours it had.

    Attributes:
        host: whose interface.
        network: on which network, for its name.
        device: the interface's name inside the host.
        up: the state it is set to.
    """

    host: str
    network: str
    device: str
    up: bool = False

    kind: ClassVar[str] = "link"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The link, `HOST/NETWORK`."""
        return f"{self.host}/{self.network}"

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.target}: set {self.device} {'up' if self.up else 'down'}"

    def prepare(self, lab: RunningLab) -> Prior:
        """Read the interface's state, and what the kernel will forget when it goes down.

        Raises:
            StepError: the host has no network now, or no such interface.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            return {"up": read_link(network, self.device).up, "configured": list(configured(network, self.device))}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Set it.

        Raises:
            StepError: the kernel refuses.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            set_link(network, self.device, up=self.up)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Read the interface's flags and operational state."""
        return seen(lambda: self._look(lab))

    def _look(self, lab: RunningLab) -> Evidence:
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            state = read_link(network, self.device)
        what = f"{self.target}: {self.device} is set {'up' if state.up else 'down'}, operstate {state.operstate}"
        return Evidence(state.up == self.up, what)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Set it as it was, and add what is missing of the routes, neighbours and addresses it had.

        Raises:
            StepError: the kernel refuses.
        """
        network = network_left(host_of(lab, self.host))
        if network is None:
            return
        with step_errors(f"{self.target} could not be restored"):
            if read_link(network, self.device).up != prior["up"]:
                set_link(network, self.device, up=bool(prior["up"]))
            if prior["up"]:
                there = configured(network, self.device)
                put_back(network, (line for line in _lines(prior) if line not in there))


def _lines(prior: Prior) -> tuple[str, ...]:
    lines = prior["configured"]
    if not isinstance(lines, list):
        raise StepError(f"the journal holds {lines!r} where the configuration of a link should be")
    return tuple(map(str, lines))
