"""Which daemons a lab needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.engine.doctor.daemons import daemons
from tests.samples import write


def test_a_shipped_lab_needs_those_of_its_twins_as_well() -> None:
    """Gslb's twin puts BIND in place of gdnsd: a proof needs both."""
    needed = {fact.name for fact in daemons("gslb")}
    assert needed == {"haproxy", "unbound", "gdnsd", "named"}
    assert all(fact.needed for fact in daemons("gslb"))


def test_a_file_of_ones_own_is_a_lab_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what it names is needed."""
    write(tmp_path / "compose.yaml", "services:\n  web:\n    image: nginx\n")
    monkeypatch.chdir(tmp_path)
    assert {fact.name for fact in daemons("./compose.yaml")} == {"nginx"}


def test_without_a_lab_every_daemon_is_listed_and_none_is_needed() -> None:
    """A machine without nginx can run labs without nginx."""
    facts = list(daemons())
    assert {"nginx", "haproxy", "gdnsd"} <= {fact.name for fact in facts}
    assert not any(fact.needed for fact in facts)
    assert all(fact.remedy for fact in facts if fact.standing == "missing")


def test_an_unknown_lab_is_an_error() -> None:
    """With the nearest one."""
    with pytest.raises(UsageError, match="gslb"):
        list(daemons("gslbb"))
