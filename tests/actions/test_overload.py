"""`overload`: what it plans; tests/engine/test_late.py has it on a real lab."""

from chaoskit.actions.overload import overload
from chaoskit.core.load import load
from chaoskit.core.request import get
from chaoskit.core.selector import role
from chaoskit.loads.arrivals import constant
from chaoskit.testing import check_action, two_regions


def test_an_overload_changes_nothing_of_the_lab_and_brings_its_load() -> None:
    """There is no step to undo: the load generator starts and ends the arrivals."""
    surge = load(get("http://web/"), constant("10/s"), clients=role("client"))
    action = overload(surge)
    assert check_action(action, two_regions()) == ()
    assert action.loads == (surge,)
    assert not action.one_shot
