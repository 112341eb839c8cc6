"""Every driver keeps the one contract: `chaoskit.testing.driver`, demand by demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chaoskit.labs.change import HostChange
from chaoskit.labs.drivers import DOCKER, NATIVE, DriverLab, make_lab
from chaoskit.labs.spec import LabSpec
from chaoskit.testing.driver import Bench, Make, Trial, bench, links, lives, wholes


def native(spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    """A native lab."""
    return make_lab(NATIVE, spec, directory, run, notify)


def docker(spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    """A lab on Docker."""
    return make_lab(DOCKER, spec, directory, run, notify)


DRIVERS = [
    pytest.param(native, marks=pytest.mark.lab, id="native"),
    pytest.param(docker, marks=pytest.mark.docker, id="docker"),
]


@pytest.fixture(scope="module", params=DRIVERS)
def make(request: pytest.FixtureRequest) -> Make:
    """The driver on trial."""
    if request.param is docker:
        request.getfixturevalue("docker_engine")
    made: Make = request.param
    return made


@pytest.fixture(scope="module")
def on(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The small lab, up; every demand leaves it as it found it."""
    with bench(make, tmp_path_factory.mktemp("bench")) as it:
        yield it


@pytest.mark.parametrize("demand", [*lives.DEMANDS, *links.DEMANDS], ids=lambda demand: demand.__name__)
def test_hosts_and_networks(on: Bench, demand: Callable[[Bench], None]) -> None:
    """A lab that is up does what its contract demands."""
    demand(on)


@pytest.mark.parametrize("demand", wholes.DEMANDS, ids=lambda demand: demand.__name__)
def test_whole_labs(make: Make, tmp_path: Path, demand: Callable[[Trial], None]) -> None:
    """A driver does what its contract demands of whole labs."""
    demand(Trial(make, tmp_path))
