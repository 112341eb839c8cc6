"""What people get wrong: each a message that says what to do, exit status 3, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaoskit.cli.main import main
from chaoskit.engine import facts
from tests.support.machine import look

pytestmark = [pytest.mark.lab, pytest.mark.alone]
COMPOSE = """
services:
  web:
    image: {image}
    command: ["sleep", "infinity"]
    labels: {{chaoskit.role: service}}
    {key}
"""
EXPERIMENT = """
from chaoskit import Experiment, Lab, at, name, role
from chaoskit.actions.crash import crash
it = Experiment(
    claim="it holds",
    lab=Lab("{lab}"),
    timeline=[at("1s", crash({hosts}), lasting="1s")],
    duration="5s",{more}
)
"""


@dataclass(frozen=True)
class _Mistake:
    """One mistake, and the words the error must have."""

    says: tuple[str, ...]
    lab: str = "compose.yaml"
    hosts: str = 'role("service")'
    image: str = "chaoskit/service"
    key: str = ""
    more: str = ""


MISTAKES = {
    "unknown Compose key": _Mistake(
        ("compose.yaml:7", "web", "helthcheck", "healthcheck"), key='helthcheck: {test: ["CMD", "true"]}'
    ),
    "missing Compose file": _Mistake(("nowhere.yaml",), lab="nowhere.yaml"),
    "no such shipped lab": _Mistake(("gslbb", "gslb"), lab="gslbb"),
    "unknown image": _Mistake(("compose.yaml:3", "acme/nginxx"), image="acme/nginxx"),
    "what cannot be honoured": _Mistake(("compose.yaml:7", "privileged", "docker"), key="privileged: true"),
    "empty selector": _Mistake(("role('servce') matches no host", "Did you mean 'service'?"), hosts='role("servce")'),
    "bad selector": _Mistake(("experiment.py:", "pick at least one"), hosts='name("web").pick(0)'),
    "syntax error": _Mistake(("experiment.py:8", "was never closed"), more=" checks=[("),
    "bad duration": _Mistake(("'soon' is no duration",), more=' quiet="soon",'),
    "timeline beyond the end": _Mistake(
        ("experiment.py:", "ends at 2 s, but the run ends at 5 s"), more=' quiet="4s",'
    ),
    "fault of a missing check": _Mistake(("experiment.py:", "no_such_module"), more=" checks=[no_such_module.it],"),
}


def _written(folder: Path, mistake: _Mistake) -> Path:
    (folder / "compose.yaml").write_text(COMPOSE.format(image=mistake.image, key=mistake.key))
    text = EXPERIMENT.format(lab=mistake.lab, hosts=mistake.hosts, more=mistake.more)
    (folder / "experiment.py").write_text(text)
    return folder / "experiment.py"


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_said_with_its_place_and_nothing_is_left(
    tmp_path: Path, mistake: _Mistake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names place and remedy, there is no traceback, and no run was begun."""
    before = look()
    monkeypatch.chdir(tmp_path)
    status = main(["run", str(_written(tmp_path, mistake))])
    said = capsys.readouterr().err
    assert status == 3, said
    assert "Traceback" not in said
    for words in mistake.says:
        assert words in said
    assert look() == before
    assert not [running for running in facts.everything() if running.directory.is_relative_to(tmp_path)]


def test_a_missing_daemon_names_the_package(tmp_path: Path) -> None:
    """A daemon that is not installed is found out before anything is created; the remedy names its package."""
    path = _written(tmp_path, _Mistake((), image="chaoskit/haproxy"))
    # A mount namespace of its own, in which the daemon is no program: nothing has to be removed from the machine.
    hidden = 'mount --bind /dev/null "$(PATH=/usr/sbin:$PATH command -v haproxy)" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", hidden, "sh", sys.executable, "-m", "chaoskit", "run", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "haproxy" in done.stderr
    assert "apt-get install" in done.stderr or "chaoskit doctor --fix" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [running for running in facts.everything() if running.directory.is_relative_to(tmp_path)]
