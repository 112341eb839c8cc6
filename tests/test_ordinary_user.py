"""chaoskit from end to end for somebody who is not root: what runs, and what says why it cannot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import look
from tests.support.ordinary import Ordinary, ordinary_user

pytestmark = [pytest.mark.lab, pytest.mark.alone]
_ROOT = Path(__file__).parents[1]
_SMALL = _ROOT / "tests/engine/small"


@pytest.fixture
def user() -> Iterator[Ordinary]:
    """A user with a project of one small lab."""
    with ordinary_user() as made:
        folder = made.home / "small"
        shutil.copytree(_SMALL, folder, ignore=shutil.ignore_patterns("__pycache__"))
        compose = folder / "compose.yaml"
        compose.write_text(compose.read_text().replace("../../../compose", str(_ROOT / "compose")))
        (made.home / "pyproject.toml").write_text('[tool.chaoskit]\nexperiments = ["small"]\n')
        for path in (made.home, *made.home.rglob("*")):
            shutil.chown(path, made.name, made.name)
        yield made


def test_an_experiment_passes_and_leaves_nothing(user: Ordinary) -> None:
    """Load, fault, checks and report work inside a user namespace; the record says that it was not root."""
    before = look()
    done = user.run("-m", "chaoskit", "run", "small.unharmed", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "pass"
    directory = Path(found["directory"])
    assert (directory / "report.html").stat().st_uid == user.home.stat().st_uid
    assert json.loads((directory / "experiment.json").read_text())["meta"]["environment"]["root"] is False
    assert look() == before


def test_pytest_takes_the_same_verdict(user: Ordinary) -> None:
    """Experiments run as items while pytest itself stays the user it was."""
    (user.home / "test_who.py").write_text("import os\n\ndef test_who(): assert os.geteuid() != 0\n")
    done = user.run("-m", "pytest", "-p", "no:cacheprovider", "-q", "small", "test_who.py", "-k", "unharmed or who")
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_a_lab_is_brought_up_looked_into_and_taken_down(user: Ordinary) -> None:
    """The commands after `lab up` find its keeper from outside the namespace."""

    def lab(*argv: str) -> str:
        done = user.run("-m", "chaoskit", "lab", *argv)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    up = json.loads(lab("up", "small/compose.yaml", "--json"))
    try:
        assert {row["host"]: row["state"] for row in json.loads(lab("ps", "--json"))}["web-1"] == "running"
        assert lab("exec", "small", "client", "--", "hostname") == "client\n"
        assert "serves port 8080" in lab("logs", "small", "web-1")
    finally:
        assert up["run"] in lab("down", "small")


def test_what_cannot_run_names_the_daemons_and_the_commands(user: Ordinary) -> None:
    """Without subordinate ids `run` and `doctor` both say which daemons change their user, and what to type."""
    done = user.run("-m", "chaoskit", "run", "gslb.pool_death")
    assert done.returncode == 3
    assert "service resolver-eu: unbound changes to another user" in done.stderr
    assert f"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user.name}" in done.stderr
    doctor = user.run("-m", "chaoskit", "doctor", "--for", "gslb", "--json")
    assert doctor.returncode == 3
    unbound = next(fact for fact in json.loads(doctor.stdout) if fact["name"] == "unbound")
    assert (unbound["standing"], unbound["found"]) == ("missing", "changes its user, and you have one")
    assert user.name in unbound["remedy"]


@pytest.mark.slow
def test_the_demo_passes_with_subordinate_ids(user: Ordinary) -> None:
    """Daemons that change their user do so in the namespace: the shipped experiment runs without root."""
    user.may_change_users()
    doctor = user.run("-m", "chaoskit", "doctor", "--for", "gslb")
    assert doctor.returncode == 0, doctor.stdout
    done = user.run("-m", "chaoskit", "run", "gslb.pool_death", timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
