"""Restarts by policy, where the island refuses them: no lab is needed for that."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.host import HostState
from chaoskit.labs.change import HostChange
from chaoskit.labs.native.client import Answer, Asked, Island
from chaoskit.labs.native.host import NativeHost
from chaoskit.labs.native.restart import FIRST_DELAY
from chaoskit.labs.native.timers import Timers
from chaoskit.labs.spec import RestartPolicy
from tests.labs.native.build import host, lab


class _Refusing:
    """An island that starts nothing any more."""

    def call(self, operation: object, fds: object = ()) -> Asked:
        future: Future[Answer] = Future()
        future.set_exception(LabError("cannot execute /bin/sleep: Cannot allocate memory"))
        return Asked(1, future)


class _Timers:
    """Timers that a test lets go off."""

    def __init__(self) -> None:
        self.due: list[tuple[int, Callable[[], None]]] = []

    def after(self, ns: int, function: Callable[[], None]) -> None:
        self.due.append((ns, function))


@pytest.mark.parametrize(("policy", "delays"), [("always", [1, 2, 4, 8]), ("on-failure", [1, 2, 4]), ("no", [])])
def test_a_restart_that_fails_is_told_and_tried_again(policy: str, delays: list[int]) -> None:
    """The delay doubles as after a crash, as often as the policy allows."""
    spec = lab(host("web", restart=RestartPolicy(policy, 3 if policy == "on-failure" else None)))
    timers, changes = _Timers(), list[HostChange]()
    island = cast(Island, _Refusing())
    web = NativeHost(spec.hosts[0], spec.topology.hosts[0], island, cast(Timers, timers), changes.append)
    netns = os.open(Path("/proc/self/ns/net"), os.O_RDONLY)
    web.connected(netns)
    web.on_exited(0, -9)
    for _ in range(3):
        for _delay, restart in timers.due[len(changes) - 1 :]:
            restart()
    assert [delay // FIRST_DELAY for delay, _ in timers.due] == delays
    assert [change.state for change in changes] == [HostState.EXITED] * len(changes)
    assert all("Cannot allocate memory" in change.reason for change in changes[1:])
    assert len(changes) == 1 + (3 if delays else 0)
    os.close(netns)
