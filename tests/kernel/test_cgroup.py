"""Limits by control groups, on folders that stand in for the hierarchy; real ones are in the labs' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.kernel.cgroup import Controllers, Limits, controllers, folders, make, remove


def _v2(root: Path, offered: str = "cpu memory io") -> Path:
    (root / "cgroup.controllers").write_text(offered)
    (root / "cgroup.subtree_control").write_text("memory")
    return root


def test_version_2_writes_cpu_max_and_memory_max(tmp_path: Path) -> None:
    """One group holds both limits; the controller that is not passed on yet is enabled."""
    found = controllers(_v2(tmp_path))
    assert found == Controllers(2, tmp_path, tmp_path)
    groups = make("run-a", Limits(0.5, 1 << 20), found)
    assert groups == [tmp_path / "run-a"]
    assert (groups[0] / "cpu.max").read_text() == "50000 100000"
    assert (groups[0] / "memory.max").read_text() == "1048576"
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu"


def test_version_1_has_a_group_a_controller(tmp_path: Path) -> None:
    """On a hybrid machine the version 1 controllers are used."""
    for name in ("cpu", "memory", "unified"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    groups = make("run-a", Limits(2.0, 4096), controllers(tmp_path))
    assert groups == [tmp_path / "cpu" / "run-a", tmp_path / "memory" / "run-a"]
    assert (groups[0] / "cpu.cfs_quota_us").read_text() == "200000"
    assert (groups[1] / "memory.limit_in_bytes").read_text() == "4096"


@pytest.mark.parametrize("limits", [Limits(2.0, 4096), Limits(2.0, None), Limits(None, 4096), Limits(None, None)])
@pytest.mark.parametrize("version", [1, 2])
def test_what_will_be_made_is_known_before(tmp_path: Path, limits: Limits, version: int) -> None:
    """A journal can name the groups before they are there."""
    if version == 2:
        _v2(tmp_path)
    for name in ("cpu", "memory") if version == 1 else ():
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    found = controllers(tmp_path)
    expected = folders("run-a", limits, found)
    assert not any(folder.exists() for folder in expected)
    assert make("run-a", limits, found) == expected


def test_only_what_is_asked_for_is_made(tmp_path: Path) -> None:
    """No limit, no group."""
    assert make("run-a", Limits(None, None), controllers(_v2(tmp_path))) == []
    assert not (tmp_path / "run-a").exists()


@pytest.mark.parametrize("offered", ["", "io pids"])
def test_a_missing_controller_is_an_error(tmp_path: Path, offered: str) -> None:
    """The error names the controller and what it was to limit."""
    with pytest.raises(OSError, match=r"no cpu controller that sets cpus=0\.5"):
        make("run-a", Limits(0.5, None), controllers(_v2(tmp_path, offered)))


def test_a_machine_without_cgroups_has_no_controllers(tmp_path: Path) -> None:
    """Version 0 says that nothing can be limited."""
    assert controllers(tmp_path) == Controllers(0, None, None)


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    """`remove` may be repeated."""
    group = tmp_path / "run-a"
    group.mkdir()
    remove([group])
    remove([group])
    assert not group.exists()
