"""Which drivers there are: chaoskit's own, and those of installed distributions."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.labs.drivers import driver_names, make_lab, outlives_keeper
from chaoskit.labs.spec import LabSpec
from chaoskit.testing import two_regions
from tests.support import lasting
from tests.support.lasting import NetnsLab

SPEC = LabSpec("two-regions", (), two_regions(), ())


def test_an_installed_distribution_brings_a_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named under the entry-point group, and makes labs as ours do."""
    lasting.install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert driver_names() == ("native", "docker", lasting.DRIVER)
    lab = make_lab(lasting.DRIVER, SPEC, tmp_path, "run-a", lambda _change: None)
    assert isinstance(lab, NetnsLab)
    assert lab.topology is SPEC.topology


def test_a_driver_that_nobody_brings_is_an_error_that_lists_the_others(tmp_path: Path) -> None:
    """With what `--driver` takes."""
    with pytest.raises(UsageError, match=r"no driver 'swarm'(.|\n)*native, docker"):
        make_lab("swarm", SPEC, tmp_path, "run-a", lambda _change: None)


@pytest.mark.parametrize(("driver", "outlives"), [("native", False), ("docker", True), ("attached", True)])
def test_it_is_known_beforehand_whether_a_lab_outlives_its_keeper(driver: str, outlives: bool) -> None:
    """The keeper is placed by it before there is a lab."""
    assert outlives_keeper(driver) is outlives
