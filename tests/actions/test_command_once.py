"""`command_once`: what it plans."""

import random
from pathlib import Path

import pytest

from chaoskit.actions.command_once import command_once
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.steps.command import CommandOnce
from chaoskit.testing import FakeLab, check_action, two_regions

LAB = two_regions()
NETWORKS = {host.name: Path("/proc/self/ns/net") for host in LAB.hosts}


def test_a_one_shot_command_keeps_it_too(tmp_path: Path) -> None:
    """It is declared as what cannot be undone."""
    file = str(tmp_path / "there")
    action = command_once(["touch", file], ["test", "-e", file])
    assert check_action(action, LAB, lab=FakeLab(LAB, networks=NETWORKS)) == (
        CommandOnce("", ("touch", file), ("test", "-e", file)),
    )
    assert action.one_shot


def test_what_is_no_argument_list_is_a_usage_error() -> None:
    """As for a command that can be undone."""
    with pytest.raises(UsageError, match="is no command"):
        command_once("reboot now", ["c"]).steps(Planning(LAB, random.Random(1), 1))
