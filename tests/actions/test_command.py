"""`command`: what it plans."""

import random
from pathlib import Path

import pytest

from chaoskit.actions.command import command
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import region, role
from chaoskit.steps.command import Command
from chaoskit.testing import FakeLab, check_action, two_regions

LAB = two_regions()
NETWORKS = {host.name: Path("/proc/self/ns/net") for host in LAB.hosts}


def test_a_command_keeps_the_contract_of_actions(tmp_path: Path) -> None:
    """On this machine, where a file is a change that can be seen and taken back."""
    file = str(tmp_path / "there")
    action = command(["touch", file], ["rm", "-f", file], ["test", "-e", file], timeout="1s")
    steps = check_action(action, LAB, lab=FakeLab(LAB, networks=NETWORKS))
    assert steps == (Command("", ("touch", file), ("test", "-e", file), "", 10**9, undo_argv=("rm", "-f", file)),)


def test_it_runs_in_every_selected_host() -> None:
    """One step a host, with what it waits for."""
    action = command(["a"], ["b"], ["c"], at=role("service") & region("eu"), expect="yes")
    steps = action.steps(Planning(LAB, random.Random(1), 1))
    assert [step.target for step in steps] == ["web-eu-1", "web-eu-2", "web-eu-3"]
    assert {step.expect for step in steps if isinstance(step, Command)} == {"yes"}


@pytest.mark.parametrize("wrong", ["ip link set wg0 down", [], ["sleep", 1]])
def test_what_is_no_argument_list_is_a_usage_error(wrong: object) -> None:
    """A text would be read letter by letter; the error shows how a command is written."""
    for action in (command(wrong, ["b"], ["c"]), command(["a"], ["b"], wrong)):  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="is no command"):
            action.steps(Planning(LAB, random.Random(1), 1))
