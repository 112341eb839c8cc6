"""What `docker inspect` says of a container's life."""

from __future__ import annotations

import os
from typing import Any

import pytest

from chaoskit.labs.docker.reading import Reading, as_exit_code, is_of


def inspected(**state: Any) -> dict[str, Any]:
    """An answer of the API, of a container that runs."""
    running = {"Status": "running", "Pid": 77, "Paused": False, "Restarting": False, "ExitCode": 0}
    return {"State": {**running, **state}, "Config": {}, "RestartCount": 2}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, {"pid": 77, "paused": False, "ended": False, "healthy": None}),
        ({"Paused": True, "Status": "paused"}, {"pid": 77, "paused": True, "ended": False}),
        ({"Pid": 0, "Status": "exited", "ExitCode": 3}, {"pid": None, "ended": True, "exit_code": 3}),
        ({"Pid": 0, "Status": "restarting", "Restarting": True}, {"pid": None, "ended": True, "restarting": True}),
        ({"Pid": 0, "Status": "created"}, {"pid": None, "ended": False}),
        ({"Health": {"Status": "starting"}}, {"healthy": None}),
        ({"Health": {"Status": "healthy"}}, {"healthy": True}),
        ({"Health": {"Status": "unhealthy"}}, {"healthy": False}),
    ],
)
def test_every_state_is_read(state: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each status of the engine's is one of ours."""
    reading = Reading.of(inspected(**state))
    assert {name: getattr(reading, name) for name in expected} == expected
    assert (reading.restarts, reading.grace_s) == (2, 10)


@pytest.mark.parametrize(
    ("status", "code"), [(0, 0), (3, 3), (126, 126), (128, 128), (137, -9), (143, -15), (255, 255)]
)
def test_a_signal_is_a_negative_exit_code(status: int, code: int) -> None:
    """From 129 on a status is a signal's, as far as there are signals."""
    assert as_exit_code(status) == code


def test_a_process_of_this_machine_is_no_containers() -> None:
    """A pid that an engine elsewhere tells means somebody else here; one that nobody has is nobody's."""
    assert not is_of(os.getpid(), "f" * 64)
    assert not is_of(2**22 + 1, "f" * 64)
