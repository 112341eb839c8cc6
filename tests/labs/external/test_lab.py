"""A system elsewhere as a lab that a keeper holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.lab import Lab
from chaoskit.labs.drivers import EXTERNAL, make_lab
from chaoskit.labs.external.spec import external_spec


def test_it_is_there_before_and_after_and_nothing_of_it_can_be_entered(tmp_path: Path) -> None:
    """Up and down make nothing, so that nothing is ever left; whoever recovers can take it over at any time."""
    lab = make_lab(EXTERNAL, external_spec(Lab.external("staging")), tmp_path, "run", lambda change: None)
    assert lab.up(1.0).ready_s == 0
    lab.take_over()
    lab.down()
    lab.down()
    assert lab.outlives_keeper
    assert (lab.hosts, lab.topology.hosts) == ({}, ())
    assert [*lab.left(), *lab.identities(), *lab.cgroups(), *tmp_path.iterdir()] == []
    with pytest.raises(LabError, match="a system elsewhere"):
        lab.logs("web-1")
