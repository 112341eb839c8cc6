"""`chaoskit lab` on a lab that is up."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import look

pytestmark = [pytest.mark.lab, pytest.mark.alone]
COMPOSE = Path(__file__).parents[2] / "engine" / "small" / "compose.yaml"


def lab(*argv: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command about labs."""
    command = [sys.executable, "-m", "chaoskit.cli.main", "lab", *argv]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL, env=environment
    )


@pytest.fixture(scope="module")
def up() -> Iterator[str]:
    """The name of a lab that is up; when it is down, the machine is as it was."""
    before = look()
    done = lab("up", str(COMPOSE), "--json")
    assert done.returncode == 0, done.stderr
    name = json.loads(done.stdout)["run"]
    yield name
    down = lab("down", name)
    assert down.returncode == 0, down.stderr
    assert look() == before


def test_hosts_are_shown_with_their_state(up: str) -> None:
    """For a machine, and for a person."""
    rows = {row["host"]: row for row in json.loads(lab("ps", "--json").stdout) if row["lab"] == up}
    assert set(rows) == {"client", "web-1", "web-2"}
    assert rows["web-1"]["state"] == "running"
    assert rows["web-1"]["healthy"] is True
    assert rows["web-1"]["addresses"] == ["198.18.200.11"]
    assert up in lab("ps").stdout


def test_a_command_runs_in_a_host_and_its_status_is_passed_on(up: str) -> None:
    """Output on stdout and stderr as the command wrote it."""
    done = lab("exec", up, "client", "--", "sh", "-c", "hostname; echo trouble >&2; exit 7")
    assert (done.stdout, done.stderr, done.returncode) == ("client\n", "trouble\n", 7)


def test_on_a_terminal_a_command_has_the_hosts_environment(up: str) -> None:
    """As off it: what the service's own processes see, and nothing of the caller's but the terminal's kind."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "chaoskit.cli.main", "lab", "exec", up, "web-1", "--", "env"]
    environment = {**os.environ, "TERM": "vt100", "SECRET": "of the caller"}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    assert process.wait(timeout=30) == 0
    said = os.read(ours, 65536).decode().split()
    os.close(ours)
    os.close(theirs)
    assert {"HOSTNAME=web-1", "TERM=vt100"} <= set(said)
    assert not [word for word in said if word.startswith("SECRET")]


def test_a_daemons_words_are_shown(up: str) -> None:
    """The log of one host."""
    assert lab("logs", up, "web-1").returncode == 0


@pytest.mark.parametrize("argv", [["exec", "{up}", "web-9", "--", "true"], ["logs", "{up}", "web-9"]])
def test_a_mistyped_host_is_an_error_with_the_nearest_one(up: str, argv: list[str]) -> None:
    """And a list of what there is."""
    done = lab(*[word.format(up=up) for word in argv])
    assert done.returncode == 3
    assert "no host 'web-9'" in done.stderr
    assert "Did you mean" in done.stderr


def test_a_lab_that_does_not_come_up_leaves_nothing_and_shows_why() -> None:
    """The end of the failing daemon's log is in the message."""
    before = look()
    done = lab("up", str(COMPOSE), "-f", str(COMPOSE.with_name("broken.yaml")), "--timeout", "10s")
    assert done.returncode == 3
    assert "web-2" in done.stderr
    assert "no configuration" in done.stderr
    assert look() == before


def test_a_lab_that_is_down_leaves_no_folder(tmp_path: Path) -> None:
    """Neither one that was up, nor one that did not come up: journal and logs go with it."""
    compose = tmp_path / "compose.yaml"
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    for command, status in (("sleep, infinity", 0), ("sh, -c, exit 3", 3)):
        compose.write_text(f"name: brief\nservices: {{a: {{image: python:3, command: [{command}]}}}}\n")
        done = lab("up", str(compose), environment=environment)
        assert done.returncode == status, done.stderr
        if status == 0:
            assert [path.name for path in (tmp_path / "tmp").glob("chaoskit-brief-*/*")]
            assert lab("down", "brief", environment=environment).returncode == 0
        assert list((tmp_path / "tmp").glob("chaoskit-*")) == []


ENDING = """
name: ending
services:
  stays:
    image: chaoskit/service
    command: [sleep, infinity]
    depends_on: {job: {condition: service_completed_successfully}}
  job: {image: chaoskit/service, command: ["true"]}
  idle: {image: chaoskit/service}
  brief: {image: chaoskit/service, command: [sh, -c, echo nothing to do]}
"""


def test_hosts_that_have_ended_already_are_an_error_and_the_lab_stays_up(tmp_path: Path) -> None:
    """With exit code, the log's end and what is missing; a job that another host waits for has to end."""
    (tmp_path / "compose.yaml").write_text(ENDING)
    done = lab("up", str(tmp_path / "compose.yaml"))
    assert lab("down", "ending").returncode == 0
    assert done.returncode == 3, done.stderr
    assert "4 hosts after" in done.stdout
    assert "2 of them ended already" in done.stdout
    assert "host idle ended with exit code 0" in done.stderr
    assert "has no command: and chaoskit/service alone runs `python3`" in done.stderr
    assert "host brief ended with exit code 0\n    nothing to do\n" in done.stderr
    assert "host job" not in done.stderr
    assert "host stays" not in done.stderr
