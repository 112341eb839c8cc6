"""Experiments as pytest items: which files are taken, and what a verdict becomes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.samples import write

SMALL = Path(__file__).parent / "engine" / "small"
ORDINARY = "def test_sum():\n    '''One and one.'''\n    assert 1 + 1 == 2\n"
HERE = "from chaoskit import *\nhere = Experiment('c', Lab('gslb'), '9s')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with experiments in `chaos/` and tests of its own beside them."""
    write(tmp_path / "pyproject.toml", '[tool.chaoskit]\nexperiments = ["chaos"]\n')
    write(tmp_path / "chaos/shop.py", HERE)
    write(tmp_path / "chaos/test_shop.py", ORDINARY)
    write(tmp_path / "tests/test_sum.py", ORDINARY)
    write(tmp_path / "other/shop.py", HERE)
    return tmp_path


def pytest_in(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """A pytest of its own in a project."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *argv]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("argv", [[], ["."], ["chaos", "tests"], ["chaos/shop.py", "chaos/test_shop.py", "tests"]])
def test_experiments_and_tests_are_each_taken_once(project: Path, argv: list[str]) -> None:
    """Files below the configured folders are experiments; the rest is pytest's, as without the plugin."""
    done = pytest_in(project, "--collect-only", "-q", *argv)
    lines = [line for line in done.stdout.splitlines() if "::" in line]
    assert sorted(lines) == [
        "chaos/shop.py::shop.here",
        "chaos/test_shop.py::test_sum",
        "tests/test_sum.py::test_sum",
    ]


def test_one_experiment_can_be_named(project: Path) -> None:
    """By node id, and by `-k`."""
    for argv in (["chaos/shop.py::shop.here"], ["-k", "shop.here"]):
        done = pytest_in(project, "--collect-only", "-q", *argv)
        assert [line for line in done.stdout.splitlines() if "::" in line] == ["chaos/shop.py::shop.here"]


def test_a_broken_file_is_a_collection_error_without_a_traceback(project: Path) -> None:
    """It names file and line, and hides no other."""
    write(project / "chaos/broken.py", "x = (\n")
    done = pytest_in(project, "--continue-on-collection-errors", "tests", "chaos/broken.py")
    assert "broken.py:1: '(' was never closed" in done.stdout
    assert "Traceback" not in done.stdout
    assert "1 passed, 1 error" in done.stdout


def test_wrong_settings_are_a_usage_error(project: Path) -> None:
    """Pytest's own status for that is 4."""
    write(project / "pyproject.toml", '[tool.chaoskit]\nexperiments = ["nothing"]\n')
    done = pytest_in(project)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "'nothing', which does not exist" in done.stderr


def test_users_who_have_no_experiments_pay_nothing(tmp_path: Path) -> None:
    """Loading the plugin imports none of the heavy libraries."""
    write(
        tmp_path / "test_modules.py",
        "import sys\ndef test_it():\n    assert 'chaoskit.pytest_plugin' in sys.modules\n"
        "    assert not {'numpy', 'rich', 'pyarrow', 'locust', 'gevent', 'docker', 'scapy'} & set(sys.modules)\n",
    )
    done = pytest_in(tmp_path, "test_modules.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


VERDICTS = """
from small import *
from dataclasses import replace

good = unharmed
bad = replace(unharmed, loads=[victims], steady=None, checks=[availability(victims, at_least=0.99)], twins=[])
dim = replace(unharmed, checks=[availability(visitors, at_least=0.99999)], twins=[])
"""


@pytest.mark.lab
@pytest.mark.slow
def test_verdicts_become_passed_failed_and_error(tmp_path: Path) -> None:
    """A fail shows its table and run directory; an unknown is an error and never a skip."""
    for name in ("small.py", "compose.yaml", "broken.yaml"):
        text = (SMALL / name).read_text().replace("../../../compose", str(SMALL.parents[2] / "compose"))
        write(tmp_path / "chaos" / name, text)
    write(tmp_path / "chaos/verdicts.py", VERDICTS)
    write(tmp_path / "pyproject.toml", '[tool.chaoskit]\nexperiments = ["chaos"]\n')
    done = pytest_in(tmp_path, "chaos/verdicts.py", "--junitxml=out.xml", "--chaoskit-runs=records")
    assert "1 failed, 1 error" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout
    runs = [path.name for path in (tmp_path / "records").iterdir() if not path.is_symlink()]
    (failed_run,) = [run for run in runs if "verdicts.bad" in run]
    assert str(tmp_path / "records" / failed_run) in done.stdout
    assert "fail" in done.stdout
    assert "needed" in done.stdout
    cases = {
        case.get("name"): [child.tag for child in case] for case in ET.parse(tmp_path / "out.xml").iter("testcase")
    }
    assert cases["verdicts.bad"] == ["failure"]
    assert cases["verdicts.dim"] == ["error"]
    (said,) = [failure.get("message") for failure in ET.parse(tmp_path / "out.xml").iter("failure")]
    assert re.match(r"fail: availability: [\d.]+ % against >= 99\.0 %: \d+ of 1,\d+ requests succeeded", said or "")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    assert line.startswith("FAILED chaos/verdicts.py::verdicts.bad - fail: availability: ")
