"""Which control groups a process is ended by, and how it leaves them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.kernel.tracking import Refuge, Tracked, tracked

V2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = """\
24 23 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro
25 24 0:23 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup rw,xattr,name=systemd
26 24 0:24 / /sys/fs/cgroup/memory rw shared:11 - cgroup cgroup rw,memory
27 24 0:25 / /sys/fs/cgroup/unified rw shared:12 - cgroup2 cgroup2 rw
"""
CONTAINER = "40 39 0:26 /docker/ab12 /sys/fs/cgroup ro - cgroup2 cgroup rw\n"


@pytest.mark.parametrize(
    ("groups", "mounts", "found"),
    [
        ("0::/ci.slice/job.service\n", V2, ["/sys/fs/cgroup/ci.slice/job.service"]),
        ("0::/\n", V2, ["/sys/fs/cgroup"]),
        ("9:name=systemd:/ci\n4:memory:/limited\n0::/\n", V1, ["/sys/fs/cgroup/systemd/ci", "/sys/fs/cgroup/unified"]),
        ("0::/docker/ab12/job\n", CONTAINER, ["/sys/fs/cgroup/job"]),
        ("0::/elsewhere\n", CONTAINER, []),
        ("0::/../job\n", V2, []),
        ("0::/ci:with:colons\n", V2, ["/sys/fs/cgroup/ci:with:colons"]),
        ("4:memory:/limited\n", "", []),
    ],
)
def test_the_groups_that_end_processes_are_found(groups: str, mounts: str, found: list[str]) -> None:
    """Version 2's hierarchy and systemd's own; controllers of version 1 are left, and what lies out of sight."""
    assert [str(each.group) for each in tracked(groups, mounts)] == found


def test_at_the_root_there_is_nothing_to_leave(tmp_path: Path) -> None:
    """Nobody can end the machine's own root; a container's root can be ended from outside, and that is said."""
    refuge = Refuge("refuge", (Tracked(tmp_path, tmp_path),))
    assert refuge.planned == ()
    assert refuge.enter() == ()
    (tmp_path / "cgroup.events").touch()
    assert refuge.enter() == (f"the control group {tmp_path} is the topmost one in sight",)
    assert refuge.leave() == ()


def test_a_group_that_cannot_be_left_is_said(tmp_path: Path) -> None:
    """Where no group can be made beside it, with the reason; nothing is half made."""
    home = Tracked(tmp_path, tmp_path / "gone" / "job")
    (said,) = Refuge("refuge", (home,)).enter()
    assert said == f"the control group {home.group} cannot be left: No such file or directory"
    assert list(tmp_path.iterdir()) == []


_MOVES = """
import sys
from pathlib import Path
from chaoskit.kernel.tracking import Refuge, tracked
root, pipeline = Path(sys.argv[1]), Path(sys.argv[2])
def here():
    return next(str(each.group) for each in tracked() if each.root == root)
(pipeline / "job" / "cgroup.procs").write_text("0")
refuge = Refuge("refuge", tuple(each for each in tracked() if each.root == root))
print(*refuge.planned, refuge.enter(), here())
if sys.argv[3] == "gone":
    (pipeline / "job").rmdir()
print(refuge.leave(), here(), (pipeline / "refuge").exists())
"""


@pytest.mark.lab
@pytest.mark.parametrize("job", ["there", "gone"])
def test_a_process_goes_beside_its_group_and_home_again(job: str) -> None:
    """Home is above the group it came from when that is gone meanwhile; its own group is removed either way."""
    root = next((each.root for each in tracked() if (each.root / "cgroup.controllers").exists()), None)
    if root is None:
        pytest.skip("this machine has no control groups of version 2 in sight")
    pipeline = root / f"chaoskit-test-{os.getpid()}"
    (pipeline / "job").mkdir(parents=True)
    try:
        argv = [sys.executable, "-c", _MOVES, str(root), str(pipeline), job]
        said = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout.splitlines()
    finally:
        for group in (pipeline / "refuge", pipeline / "job", pipeline):
            if group.exists():
                group.rmdir()
    home = pipeline if job == "gone" else pipeline / "job"
    assert said == [f"{pipeline / 'refuge'} () {pipeline / 'refuge'}", f"() {home} False"]
