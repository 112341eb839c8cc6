"""The flagship experiment and its twin as a user runs them: at once, and nothing of them leaves the machine."""

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
    """What two arms said that ran at once, and what a capture on the uplink of one of them saw."""

    results: list[dict[str, Any]]
    statuses: list[int]
    control_seen: bool
    strangers: list[bytes]
    unchanged: bool


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> _Both:
    """Side by side: the guarded arm in an outer namespace with an uplink that is captured, the twin on the machine."""
    before = look()
    with uplink() as (out, mac):
        argv = [sys.executable, "-m", "chaoskit", "run", "gslb.pool_death", "--json", "--runs"]
        folders = [str(tmp_path_factory.mktemp("runs")) for _ in range(2)]
        commands = [out.command(*argv, folders[0]), [*argv, folders[1], "--arm", "plain-dns"]]
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


def test_the_guarantee_holds_and_plain_dns_is_caught(both: _Both) -> None:
    """With the same addresses, side by side: one passes every check, the other fails exactly those it must."""
    guarded, twin = ({check["name"]: check["verdict"] for check in result["checks"]} for result in both.results)
    assert set(guarded.values()) == {"pass"}, both.results
    wrong = {name for name, verdict in twin.items() if verdict == "fail"}
    assert wrong - {"eu_comes_home"} == {"answers_move", "eu_recovers", "eu_left_alone", "available"}, both.results
    assert twin["eu_all_503"] == "pass"
    assert [result["verdict"] for result in both.results] == ["pass", "fail"]
    assert both.statuses == [0, 1]


def test_nothing_of_a_lab_leaves_the_machine(both: _Both) -> None:
    """A capture on the uplink sees a control packet, and no frame that the uplink itself did not send."""
    assert both.control_seen
    assert both.strangers == []


def test_the_machine_is_as_it_was(both: _Both) -> None:
    """Links, rules, mounts, qdiscs, sysctls and cgroups are those of before."""
    assert both.unchanged
