"""A system elsewhere as a lab: nothing to bring up, nothing to take down, no host to enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import Host
from chaoskit.core.topology import Topology
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.spec import LabSpec


class ExternalLab:
    """What a keeper holds while commands act on a system elsewhere; satisfies `chaoskit.labs.drivers.DriverLab`.

    Its commands are steps on this machine, which the keeper undoes when the runner is gone, and recovery from the
    journal when both are: the system goes on living whoever of them ends.
    """

    def __init__(self, spec: LabSpec, directory: Path, *, run_id: str, notify: Callable[[HostChange], None]) -> None:
        del directory, run_id, notify  # nothing of it is recorded, and no host of it takes a turn that is seen
        self._name = spec.name

    @property
    def topology(self) -> Topology:
        """As far as it can be asked for anything: no hosts. The plan has those that the experiment names."""
        return Topology(self._name, (), ())

    @property
    def hosts(self) -> Mapping[str, Host]:
        """None."""
        return {}

    def logs(self, host: str) -> Path:
        """Nobody's.

        Raises:
            LabError: always.
        """
        raise LabError(f"{self._name} is a system elsewhere: the log of {host} is not to be had")

    @property
    def outlives_keeper(self) -> bool:
        """It was there before, and stays."""
        return True

    def up(self, timeout_s: float) -> Timings:
        """It is up, or the experiment's own steady state says that it is not."""
        del timeout_s
        return Timings(0.0, 0.0, 0.0)

    def take_over(self) -> None:
        """Commands need nothing of it."""

    def down(self) -> None:
        """It is not ours to take down."""

    def left(self) -> Sequence[str]:
        """Nothing is made there; what commands did is in the journal."""
        return ()

    def identities(self) -> Sequence[tuple[str, Identity]]:
        """None: no process of it is ours."""
        return ()

    def cgroups(self) -> Sequence[Path]:
        """None."""
        return ()
