"""How a client host resolves names, read from its files."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.lab import Lab
from chaoskit.core.step import THIS_MACHINE
from chaoskit.engine.clients import client
from chaoskit.labs.external.spec import external_spec
from chaoskit.loads.etc import hosts_file
from chaoskit.testing import FakeLab


def test_this_machine_resolves_names_as_it_does_for_everybody() -> None:
    """Load on a system elsewhere comes from the generator's own network, and the machine's own files are read."""
    topology = external_spec(Lab.external("staging")).topology
    made = client(FakeLab(topology), topology.by_name[THIS_MACHINE])
    assert (made.host, made.netns) == (THIS_MACHINE, None)
    assert made.hosts == hosts_file(Path("/etc/hosts").read_text())
