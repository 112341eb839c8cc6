"""What a container's own record says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.labs.attached.made import container, instance

LONG_AGO, JUST_NOW = "2026-01-01T00:00:00.123456789Z", "a second ago"


@pytest.mark.parametrize(
    ("state", "restarts", "why"),
    [
        ({}, 0, ""),
        ({"Paused": True}, 0, "is paused"),
        ({"Restarting": True}, 3, "restarts again and again"),
        ({"StartedAt": JUST_NOW}, 3, "restarts again and again"),
        ({"StartedAt": JUST_NOW}, 0, ""),
        ({"StartedAt": LONG_AGO}, 3, ""),
    ],
)
def test_what_is_not_expected_to_run_on(state: dict[str, object], restarts: int, why: str) -> None:
    """A container that is paused already, or that its policy has just revived, is no measure of harm done."""
    known = {**container("web")["State"], "StartedAt": LONG_AGO, **state}
    if known["StartedAt"] == JUST_NOW:  # told now: this file was read minutes ago
        known["StartedAt"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    assert instance("web", State=known, RestartCount=restarts).unsteady == why


def test_a_network_may_be_the_machines() -> None:
    """By its mode."""
    assert instance("web", HostConfig={"NetworkMode": "host"}).shares_machine
    assert not instance("web").shares_machine
