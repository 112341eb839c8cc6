"""Tools for tests of actions, probes, checks and reports: fakes of the protocols, and histories without a run.

from chaoskit.testing import FakeClock, FakeLab, check_action, happened, make_history, rows, two_regions
"""

from chaoskit.testing.clock import FakeClock
from chaoskit.testing.contracts import ContractBroken, check_action
from chaoskit.testing.history import generated_of, happened, make_history, outage_history, readings, rows
from chaoskit.testing.lab import FakeHost, FakeLab
from chaoskit.testing.topology import client_host, host, topology_of, two_regions

__all__ = [
    "ContractBroken",
    "FakeClock",
    "FakeHost",
    "FakeLab",
    "check_action",
    "client_host",
    "generated_of",
    "happened",
    "host",
    "make_history",
    "outage_history",
    "readings",
    "rows",
    "topology_of",
    "two_regions",
]
