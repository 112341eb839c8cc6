"""Readings of /proc about processes this test starts."""

from __future__ import annotations

import os
import subprocess

import pytest

from chaoskit.kernel import procfs


def test_a_zombie_has_a_state() -> None:
    """A child that ended and was not collected is a zombie; once collected there is none of that number."""
    child = subprocess.Popen(["true"])
    try:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert procfs.state(child.pid) == "Z"
    finally:
        child.wait()
    with pytest.raises(ProcessLookupError, match=str(child.pid)):
        procfs.state(child.pid)


def test_a_pidfd_says_its_number_until_the_end() -> None:
    """The number is read from fdinfo; a process that was collected has none."""
    with subprocess.Popen(["sleep", "30"]) as child:
        pidfd = os.pidfd_open(child.pid)
        assert procfs.pid_of(pidfd) == child.pid
        child.kill()
        child.wait()
        assert procfs.pid_of(pidfd) is None
        os.close(pidfd)


def test_members_share_a_pid_namespace() -> None:
    """This process is a member of its own namespace."""
    namespace = procfs.pid_namespace(os.getpid())
    assert namespace is not None
    assert os.getpid() in procfs.members(namespace)
    assert procfs.pid_namespace(2**22 + 1) is None
