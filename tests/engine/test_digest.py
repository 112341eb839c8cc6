"""Whether a record is one of the experiment as it is now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.core.history import Meta
from chaoskit.engine.digest import digest
from chaoskit.engine.discovery import select
from chaoskit.engine.plan import make_plan
from tests.samples import write

_COMPOSE = """\
services:
  web:
    image: python:3.11-slim
    command: ["python3", "/srv/web.py"]
    labels: {{chaoskit.role: service}}
    volumes: ["./conf:/srv:ro"]
    environment: {{LEVEL: "{level}"}}
    networks: {{front: {{ipv4_address: 198.18.210.11}}}}
networks:
  front: {{internal: true, ipam: {{config: [{{subnet: 198.18.210.0/24}}]}}}}
"""
_EXPERIMENT = """\
from chaoskit import Experiment, Lab, at, name
from chaoskit.actions.pause import pause
from chaoskit.checks.reading import reading
from chaoskit.probes.alive import alive
life = alive().at(name("web"), every="100ms")
freeze = pause(name("web"))
one = Experiment(
    claim="{claim}",
    lab=Lab("compose.yaml"),
    probes=[life],
    timeline=[at("1s", freeze, lasting="{lasting}")],
    duration="9s",
    checks=[reading(life, "state", equals="{state}")],
)
"""
_AS_IT_WAS = {"level": "1", "claim": "c", "lasting": "1s", "state": "running", "conf": "a"}


def _written(folder: Path, **changed: str) -> Path:
    texts = {**_AS_IT_WAS, **changed}
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "web.py").write_text(texts["conf"])
    write(folder / "compose.yaml", _COMPOSE.format(**texts))
    return write(folder / "one.py", _EXPERIMENT.format(**texts))


def _digest(file: Path, seed: int = 1) -> str:
    (found,) = select([f"{file}::one"])
    return digest(make_plan(found, seed=seed))


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"claim": "d", "state": "paused"}, True),
        ({"lasting": "2s"}, False),
        ({"level": "2"}, False),
        ({"conf": "b"}, False),
    ],
)
def test_it_tells_what_would_be_run_and_not_how_it_is_judged(
    tmp_path: Path, changed: dict[str, str], same: bool
) -> None:
    """Timeline, lab and mounted files count; claim and checks, and where the files lie, do not."""
    before, after = _written(tmp_path / "before"), _written(tmp_path / "after", **changed)
    assert (_digest(before) == _digest(after)) is same


def test_what_a_lab_makes_of_its_files_does_not_count(tmp_path: Path) -> None:
    """Python keeps compiled modules beside the files it was given."""
    file = _written(tmp_path / "it")
    before = _digest(file)
    (tmp_path / "it" / "conf" / "__pycache__").mkdir()
    (tmp_path / "it" / "conf" / "__pycache__" / "web.pyc").write_bytes(b"x")
    assert _digest(file) == before
    assert _digest(file, seed=2) != before


def test_another_process_comes_to_the_same(tmp_path: Path) -> None:
    """Nothing of it hangs on addresses in memory or on the order of sets."""
    file = _written(tmp_path / "it")
    script = (
        "import sys; from chaoskit.engine.discovery import select; from chaoskit.engine.plan import make_plan; "
        "from chaoskit.engine.digest import digest; (f,) = select([sys.argv[1]]); print(digest(make_plan(f, seed=1)))"
    )
    argv = [sys.executable, "-c", script, f"{file}::one"]
    said = [subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout for _ in range(2)]
    assert said == [f"{_digest(file)}\n"] * 2


def test_an_older_record_has_none() -> None:
    """It can be read, and is not taken for the same."""
    assert Meta("r", "e", "guarded", "c", "x.py", 1, 1, 1, "native").digest == ""
