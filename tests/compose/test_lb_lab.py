"""The lb lab on real daemons: which instance answers, before, during and after the death of one."""

import http.client
import runpy
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from chaoskit.core.lab import Lab
from chaoskit.core.units import NS
from chaoskit.core.window import Bound
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from tests.labs.native.build import up

pytestmark = pytest.mark.lab

BALANCERS: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "experiments" / "lb.py"))["BALANCERS"]
EVEN = {"web-1": 10, "web-2": 10, "web-3": 10}


@pytest.fixture(params=BALANCERS)
def balancer(request: pytest.FixtureRequest) -> Any:
    """Each balancer's record."""
    return BALANCERS[request.param]


@pytest.fixture
def guarded(balancer: Any, tmp_path: Path) -> Iterator[NativeLab]:
    """The balancer's lab, up."""
    with up(load_lab(Lab("lb").over(*balancer.overlays)), tmp_path) as lab:
        yield lab


@pytest.fixture
def unchecked(balancer: Any, tmp_path: Path) -> Iterator[NativeLab]:
    """Its twin, up."""
    with up(load_lab(Lab("lb").over(*balancer.overlays, balancer.no_checks)), tmp_path) as lab:
        yield lab


def served(lab: NativeLab, times: int) -> Counter[str]:
    """Who answered how many of so many requests, one after the other; the status of those that failed."""

    def fetch() -> str:
        connection = http.client.HTTPConnection("198.18.32.80", timeout=2)
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.headers["X-Instance"] if response.status == 200 else str(response.status)

    return in_network(lab.hosts["client"].netns(), lambda: Counter(fetch() for _ in range(times)))


def even_within(lab: NativeLab, limit: Bound) -> bool:
    """Whether all three get the same share before the limit is over."""
    deadline = time.monotonic() + limit.total / NS
    while time.monotonic() < deadline:
        if served(lab, 30) == EVEN:
            return True
    return False


def failing_for(lab: NativeLab, watch: float) -> float:
    """Seconds from now until the last failure, of those seen in so many seconds."""
    started = last = time.monotonic()
    while time.monotonic() < started + watch:
        if set(served(lab, 3)) & {"502", "503"}:
            last = time.monotonic()
    return last - started


def test_a_dead_instance_is_left_alone_within_the_bound_and_used_again_within_the_bound(
    guarded: NativeLab, balancer: Any
) -> None:
    """In turn before; the two others alone after `out`; in turn again after `back`."""
    assert served(guarded, 30) == EVEN
    guarded.hosts["web-1"].kill(SIGKILL)
    bound = balancer.out.total / NS
    assert 0 < failing_for(guarded, bound + 0.5) <= bound
    alone = served(guarded, 30)
    assert alone["web-1"] == 0
    assert alone["web-2"] + alone["web-3"] >= (29 if balancer.looks_with_requests else 30)
    guarded.hosts["web-1"].start()
    assert even_within(guarded, balancer.back)


def test_without_checks_a_dead_instance_keeps_its_third(unchecked: NativeLab, balancer: Any) -> None:
    """Once the guarded lab's bound has passed, exactly every third request still fails."""
    assert served(unchecked, 30) == EVEN
    unchecked.hosts["web-1"].kill(SIGKILL)
    failing_for(unchecked, balancer.out.total / NS)
    status = {"503": "503", "5xx": "502"}[balancer.tells]
    assert served(unchecked, 30) == {status: 10, "web-2": 10, "web-3": 10}
