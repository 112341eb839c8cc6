"""The README is true: its files are written, and its commands run, as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.cli.main import main
from chaoskit.cli.parser import build, parse
from chaoskit.engine.discovery import select_all

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.M | re.S)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
PLANNED = ("run", "prove")
"""Commands that take half a minute and more: what they would do is planned here, and `make demo` runs one."""
RUNNING = ("stop", "note", "judge", "report", "lab up", "lab ps", "lab exec", "lab logs", "lab down", "load")
"""Commands about something that runs or has run: the tests below that need a lab run them."""
ELSEWHERE = ("--attach", "--driver docker --for", "--calibrate")
"""Commands about a project that is running, that set an engine up or measure: tests of their own drive them."""


def words(command: str) -> list[str]:
    """The command's words after `chaoskit`."""
    return shlex.split(command)[1:]


def is_about(command: str, commands: tuple[str, ...]) -> bool:
    """Whether it is one of these commands."""
    return any(words(command)[: len(name.split())] == name.split() for name in commands)


CHAOSKIT = [line for line in COMMANDS if line.startswith("chaoskit ")]
ABROAD = [line for line in CHAOSKIT if any(words in line for words in ELSEWHERE)]
HERE = [line for line in CHAOSKIT if line not in ABROAD]
COMPOSE = [line for line in COMMANDS if line.startswith("docker compose ")]
QUIET = [line for line in HERE if not is_about(line, (*PLANNED, *RUNNING))]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file the README shows, named by its first line."""
    for _kind, text in BLOCKS:
        if match := re.match(r"# ([\w./]+)\n", text):
            path = tmp_path / match[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_is_of_a_kind_these_tests_know() -> None:
    """Nothing in a block of commands escapes them."""
    assert CHAOSKIT
    assert [line for line in COMMANDS if not line.startswith(("chaoskit ", "make ", "docker compose "))] == []
    spoken_of = set(re.findall(r"`chaoskit ([a-z]+)", TEXT))
    known = next(action.choices for action in build()._actions if action.choices)
    assert spoken_of <= set(known)


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("make ")])
def test_make_knows_its_targets(command: str) -> None:
    """`make -n` says what it would do."""
    done = subprocess.run([*shlex.split(command), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", QUIET)
@pytest.mark.usefixtures("project")
def test_commands_that_change_nothing_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each as it stands there; where this machine lacks something `doctor` may say so by its status."""
    status = main(words(command))
    said = capsys.readouterr()
    assert status == 0 or (status == 3 and "missing" in said.out and "doctor" in command), said.err
    assert said.out


@pytest.mark.parametrize("command", [line for line in HERE if is_about(line, PLANNED)])
@pytest.mark.usefixtures("project")
def test_what_is_run_can_be_planned(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command is understood, and so is every arm of its experiments; no check would lack samples."""
    args = parse(words(command))
    several = getattr(args, "all", False) or getattr(args, "family", [])
    wanted = [found.id for found in select_all(args.family).found] if several else args.ids
    assert wanted
    settings = [word for name in args.set for word in ("--set", name)]
    how = ["--seed", str(args.seed), "--arm", getattr(args, "arm", "guarded"), "--driver", args.driver]
    assert main(["plan", *wanted, *how, *settings]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [line for line in HERE if is_about(line, RUNNING)] + ABROAD)
def test_commands_about_runs_are_understood(command: str) -> None:
    """Their options and operands are those of the command line."""
    assert parse(words(command)).run


@pytest.mark.parametrize("command", COMPOSE)
def test_compose_is_given_files_that_are_there(command: str) -> None:
    """Seen from a checkout."""
    file = Path(shlex.split(command)[3])
    assert (ROOT / file).is_file()


@pytest.mark.usefixtures("project")
def test_a_check_of_ones_own_takes_ten_lines_and_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    """The example's check joins the example's experiment, and its action the timeline."""
    (own,) = [text for _, text in BLOCKS if text.startswith("# chaos/_checks.py")]
    assert len([line for line in own.splitlines()[1:] if line]) <= 10
    shop = Path("chaos/shop.py")
    text = shop.read_text().replace("checks=[available]", "checks=[available, slowest(buyers, at_most=1.0)]")
    text = text.replace("outage = crash(", "outage = maintenance(")
    shop.write_text(f"from _actions import maintenance\nfrom _checks import slowest\n{text}")
    assert main(["plan", "chaos/shop.py"]) == 0
    out = capsys.readouterr().out
    assert "slowest: slowest(buyers, at_most=1.0)" in out
    assert "T+5 s  outage: maintenance(name('web-1')) for 8 s" in out


def chaoskit(*argv: str) -> subprocess.Popen[str]:
    """The command as a process of its own, in the working directory."""
    command = [sys.executable, "-m", "chaoskit.cli.main", *argv]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def about(*commands: str) -> Iterator[list[str]]:
    """The README's commands of these kinds, in its order."""
    for line in CHAOSKIT:
        if is_about(line, commands):
            yield words(line)


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_the_first_experiment_is_proved() -> None:
    """On the lab of its own Compose file, as it stands there."""
    proving = chaoskit(*next(argv for argv in about("prove") if "chaos/shop.py::one_of_two" in argv))
    out, _ = proving.communicate(timeout=110)
    assert proving.returncode == 0, out


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_a_run_can_be_noted_stopped_judged_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's commands on a run that goes on, and on its record."""
    running = chaoskit("run", "gslb.pool_death")
    deadline = time.monotonic() + 60
    (note,) = about("note")
    while main(note) != 0:  # until the run is there to hear it
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (stop,) = about("stop")
    assert main(stop) == 0
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 2, out
    assert "seen enough" in out
    (judge,) = about("judge")
    assert main(judge) == 2
    (report,) = about("report")
    capsys.readouterr()
    assert main(report) == 0
    assert all(Path(line).stat().st_size for line in capsys.readouterr().out.splitlines())


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_a_lab_can_be_had_by_hand() -> None:
    """Up, looked into and down again, in the README's order."""
    said: list[str] = []
    try:
        for argv in about("lab up", "lab ps", "lab exec", "lab logs", "lab down"):
            command = chaoskit(*argv)
            out, _ = command.communicate(timeout=60)
            assert command.returncode == 0, out
            said.append(out)
    finally:
        if len(said) < 5:
            chaoskit("lab", "down", "gslb").communicate(timeout=30)
    up, ps, done, *_ = said
    assert "14 hosts" in up
    assert "client-eu" in ps
    assert "lb-eu" in done
