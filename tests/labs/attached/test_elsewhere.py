"""A project of an engine elsewhere: the engine's API can do some things to it, and nothing is looked up here."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.host import HostState
from chaoskit.core.lab import Lab
from chaoskit.engine.clients import client
from chaoskit.labs.attached import spec as attached
from chaoskit.labs.attached.lab import AttachedLab
from chaoskit.labs.attached.spec import attached_spec
from chaoskit.labs.attachment import Attachment, Permit
from tests.support.machine import until
from tests.support.webshop import Webshop

pytestmark = pytest.mark.docker
LAB = Lab("compose.yaml")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine passes for another machine's."""
    monkeypatch.setattr(attached, "is_local", lambda _known: False)


def test_an_engine_elsewhere_needs_a_flag(webshop: Webshop) -> None:
    """The message says which, and what would be better."""
    with pytest.raises(LabError, match=r"is not this machine's\n.*beside it.*--allow-remote-engine"):
        attached_spec(Attachment(webshop.project), LAB)


def test_the_api_alone_pauses_kills_and_starts(webshop: Webshop, tmp_path: Path) -> None:
    """Networks cannot be entered, commands cannot be run, and no load can come from there; all is undone by the API."""
    spec = attached_spec(Attachment(webshop.project, permits=frozenset({Permit.REMOTE_ENGINE})), LAB)
    lab = AttachedLab(spec, tmp_path, run_id="r9", notify=lambda _change: None)
    try:
        lab.up(30)
        host = lab.hosts["app-1"]
        host.pause()
        assert webshop.inspect("app-1")["State"]["Paused"]
        host.resume()
        old = host.status().pid
        host.kill(9)
        assert until(lambda: host.status().state is HostState.EXITED, 10)
        host.start()
        assert host.status().pid not in (None, old)
        for refused in (
            host.netns,
            lambda: host.run(["true"], timeout=1),
            lambda: client(lab, lab.topology.by_name["client"]),
        ):
            with pytest.raises(LabError, match="runs on another machine"):
                refused()
    finally:
        lab.down()
    assert until(lambda: lab.left() == (), 10), lab.left()
