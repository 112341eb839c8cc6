"""Processes of pytest-xdist that do not see each other's runs: what one finds, reports or recovers is its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def runs_apart() -> Iterator[None]:
    """Folders of its own for each of several processes; one alone has those that users have."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        yield
        return
    # A short path: the names of sockets in it are a hundred characters at most (sun_path, unix(7)).
    base = Path(tempfile.mkdtemp(prefix=f"{worker}-"))
    with pytest.MonkeyPatch.context() as patch:
        for variable, folder in {"XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "state"}.items():
            (base / folder).mkdir(mode=0o700)
            patch.setenv(variable, str(base / folder))
        yield
    shutil.rmtree(base)
