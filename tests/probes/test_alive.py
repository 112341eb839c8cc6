"""`alive`: the host's status as a reading."""

import pytest

from chaoskit.core.host import HostState, Status
from chaoskit.probes.alive import alive
from chaoskit.testing import two_regions
from tests.probes.daemons import Observed


@pytest.mark.parametrize(
    ("status", "reading"),
    [
        (Status(HostState.RUNNING, 4711, healthy=True), {"state": "running", "healthy": True, "restarts": 0}),
        (Status(HostState.PAUSED, 4711), {"state": "paused", "healthy": None, "restarts": 0}),
        (Status(HostState.EXITED, exit_code=-9), {"state": "exited", "healthy": None, "restarts": 0}),
        (Status(HostState.OFF), {"state": "off", "healthy": None, "restarts": 0}),
    ],
)
def test_each_reading_is_the_status_of_its_moment(status: Status, reading: object) -> None:
    """Opened once, it says what the driver says now."""
    topology = two_regions()
    host = Observed(topology.hosts[0], topology)
    read = alive().open(host)
    host.now = status
    assert read() == reading
