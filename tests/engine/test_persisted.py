"""A run's order on disk."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from chaoskit import __version__
from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.order import Order
from chaoskit.engine.persisted import FILE, load, put, save
from chaoskit.kernel.identity import Identity
from chaoskit.labs.spec import LabSpec
from chaoskit.testing import two_regions


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """An order, on disk."""
    spec = LabSpec("two-regions", (), two_regions(), ())
    order = Order("run-a", "a lab", "docker", spec, tmp_path, tmp_path, Identity.of(os.getpid()))
    save(order)
    return order


def test_what_is_loaded_is_what_was_saved(order: Order, tmp_path: Path) -> None:
    """Another process makes the same lab from it; only its owner may read it, environments are in it."""
    assert load(tmp_path) == order
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.usefixtures("order")
def test_another_version_says_which_one_can_read_it(tmp_path: Path) -> None:
    """What was pickled there may mean something else here."""
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(__version__.encode(), b"9.8.7", 1))
    with pytest.raises(ChaoskitError, match=r"written by chaoskit 9\.8\.7(.|\n)*pip install chaoskit==9\.8\.7"):
        load(tmp_path)


@pytest.mark.usefixtures("order")
@pytest.mark.parametrize("kept", [0, 5, 30, 100, 600])
def test_one_that_is_cut_short_is_an_error_with_its_path(tmp_path: Path, kept: int) -> None:
    """Wherever it ends."""
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ChaoskitError, match=f"{path} cannot be read"):
        load(tmp_path)


def test_none_at_all_and_something_else_are_errors(tmp_path: Path) -> None:
    """A folder without one, and a pickle of something that is no order."""
    with pytest.raises(ChaoskitError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / FILE).write_bytes(json.dumps({"chaoskit": __version__}).encode() + b"\nN.")
    with pytest.raises(ChaoskitError, match="holds no order"):
        load(tmp_path)


@pytest.mark.parametrize("durably", [True, False])
def test_a_file_is_replaced_as_a_whole(tmp_path: Path, durably: bool) -> None:
    """Nobody sees half of it, and no draft stays."""
    put(tmp_path / "x", b"first", durably=durably)
    put(tmp_path / "x", b"second", durably=durably)
    assert (tmp_path / "x").read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
