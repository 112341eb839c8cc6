"""Processes by boot id, pid and start time, on processes this test starts."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace

import pytest

from chaoskit.kernel.identity import Identity


def test_a_process_is_known_by_more_than_its_number() -> None:
    """An identity is alive while the process is; with another start time or boot it is somebody else."""
    with subprocess.Popen(["sleep", "30"]) as child:
        who = Identity.of(child.pid)
        assert who.alive()
        assert not replace(who, start=who.start + 1).alive()
        assert not replace(who, boot="another boot").alive()
        child.kill()
    assert not who.alive()
    with pytest.raises(ProcessLookupError, match=str(child.pid)):
        Identity.of(child.pid)


def test_a_zombie_is_not_alive() -> None:
    """A child that ended and was not collected does not run."""
    child = subprocess.Popen(["sleep", "30"])
    who = Identity.of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not who.alive()
    child.wait()


def test_only_the_very_process_is_signalled() -> None:
    """A process that has the pid but not the start time is left alone; the right one ends."""
    with subprocess.Popen(["sleep", "30"]) as child:
        who = Identity.of(child.pid)
        assert not replace(who, start=who.start + 1).kill()
        assert child.poll() is None
        assert who.kill()
        assert child.wait() == -signal.SIGKILL
    assert not who.kill()
