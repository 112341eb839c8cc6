"""The layers of the package, read from its imports: who may know whom.

core <- kernel <- {queueing, labs, steps, loads, probes, checks} <- actions <- engine <- cli
core <- report <- engine;  core, kernel, labs <- testing;  everything <- pytest_plugin
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import chaoskit

ROOT = Path(chaoskit.__file__).parent
REPOSITORY = ROOT.parent
LONGEST_FILE = 400

_MIDDLE = ("queueing", "labs", "steps", "loads", "probes", "checks")
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "kernel": {"core"},
    **{package: {"core", "kernel"} for package in _MIDDLE},
    "actions": {"core", "kernel", "steps"},
    "report": {"core"},
    "testing": {"core", "kernel", "labs"},  # check_driver brings labs up by the driver it is given
    "engine": {"core", "kernel", *_MIDDLE, "actions", "report"},
    "cli": {"core", "kernel", *_MIDDLE, "actions", "report", "engine"},
    "pytest_plugin": {"core", "kernel", *_MIDDLE, "actions", "report", "engine", "cli"},
    "__init__": {"core"},
    "__main__": {"cli"},
}
"""Which parts of chaoskit each part may import besides itself."""

LIBRARIES: dict[str, set[str]] = {"core": set(), "core/history.py": {"numpy"}}
"""Third-party packages a part, or a file of it, may import; parts that are not listed choose for themselves."""


@dataclass(frozen=True)
class Import:
    """One import statement: what is imported, by which file and line."""

    file: Path
    line: int
    module: str

    @property
    def part(self) -> str:
        """The part of chaoskit that imports."""
        return _part(self.file.relative_to(ROOT).with_suffix("").as_posix().split("/")[0])

    @property
    def imported_part(self) -> str:
        """The part of chaoskit that is imported, or empty."""
        words = self.module.split(".")
        if words[0] != "chaoskit":
            return ""
        return _part(words[1]) if len(words) > 1 else "__init__"

    def __str__(self) -> str:
        return f"{self.file.relative_to(REPOSITORY)}:{self.line} imports {self.module}"


def _part(word: str) -> str:
    return word if (ROOT / word).is_dir() or (ROOT / f"{word}.py").exists() else "__init__"


def sources() -> list[Path]:
    """Every source file of the package."""
    return sorted(ROOT.rglob("*.py"))


def imports_of(file: Path, text: str) -> Iterator[Import]:
    """Every import of a file, wherever in it it stands."""
    for node in ast.walk(ast.parse(text, str(file))):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield Import(file, node.lineno, _absolute(file, node))
            elif node.module == "chaoskit":
                yield from (Import(file, node.lineno, f"chaoskit.{alias.name}") for alias in node.names)
            else:
                yield Import(file, node.lineno, node.module or "")


def _absolute(file: Path, node: ast.ImportFrom) -> str:
    package = ["chaoskit", *file.relative_to(ROOT).parent.parts]
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def violation(found: Import) -> str:
    """Why an import is none of the layers', or empty."""
    allowed = MAY_IMPORT.get(found.part)
    if allowed is None:
        return f"{found}: {found.part} is in no layer"
    target = found.imported_part
    if target:
        face = set() if found.part == "core" else {"__init__"}  # the package's face shows the core alone
        return "" if target in {found.part, *allowed, *face} else f"{found}: {found.part} may not import {target}"
    top, own = found.module.partition(".")[0], found.file.relative_to(ROOT).as_posix()
    libraries = LIBRARIES.get(own, LIBRARIES.get(found.part))
    if libraries is None or top in sys.stdlib_module_names or top in libraries:
        return ""
    return f"{found}: {own} uses the standard library only"


def test_every_import_keeps_the_layers() -> None:
    """No part of chaoskit imports a part of a layer above it, or a sibling."""
    every = [found for file in sources() for found in imports_of(file, file.read_text())]
    assert len(every) > 100, "the test reads the wrong files"
    assert [problem for problem in map(violation, every) if problem] == []


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("core/units.py", "import numpy", "standard library only"),
        ("core/history.py", "import pyarrow", "standard library only"),
        ("core/units.py", "from chaoskit.kernel import syscalls", "core may not import kernel"),
        ("kernel/syscalls.py", "from chaoskit import labs", "kernel may not import labs"),
        ("checks/rows.py", "from chaoskit.probes.dns import x", "checks may not import probes"),
        ("checks/rows.py", "from ..loads import engine", "checks may not import loads"),
        ("steps/signal.py", "def f():\n    import chaoskit.actions", "steps may not import actions"),
        ("actions/crash.py", "import chaoskit.labs.native", "actions may not import labs"),
        ("report/html.py", "import chaoskit.checks.availability", "report may not import checks"),
        ("testing/lab.py", "import chaoskit.engine", "testing may not import engine"),
        ("engine/run.py", "import chaoskit.cli", "engine may not import cli"),
    ],
)
def test_the_reader_sees_a_forbidden_import(file: str, text: str, problem: str) -> None:
    """Each kind of forbidden import is found, so that a clean result means something."""
    [found] = imports_of(ROOT / file, text)
    assert problem in violation(found)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("core/history.py", "import numpy as np"),
        ("core/units.py", "import re"),
        ("checks/rows.py", "from . import bounds"),
        ("checks/rows.py", "import numpy"),
        ("actions/crash.py", "from chaoskit.steps.signal import Signal"),
        ("engine/run.py", "from chaoskit.checks.availability import availability"),
    ],
)
def test_the_reader_lets_an_allowed_import_pass(file: str, text: str) -> None:
    """Imports from a layer below, and from one's own package, are fine."""
    [found] = imports_of(ROOT / file, text)
    assert violation(found) == ""


def test_locust_is_imported_by_the_load_process_alone() -> None:
    """Importing locust patches the whole process: only `loads.locust` does, and load processes import it late."""
    every = [found for file in sources() for found in imports_of(file, file.read_text())]
    users = {found.file for found in every if found.module.partition(".")[0] in ("locust", "gevent")}
    own = ROOT / "loads" / "locust"
    assert users
    assert all(file.is_relative_to(own) for file in users)
    importers = [found for found in every if found.module.startswith("chaoskit.loads.locust")]
    outside = {found.file for found in importers if not found.file.is_relative_to(own)}
    assert outside == {ROOT / "loads" / "child.py", ROOT / "loads" / "guest.py"}
    assert not any("chaoskit.loads.locust" in _loaded_by(f"chaoskit.loads.{file.stem}") for file in outside)


def _loaded_by(module: str) -> set[str]:
    """Modules that are there after an import, in a process of its own."""
    script = f"import sys, {module}; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_files_are_short() -> None:
    """No source or test file is longer than 400 lines."""
    tests = sorted((REPOSITORY / "tests").rglob("*.py"))
    lengths = {file: len(file.read_text().splitlines()) for file in (*sources(), *tests)}
    assert {str(file.relative_to(REPOSITORY)): n for file, n in lengths.items() if n > LONGEST_FILE} == {}
