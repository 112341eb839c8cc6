"""`advertise_route` between two FRR routers."""

import random
from pathlib import Path

import pytest

from chaoskit.actions.advertise_route import advertise_route
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name
from chaoskit.testing import check_action, host, topology_of
from tests.actions.routers import PREFIX, configured, done, heard, routers, undo_twice
from tests.wire import until

ROUTERS = topology_of([host("near", "198.18.1.1"), host("far", "198.18.1.2")])


def test_it_keeps_the_contract_and_tells_its_router_only() -> None:
    """One command step, on the router selected."""
    (step,) = check_action(advertise_route(PREFIX, at=name("near")), ROUTERS)
    assert step.target == "near"
    assert step.describe() == f"near: advertise {PREFIX} by BGP"


@pytest.mark.parametrize("text", ["198.18.40.1/24", "198.18.40.0/33", "partner; reboot"])
def test_what_is_no_prefix_is_a_usage_error(text: str) -> None:
    """Before anything reaches a router's command line."""
    with pytest.raises(UsageError, match="is no prefix"):
        advertise_route(text, at=name("near")).steps(Planning(ROUTERS, random.Random(1), 1))


@pytest.mark.lab
def test_the_neighbour_hears_the_prefix_until_it_is_undone(tmp_path: Path) -> None:
    """Confirmed by whom it was sent to; afterwards neither the line nor the route is left."""
    with routers(tmp_path, network=False) as running:
        assert not heard(running)
        steps = done(advertise_route(PREFIX, at=name("near")), running)
        assert until(lambda: heard(running))
        undo_twice(steps, running)
        assert not configured(running)
        assert until(lambda: not heard(running))


@pytest.mark.lab
def test_what_was_advertised_before_is_advertised_afterwards(tmp_path: Path) -> None:
    """The undo restores what was there, and that was a line."""
    with routers(tmp_path, network=True) as running:
        assert until(lambda: heard(running))
        undo_twice(done(advertise_route(PREFIX, at=name("near")), running), running)
        assert configured(running)
        assert heard(running)
