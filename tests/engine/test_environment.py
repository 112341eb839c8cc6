"""What is recorded of the machine and the program a run ran on."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.engine.environment import environment
from chaoskit.loads.transport import VARIABLE, transport
from chaoskit.report.model.environment import flat


def test_the_transport_of_the_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report can say which one was used: the one that the environment chose, or that was found best."""
    monkeypatch.setenv(VARIABLE, "epoll")
    assert ("load transport", "epoll") in list(flat(environment()))
    monkeypatch.setenv(VARIABLE, "auto")
    assert environment()["load transport"] == transport().name


def test_a_transport_that_there_is_not_stops_a_run_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's environment cannot be said, so there is none."""
    monkeypatch.setenv(VARIABLE, "kqueue")
    with pytest.raises(UsageError, match="CHAOSKIT_TRANSPORT=kqueue"):
        environment()
