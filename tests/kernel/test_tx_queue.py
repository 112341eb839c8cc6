"""The length of a device's queue, as ip(8) has it."""

from __future__ import annotations

import json

import pytest

from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.tx_queue import set_tx_queue, tx_queue
from tests.wire import wired


@pytest.mark.lab
def test_it_is_what_ip_says_and_sets() -> None:
    """Read where ip(8) set it, and listed by ip(8) where it was set here."""
    with wired("a") as wire:
        inside = wire.networks["a"]
        run_in_network(inside, ["ip", "link", "set", "eth0", "txqueuelen", "77"])
        assert in_network(inside, lambda: tx_queue("eth0")) == 77
        in_network(inside, lambda: set_tx_queue("eth0", 0))
        (link,) = json.loads(run_in_network(inside, ["ip", "-json", "link", "show", "eth0"]).stdout)
        assert link.get("txqlen", 0) == 0
        with pytest.raises(OSError, match="No such device"):
            in_network(inside, lambda: tx_queue("eth9"))
