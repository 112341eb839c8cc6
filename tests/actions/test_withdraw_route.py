"""`withdraw_route` between two FRR routers."""

from pathlib import Path

import pytest

from chaoskit.actions.withdraw_route import withdraw_route
from chaoskit.core.selector import name
from chaoskit.testing import check_action, host, topology_of
from tests.actions.routers import PREFIX, configured, done, heard, routers, undo_twice
from tests.wire import until

ROUTERS = topology_of([host("near", "198.18.1.1"), host("far", "198.18.1.2")])


def test_it_keeps_the_contract_and_tells_its_router_only() -> None:
    """One command step, on the router selected."""
    (step,) = check_action(withdraw_route(PREFIX, at=name("near")), ROUTERS)
    assert step.target == "near"
    assert step.describe() == f"near: withdraw {PREFIX} from BGP"


@pytest.mark.lab
def test_the_neighbour_loses_the_prefix_until_it_is_undone(tmp_path: Path) -> None:
    """Confirmed by nobody being told it any more; afterwards it is heard again."""
    with routers(tmp_path, network=True) as running:
        assert until(lambda: heard(running))
        steps = done(withdraw_route(PREFIX, at=name("near")), running)
        assert until(lambda: not heard(running))
        undo_twice(steps, running)
        assert configured(running)
        assert until(lambda: heard(running))


@pytest.mark.lab
def test_what_was_not_advertised_before_is_not_advertised_afterwards(tmp_path: Path) -> None:
    """The undo restores what was there, and that was nothing."""
    with routers(tmp_path, network=False) as running:
        undo_twice(done(withdraw_route(PREFIX, at=name("near")), running), running)
        assert not configured(running)
        assert not heard(running)
