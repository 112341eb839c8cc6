"""Results to report on."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.result import ExperimentResult
from tests.report import synthetic


@pytest.fixture
def proved(tmp_path: Path) -> ExperimentResult:
    """Two arms and a proof."""
    return synthetic.proved(tmp_path)


@pytest.fixture
def single(tmp_path: Path) -> ExperimentResult:
    """The guarded arm alone."""
    return synthetic.single(tmp_path)
