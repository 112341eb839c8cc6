"""The command line as a whole: mistakes, help, and what happens to its output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.cli.parser import build
from chaoskit.engine import discovery
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["lab", "upp"], "Did you mean 'up'?"),
        (["list", "--jsno"], "Did you mean '--json'?"),
        (["plan", "shop.py", "--seeed=3"], "Did you mean '--seed'?"),
        (["plan", "shop.py::chekout"], "Did you mean 'checkout'?"),
        (["plan", "gslb.pool_deth"], "Did you mean 'gslb.pool_death'?"),
        (["plan", "shop.py", "--driver", "natvie"], "Did you mean 'native'?"),
        (["plan", "shop.py", "--arm", "half-the-byers"], "Did you mean 'half-the-buyers'?"),
        (["plan", "shop.py", "--set", "raet=9/s"], "Did you mean 'rate'?"),
        (["plan", "shop.py", "--set", "rate"], "--set takes NAME=VALUE"),
        (["plan", "shop.py", "--set", "rate=soon"], "'soon' is no rate"),
        (["plan", "shop.py", "--seed", "-3"], "a whole number from 0 up"),
        (["plan"], "required: ID"),
        (["run", "shop.py", "--rerun-unknown", "x"], "a whole number from 0 up"),
        (["run", "shop.py", "--junit", "nowhere/x.xml"], "cannot write nowhere/x.xml"),
        (["show", "crahs"], "Did you mean 'crash'?"),
        (["judge", "nothing"], "there is no run 'nothing'"),
        (["lab", "check", "./nothing.yaml"], "there is no Compose file"),
        (["lab", "check", "gslbb"], "gslb"),
        (["lab", "down", "nothing-of-that-name"], "nothing-of-that-name"),
        (["stop", "nothing-of-that-name"], "nothing-of-that-name"),
        (["new", "shop.txt"], "no Python file"),
        (["new", "shop.py"], "exists already"),
        ([], "required: COMMAND"),
    ],
)
def test_a_mistake_exits_3_with_a_message_and_no_traceback(cli: Cli, argv: list[str], said: str) -> None:
    """Status 2 would say `unknown`; stdout stays empty for whoever reads it."""
    done = cli(*argv)
    assert done.status == 3
    assert said in done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_mistake_of_chaoskits_own_exits_3_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's status for it would be 1, which says that a check failed; the traceback is for the report."""

    def crash() -> None:
        raise RuntimeError("out of tune")

    monkeypatch.setattr(discovery, "discover", crash)
    done = cli("list")
    assert done.status == 3
    assert "RuntimeError: out of tune" in done.err
    assert "this is a mistake in chaoskit" in done.err


def commands() -> list[list[str]]:
    """Every command and command of a command there is."""
    found: list[list[str]] = []
    waiting = [([], build())]
    while waiting:
        path, parser = waiting.pop()
        found.append(path)
        for action in parser._actions:
            if action.choices and isinstance(action.choices, dict):
                waiting += [([*path, name], sub) for name, sub in action.choices.items()]
    return sorted(found)


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_help_has_an_example(path: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says what the command is for and what people type, and exits 0."""
    with pytest.raises(SystemExit) as left:
        build().parse_args([*path, "--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert f"  chaoskit {' '.join(path)}".rstrip() in text.partition("examples:")[2]


def test_every_command_is_there() -> None:
    """What the README and people's scripts rely on."""
    words = {" ".join(path) for path in commands()}
    assert words >= {"list", "show", "plan", "run", "prove", "judge", "report", "doctor", "new"}
    assert words >= {"lab", "load", "stop", "note", "sweep"}
    assert words >= {f"lab {word}" for word in ["up", "down", "ps", "exec", "logs", "check"]}


def run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "chaoskit.cli.main", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment or None)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`chaoskit list | head -1` ends quietly."""
    command = f"{sys.executable} -m chaoskit.cli.main show gslb.pool_death"
    script = f"{command} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


def test_an_answer_by_rich_to_a_reader_that_goes_away_is_no_failed_check() -> None:
    """A pipe nobody reads ends a command with 141; 1 would say that a check failed."""
    code = (
        "import sys; from chaoskit.cli import main; from chaoskit.cli.output import console; import types; "
        "run = lambda args: console(sys.stdout).print('x' * 100_000) or 0; "
        "main.parse = lambda argv: types.SimpleNamespace(run=run); sys.exit(main.main([]))"
    )
    script = f'{sys.executable} -c "{code}" | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(closed: str) -> None:
    """Whichever standard stream is closed, the command does its work and the status says how it went."""
    script = f"{sys.executable} -m chaoskit.cli.main list {closed}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("gslb.pool_death" in done.stdout) is (">&-" not in closed.replace("2>&-", ""))


def test_nothing_is_coloured_where_no_person_looks() -> None:
    """Piped output has no escape sequences."""
    done = run("plan", "gslb.pool_deth")
    assert done.returncode == 3
    assert "\x1b" not in done.stderr + done.stdout


def test_help_is_quick_to_load() -> None:
    """Neither numpy nor rich nor the load engine is imported to print help."""
    code = (
        "import sys; from chaoskit.cli.parser import build; build(); "
        "heavy = {'numpy', 'rich', 'pyarrow', 'locust', 'gevent', 'docker', 'scapy'} & set(sys.modules); "
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
