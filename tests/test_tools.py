"""Setting up: which Python is taken, and what is said where none will do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"


def program(path: Path, script: str) -> Path:
    """An executable that stands for another one."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def venv(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`tools/venv.sh` in a folder."""
    command = [TOOLS / "venv.sh", folder / "venv"]
    clean = {**os.environ, **environment}
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=60, check=False)


def test_a_python_that_is_too_old_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """The version that was found is named, and how to get another."""
    old = program(tmp_path / "python3", '[ "$1" = --version ] && echo Python 3.9.2 && exit 0; exit 1')
    done = venv(tmp_path, PYTHON=str(old))
    assert done.returncode == 3
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_not_here_is_said_to_be_missing(tmp_path: Path) -> None:
    """A mistyped PYTHON is not passed over."""
    done = venv(tmp_path, PYTHON=str(tmp_path / "nothing"))
    assert done.returncode == 3
    assert "not here" in done.stderr


def test_without_root_the_missing_package_is_named(tmp_path: Path) -> None:
    """Debian's Python comes without ensurepip."""
    bare = program(
        tmp_path / "python3",
        f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"',
    )
    program(tmp_path / "id", "echo 1000")
    done = venv(tmp_path, PYTHON=str(bare), PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 3
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in done.stderr


@pytest.mark.slow
def test_an_environment_is_made_once(tmp_path: Path) -> None:
    """A second call finds it; one that is broken is made anew."""
    assert venv(tmp_path, PYTHON=sys.executable).returncode == 0
    marker = tmp_path / "venv" / "marker"
    marker.touch()
    assert venv(tmp_path, PYTHON=sys.executable).returncode == 0
    assert marker.exists()
    (tmp_path / "venv" / "bin" / "python").unlink()
    assert venv(tmp_path, PYTHON=sys.executable).returncode == 0
    assert not marker.exists()


def test_programs_that_are_here_are_not_installed(tmp_path: Path) -> None:
    """Only what is missing is asked for, and a refusal is told without failing."""
    python = program(tmp_path / "python", f'echo "$@" >> {tmp_path}/asked; exit 1')
    command = [TOOLS / "packages.sh", python, "sh=dash", "nothing-of-that-name=some-package"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert (tmp_path / "asked").read_text() == "-m chaoskit.engine.doctor.install some-package\n"
    assert "not installed: some-package" in done.stderr
