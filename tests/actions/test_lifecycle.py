"""`crash`, `stop`, `power_off` and `pause`: one step a host, held to the contract of actions."""

import pytest

from chaoskit.actions.crash import crash
from chaoskit.actions.pause import pause
from chaoskit.actions.power_off import power_off
from chaoskit.actions.stop import stop
from chaoskit.core.action import Action
from chaoskit.core.selector import region, role
from chaoskit.core.step import Step
from chaoskit.steps.pause import Pause
from chaoskit.steps.power_off import PowerOff
from chaoskit.steps.signal import Signal
from chaoskit.steps.stop import Stop
from chaoskit.testing import check_action, two_regions

EU = role("service") & region("eu")


@pytest.mark.parametrize(
    ("action", "step"),
    [
        (crash(EU), Signal("web-eu-1", "KILL")),
        (stop(EU), Stop("web-eu-1")),
        (power_off(EU), PowerOff("web-eu-1")),
        (pause(EU), Pause("web-eu-1")),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_every_host_of_the_selector_gets_one_step(action: Action, step: Step) -> None:
    """And every step keeps the contract: confirmed after do and not before, undone twice as well as once."""
    steps = check_action(action, two_regions())
    assert steps[0] == step
    assert [each.target for each in steps] == ["web-eu-1", "web-eu-2", "web-eu-3"]
    assert not action.one_shot


def test_a_picked_host_follows_the_seed() -> None:
    """The same seed crashes the same host; over some seeds it is not always the same one."""
    one = crash(EU.pick(1))
    hit = [check_action(one, two_regions(), seed=seed)[0].target for seed in range(6)]
    assert hit[:2] == [check_action(one, two_regions(), seed=seed)[0].target for seed in range(2)]
    assert len(set(hit)) > 1
