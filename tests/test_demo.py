"""The flagship experiment as a user runs it: two at once, and nothing of them leaves the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.machine import look, until
from tests.support.uplink import CONTROL, uplink

pytestmark = [pytest.mark.lab, pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass
class _Both:
    """What two demos said that ran at once, and what a capture on the uplink of one of them saw."""

    results: list[dict[str, Any]]
    statuses: list[int]
    control_seen: bool
    strangers: list[bytes]
    unchanged: bool


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> _Both:
    """Two demos side by side: one in an outer namespace with an uplink that is captured, one on the machine itself."""
    before = look()
    with uplink() as (out, mac):
        argv = [sys.executable, "-m", "chaoskit", "run", "gslb.pool_death", "--json", "--runs"]
        folders = [str(tmp_path_factory.mktemp("runs")) for _ in range(2)]
        commands = [out.command(*argv, folders[0]), [*argv, folders[1]]]
        processes = [
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
            )
            for command in commands
        ]
        said = [process.communicate(timeout=150) for process in processes]
        strangers = out.strangers(mac)
        out.send_control()
        control = until(lambda: any(CONTROL in frame for frame in out.frames), 5)
    assert all(stdout for stdout, _stderr in said), [stderr for _stdout, stderr in said]
    return _Both(
        [json.loads(stdout) for stdout, _stderr in said],
        [process.returncode for process in processes],
        control,
        strangers,
        until(lambda: look() == before, 5),
    )


def test_two_demos_at_once_both_pass(both: _Both) -> None:
    """The same lab twice, with the same addresses, side by side: neither notices the other."""
    assert [result["verdict"] for result in both.results] == ["pass", "pass"], both.results
    assert both.statuses == [0, 0]


def test_nothing_of_a_lab_leaves_the_machine(both: _Both) -> None:
    """A capture on the uplink sees a control packet, and no frame that the uplink itself did not send."""
    assert both.control_seen
    assert both.strangers == []


def test_the_machine_is_as_it_was(both: _Both) -> None:
    """Links, rules, mounts, qdiscs, sysctls and cgroups are those of before."""
    assert both.unchanged
