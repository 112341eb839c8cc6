"""A folder with an experiment of its own, and the command line in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaoskit.cli.main import main
from tests.samples import shop


@dataclass(frozen=True)
class Said:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> object:
        """Stdout, which holds one JSON document and nothing else."""
        return json.loads(self.out)


Cli = Callable[..., Said]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the command, with `shop.py` in it."""
    monkeypatch.chdir(tmp_path)
    shop(tmp_path)
    return tmp_path


@pytest.fixture
def cli(project: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line in the project."""
    assert project.is_dir()

    def run(*argv: str) -> Said:
        capsys.readouterr()
        status = main(argv)
        return Said(status, *capsys.readouterr())

    return run
