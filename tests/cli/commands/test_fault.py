"""`chaoskit fault`: one action on a running project, from the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.core.result import Result
from chaoskit.engine.rejudge import judge_directory
from tests.cli.conftest import Cli
from tests.support.machine import until
from tests.support.shop import shop_project, states

__all__ = ["shop_project"]


def test_the_list_has_what_each_action_needs(cli: Cli) -> None:
    """One that takes what no option can say is not in it."""
    done = cli("fault", "--list")
    assert done.status == 0
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert "--on SELECTOR --port NUMBER" in rows["block_port"]
    assert "--on PARTITION" in rows["partition"]
    assert "overload" not in rows
    assert cli("fault").out == done.out


def test_an_action_has_help_of_its_own(cli: Cli) -> None:
    """With its docstring and the meaning of each parameter, and what every fault takes."""
    with pytest.raises(SystemExit) as left:
        cli("fault", "block_port", "--help")
    assert left.value.code == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["paus"], "Did you mean 'pause'?"),
        (["pause"], "--on, --for"),
        (["pause", "--on", "app"], "--for"),
        (["pause", "--on", "app", "--for", "5s"], "--attach PROJECT"),
        (["pause", "--on", "app", "--for", "0s", "--attach", "x"], "is none"),
        (["pause", "--on", "app", "--for", "6m", "--attach", "x"], "at most"),
        (["pause", "--on", "app", "--for", "soon", "--attach", "x"], "no duration"),
        (["pause", "--on", "a b", "--for", "5s", "--attach", "x"], "is no selector"),
        (["pause", "--on", "app", "--for", "5s", "--atach", "x"], "--atach"),
        (["block_port", "--on", "app", "--port", "x", "--for", "5s", "--attach", "x"], "no whole number"),
        (
            ["block_port", "--on", "a", "--port", "1", "--protocol", "ip", "--for", "5s", "--attach", "x"],
            "There are: tcp, udp",
        ),
        (["overload", "--for", "5s", "--attach", "x"], "needs a load"),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked(cli: Cli, words: list[str], problem: str) -> None:
    """No engine is needed to see it."""
    done = cli("fault", *words)
    assert (done.status, done.out) == (3, "")
    assert problem in done.err


@pytest.mark.docker
def test_it_is_done_undone_and_reported(cli: Cli, project: Path, shop_project: str) -> None:
    """A run with a report and no load; its file judges it again, and the project is as it was."""
    before = states()
    words = ["--attach", shop_project, "--on", "app-*@1", "--for", "1s", "--runs", str(project / "runs"), "--json"]
    done = cli("fault", "pause", *words)
    assert done.status == 0, done.out + done.err
    run = json.loads(done.out)
    assert {check["name"]: check["verdict"] for check in run["checks"]} == {
        "back": "pass",
        "unharmed": "pass",
        "clean": "pass",
    }
    directory = Path(run["directory"])
    events = [json.loads(line) for line in (directory / "events.jsonl").read_text().splitlines()]
    mine = [(event["what"], event["data"].get("hosts")) for event in events if event["subject"] == "fault"]
    assert [what for what, _ in mine] == ["begin", "confirmed", "end", "undone"]
    assert len(mine[0][1]) == 1
    assert (directory / "report.html").exists()
    assert judge_directory(directory).verdict is Result.PASS
    assert states() == before


@pytest.mark.docker
def test_ctrl_c_undoes_it_at_once_and_leaves_a_report(tmp_path: Path, shop_project: str) -> None:
    """What was recorded by then is judged; the status says that it was interrupted."""
    words = ["pause", "--attach", shop_project, "--on", "store", "--for", "1m", "--allow-every-instance"]
    with subprocess.Popen(
        [sys.executable, "-m", "chaoskit", "fault", *words, "--runs", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as fault:
        try:
            assert until(lambda: states()["store-1"] == "paused", 20)
            fault.send_signal(signal.SIGINT)
            out, _ = fault.communicate(timeout=20)
        finally:
            fault.kill()
    assert fault.returncode == 130
    assert states()["store-1"] == "running"
    assert "it was interrupted" in out
    (directory,) = [path for path in tmp_path.iterdir() if not path.is_symlink()]
    assert {"report.html", "fault.py", "verdict.json"} <= {path.name for path in directory.iterdir()}


@pytest.mark.docker
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["crash", "--on", "app"], "--allow-every-instance"),
        (["crash", "--on", "apps"], "Did you mean 'app"),
    ],
)
def test_what_the_project_does_not_allow_is_refused(
    cli: Cli, shop_project: str, words: list[str], problem: str
) -> None:
    """In words about the command line: nobody wrote the file that it becomes."""
    done = cli("fault", *words, "--attach", shop_project, "--for", "1s")
    assert done.status == 3
    assert problem in done.err
    assert "fault.py" not in done.err
