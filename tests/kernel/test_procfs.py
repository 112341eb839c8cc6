"""Readings of /proc about processes this test starts."""

from __future__ import annotations

import os
import subprocess

import pytest

from chaoskit.kernel import procfs


def test_a_process_is_known_by_more_than_its_number() -> None:
    """An identity is alive while the process is; with another start time or boot it is somebody else."""
    with subprocess.Popen(["sleep", "30"]) as child:
        who = procfs.identity(child.pid)
        assert procfs.is_alive(who)
        assert not procfs.is_alive(procfs.Identity(who.pid, who.starttime + 1, who.boot))
        assert not procfs.is_alive(procfs.Identity(who.pid, who.starttime, "another boot"))
        child.kill()
    assert not procfs.is_alive(who)
    with pytest.raises(ProcessLookupError, match=str(child.pid)):
        procfs.identity(child.pid)


def test_a_zombie_is_not_alive() -> None:
    """A child that ended and was not collected does not run."""
    child = subprocess.Popen(["true"])
    try:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert procfs.state(child.pid) == "Z"
        assert not procfs.is_alive(procfs.identity(child.pid))
    finally:
        child.wait()


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
