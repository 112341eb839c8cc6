"""Finding step kinds in the package and in installed distributions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.core.errors import DefinitionError
from chaoskit.steps.codec import decode, encode
from chaoskit.steps.registry import step_kinds
from chaoskit.steps.stop import Stop

PLUG_IN = """
from dataclasses import dataclass
from typing import ClassVar
from chaoskit.steps.stop import Stop

@dataclass(frozen=True)
class Reboot(Stop):
    kind: ClassVar[str] = "{kind}"

def not_a_step(): ...
"""


@pytest.fixture(autouse=True)
def _looked_up_anew() -> Iterator[None]:
    """What one test installs, the next does not see."""
    step_kinds.cache_clear()
    yield
    step_kinds.cache_clear()


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, target: str) -> None:
    """A distribution as pip leaves it: a module, and metadata that names the entry point."""
    module = f"plug_in_{folder.name.replace('-', '_')}"
    (folder / f"{module}.py").write_text(PLUG_IN.format(kind=kind))
    info = folder / "plug_in-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-in\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[chaoskit.steps]\nx = {module}:{target}\n")
    monkeypatch.syspath_prepend(str(folder))


def test_a_kind_is_known_by_standing_in_the_package() -> None:
    """Nothing else registers a step: the class in its module is enough."""
    assert step_kinds()["stop"] is Stop


def test_every_kind_declares_what_the_engine_asks() -> None:
    """Whether it can be undone, and whether it lives in a host's network."""
    for kind, step in step_kinds().items():
        assert step.kind == kind
        assert isinstance(step.one_shot, bool)
        assert isinstance(step.on_network, bool)


def test_an_installed_distribution_brings_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step named under the entry-point group goes through the journal like our own."""
    _install(tmp_path, monkeypatch, "reboot", "Reboot")
    step = decode({"kind": "reboot", "host": "a"})
    assert type(step).__name__ == "Reboot"
    assert encode(step) == {"kind": "reboot", "host": "a"}


def test_a_kind_that_is_taken_is_an_error_that_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a journal would be undone by somebody else's code."""
    _install(tmp_path, monkeypatch, "stop", "Reboot")
    with pytest.raises(DefinitionError, match=r"'stop' is both chaoskit\.steps\.stop\.Stop and .*Reboot"):
        step_kinds()


def test_an_entry_point_that_is_no_step_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the entry point and what a step is."""
    _install(tmp_path, monkeypatch, "reboot", "not_a_step")
    with pytest.raises(DefinitionError, match="which is no step"):
        step_kinds()
