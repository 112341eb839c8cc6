"""A user of this machine who is not root, for the time of a test, and chaoskit as that user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_path

import pytest

import chaoskit
from chaoskit.labs.native import rootless

_CHECKOUT = Path(chaoskit.__file__).parents[1]
_SYSTEM_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Ordinary:
    """A user.

    Attributes:
        home: the user's own folder.
        python: an interpreter the user may execute, of this one's version.
    """

    name: str
    home: Path
    python: str

    def run(self, *argv: str, timeout: float = 100) -> subprocess.CompletedProcess[str]:
        """Run this Python with arguments in the user's home, with chaoskit and what it needs on its path."""
        environment = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{_CHECKOUT}:{get_path('purelib')}",
        }
        command = [_runuser(), "-u", self.name, "--", self.python, *argv]
        return subprocess.run(
            command, cwd=self.home, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def may_change_users(self) -> None:
        """Give the user subordinate ids; skips the test where this machine cannot."""
        if shutil.which("newuidmap") is None:
            pytest.skip("newuidmap is not installed: apt-get install uidmap")
        wanted = ["--add-subuids", "300000-365535", "--add-subgids", "300000-365535"]
        subprocess.run(["usermod", *wanted, self.name], check=True, capture_output=True)


@contextmanager
def ordinary_user() -> Iterator[Ordinary]:
    """A user without subordinate ids, made now and deleted at the end; skips the test where there cannot be one."""
    for tool in ("useradd", "userdel", "runuser", "unshare"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("only root can add a user")
    if rootless.forbidden():
        pytest.skip(rootless.forbidden())
    name = f"chaoskit-{os.getpid()}"
    subprocess.run(
        ["useradd", "--create-home", "--key", "SUB_UID_COUNT=0", "--key", "SUB_GID_COUNT=0", name], check=True
    )
    try:
        home = Path(f"~{name}").expanduser()
        yield Ordinary(name, home, _python_for(name))
    finally:
        subprocess.run(["userdel", "--remove", name], check=True, capture_output=True)


def _runuser() -> str:
    found = shutil.which("runuser")
    assert found is not None
    return found


def _python_for(user: str) -> str:
    """This interpreter, or the system's where the user may not execute it."""
    wanted = f"import sys, chaoskit; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    path = f"{_CHECKOUT}:{get_path('purelib')}"
    for python in (sys.executable, _SYSTEM_PYTHON):
        argv = [_runuser(), "-u", user, "--", python, "-c", wanted]
        environment = {"PYTHONPATH": path, "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
        if subprocess.run(argv, env=environment, cwd="/", capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip(f"an ordinary user may execute no Python {sys.version_info[:2]} that finds chaoskit")
