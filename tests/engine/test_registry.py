"""The registry: every action, probe and check of the packages, with nothing registered by hand."""

from __future__ import annotations

import pkgutil
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import chaoskit.actions
import chaoskit.checks
import chaoskit.probes
from chaoskit.core.errors import UsageError
from chaoskit.engine import registry
from chaoskit.engine.registry import every_kind, kinds

PLUGIN = """
from chaoskit import Planning, action
from chaoskit.actions.crash import crash

@action(longest="1m")
def melt(plan: Planning, *, degrees: float = 40.0):
    '''Melt it.'''
    return []
"""


@pytest.fixture(autouse=True)
def fresh() -> None:
    """The registry is read once a process; tests read it anew."""
    kinds.cache_clear()


@pytest.mark.parametrize("package", [chaoskit.actions, chaoskit.probes, chaoskit.checks])
def test_a_kind_is_found_in_the_module_that_bears_its_name(package: object) -> None:
    """Whoever adds a file adds an action, probe or check; helpers' modules have none."""
    group = package.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    modules = {info.name for info in pkgutil.iter_modules(package.__path__)}  # type: ignore[attr-defined]
    names = {kind.name for kind in kinds(group)}
    assert names
    assert names <= modules, "a kind stands in a module of another name"
    assert all(kind.module == f"chaoskit.{group}.{kind.name}" for kind in kinds(group))


def test_every_kind_and_every_parameter_is_documented() -> None:
    """`chaoskit show` is the manual: each has a summary, and each parameter its meaning."""
    from chaoskit.cli.describe import parameter_docs

    for kind in every_kind():
        assert kind.summary.endswith((".", ":")), kind.name
        undocumented = set(kind.signature.parameters) - set(parameter_docs(kind.doc))
        assert not undocumented, f"{kind.name} does not say what {undocumented} are"


def plug_in(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Let an installed distribution say it has actions in a module."""
    points = EntryPoints([EntryPoint("mine", module, "chaoskit.actions")])
    monkeypatch.setattr(registry, "entry_points", lambda group: points.select(group=group))


def test_a_plug_ins_action_is_one_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the plug-in defines is added, not what it imports."""
    (tmp_path / "meltdown.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    plug_in(monkeypatch, "meltdown")
    before = {kind.name for kind in kinds("probes")}
    assert "melt" in {kind.name for kind in kinds("actions")}
    assert {kind.name for kind in kinds("probes")} == before
    assert [kind.module for kind in kinds("actions") if kind.name == "crash"] == ["chaoskit.actions.crash"]
    sys.modules.pop("meltdown")


def test_a_plug_in_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence would look as if it had no actions."""
    plug_in(monkeypatch, "nothing_of_that_name")
    with pytest.raises(UsageError, match="plug-in mine cannot be imported"):
        kinds("actions")


def test_two_actions_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name means one action."""
    (tmp_path / "double.py").write_text(PLUGIN.replace("melt(", "pause("))
    monkeypatch.syspath_prepend(tmp_path)
    plug_in(monkeypatch, "double")
    with pytest.raises(UsageError, match="two actions are called 'pause'; the second is in double"):
        kinds("actions")
    sys.modules.pop("double")
