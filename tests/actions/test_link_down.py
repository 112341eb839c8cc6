"""`link_down`: one step a link, held to the contract of actions."""

import pytest

from chaoskit.actions.link_down import link_down
from chaoskit.core.selector import name, region, role
from chaoskit.steps.link import SetLink
from chaoskit.testing import check_action, two_regions
from tests.wire import wired


def test_links_are_selected_by_their_name_or_by_their_hosts() -> None:
    """`HOST/NETWORK`, or the labels of the host."""
    assert check_action(link_down(name("lb-eu/eu")), two_regions()) == (SetLink("lb-eu", "eu", "eth0"),)
    steps = check_action(link_down(role("balancer") & region("na")), two_regions())
    assert [step.target for step in steps] == ["lb-na/na"]


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions_on_real_networks() -> None:
    """Prepared, done, confirmed and undone, twice as well as once."""
    with wired("a", "b") as wire:
        check_action(link_down(name("a/edge")), wire.topology, lab=wire.lab)
