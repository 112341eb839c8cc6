"""What holds of every check that comes with chaoskit."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import chaoskit.checks
from chaoskit.core.check import CheckKind, ComparisonKind

Kind = CheckKind[Any] | ComparisonKind[Any]


def kinds() -> dict[str, Kind]:
    """Every check, by its module."""
    modules = [
        importlib.import_module(f"chaoskit.checks.{m.name}") for m in pkgutil.iter_modules(chaoskit.checks.__path__)
    ]
    found = ((module, value) for module in modules for value in vars(module).values())
    return {m.__name__.rpartition(".")[2]: v for m, v in found if isinstance(v, CheckKind | ComparisonKind)}


KINDS = kinds()


def test_there_are_checks_one_a_file() -> None:
    """A check's module has its name."""
    assert {"availability", "latency", "recovers", "worse"} <= set(KINDS)
    assert {module: kind.name for module, kind in KINDS.items()} == {module: module for module in KINDS}


@pytest.mark.parametrize("module", KINDS)
def test_a_check_explains_each_of_its_parameters(module: str) -> None:
    """`chaoskit show` reads them from the docstring."""
    doc = inspect.getdoc(KINDS[module].judge) or ""
    _, _, arguments = doc.partition("Args:\n")
    for parameter in KINDS[module].signature.parameters:
        assert f"    {parameter}: " in arguments, parameter


@pytest.mark.parametrize("module", KINDS)
def test_a_check_has_been_seen_to_pass_to_fail_and_to_be_unknown(module: str) -> None:
    """Its own tests name it and all three verdicts, beyond the line that imports them."""
    source = (Path(__file__).parent / f"test_{module}.py").read_text()
    body = "\n".join(line for line in source.splitlines() if not line.startswith(("from ", "import ")))
    assert [word for word in (f"{module}(", "PASS", "FAIL", "UNKNOWN") if word not in body] == []
