"""Experiments on systems that chaoskit did not start, with servers of this machine's loopback in their place."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.cli.main import main
from chaoskit.cli.plan_text import plan_lines
from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.progress import Silent
from chaoskit.core.result import ArmResult
from chaoskit.core.verdict import PASS
from chaoskit.engine import facts
from chaoskit.engine.discovery import select
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.engine.prove import Choice, run_experiment
from chaoskit.engine.recover import recover
from tests.loads.servers import HELLO, answers, serving
from tests.samples import write
from tests.support.machine import until

HEAD = """
from chaoskit import Experiment, Lab, Twin, at, everything, get, load, name, param, role, stop_unless
from chaoskit.actions.command import command
from chaoskit.actions.crash import crash
from chaoskit.actions.overload import overload
from chaoskit.actions.partition import partition
from chaoskit.checks.availability import availability
from chaoskit.checks.reading import reading
from chaoskit.loads.arrivals import constant
from chaoskit.probes.alive import alive
from chaoskit.probes.http_json import http_json

staging = Lab.external("staging", addresses={"web-1": "127.0.0.1", "web-2": "127.0.0.2"}, roles={"web-*": "service"})
"""
SHOP = """
shoppers = load(get("http://{host}:{port}/"), constant("100/s"), clients=role("client"))
scaled = command(["touch", {file!r}], undo=["rm", "-f", {file!r}], confirm=["test", "-e", {file!r}])
shop = Experiment(
    claim="shoppers do not notice that a file is there",
    lab=staging,
    loads=[shoppers],
    timeline=[at("1s", scaled, lasting=param("lasting", "1s"))],
    duration=param("duration", "5s"),
    steady=availability(shoppers, at_least=0.5),
    checks=[availability(shoppers, at_least=0.9, clients=role("client"))],
    guards=[stop_unless(availability(shoppers, at_least=0.5), over="1s")],
)
"""


def written(folder: Path, text: str) -> Found:
    """An experiment on `staging`."""
    (found,) = select([str(write(folder / "shop.py", HEAD + text))])
    return found


def shop(folder: Path, port: int, host: str = "127.0.0.1") -> Found:
    """The experiment with a load, and a command for a fault."""
    return written(folder, SHOP.format(port=port, file=str(folder / "there"), host=host))


def run(found: Found, folder: Path, *, owned: bool = False) -> ArmResult:
    """Its guarded arm."""
    options = RunOptions(folder / "runs", owns_target=owned)
    return run_experiment(found, Choice(seed=1), options, Silent()).arms[0]


def planned(folder: Path, timeline: str, probes: str = "") -> Plan:
    """The plan of an experiment that does this."""
    text = f'one = Experiment("c", staging, "9s", timeline=[{timeline}], probes=[{probes}])'
    return make_plan(written(folder, text))


def test_load_commands_guards_and_checks_work_on_it(tmp_path: Path) -> None:
    """From this machine's own network, without root; the report names the server, and the fault is undone."""
    with serving(answers(HELLO)) as port:
        arm = run(shop(tmp_path, port), tmp_path)
    assert arm.verdict is PASS, arm.reason
    assert arm.history.meta.driver == "external"
    assert set(arm.history.requests.client.labels) - {""} == {"this machine"}
    assert [event.what for event in arm.history.events if event.kind == "action"] == [
        "begin", "confirmed", "end", "undone",
    ]  # fmt: skip
    assert not (tmp_path / "there").exists()
    assert "web-1" in (arm.directory / "report.html").read_text()


def test_the_plan_says_what_it_is_and_where_load_comes_from(tmp_path: Path) -> None:
    """There is no lab of so many hosts to tell of."""
    text = list(plan_lines(make_plan(shop(tmp_path, 1))))
    assert "staging: a system elsewhere, none of it can be entered; it has web-1 (127.0.0.1), web-2 (127.0.0.2)" in text
    (load,) = [line for line in text if line.startswith("  shoppers:")]
    assert load.endswith("requests from this machine")


@pytest.mark.parametrize(
    ("timeline", "problem"),
    [
        ("at('1s', crash(role('service')), lasting='1s')", r"shop\.py:\d+: crash needs a host \(hosts=role\('service'"),
        ("at('1s', crash(everything()), lasting='1s')", "crash needs a host"),
        ("at('1s', partition({'web-1': ['web-2']}), lasting='1s')", "partition needs a host"),
        (
            "at('1s', command(['a'], undo=['b'], confirm=['c'], at=name('web-1')), lasting='1s')",
            "command needs a host",
        ),
    ],
)
def test_an_action_that_needs_a_host_is_an_error_of_the_plan(tmp_path: Path, timeline: str, problem: str) -> None:
    """Be its name known or not: nothing of the system can be entered."""
    with pytest.raises(UsageError, match=problem):
        planned(tmp_path, timeline)


def test_a_probe_at_its_hosts_is_an_error_of_the_plan(tmp_path: Path) -> None:
    """The message says how it can be read."""
    with pytest.raises(UsageError, match=r"shop\.py:\d+: alive is to be read at role") as caught:
        planned(tmp_path, "", "alive().at(role('service'), every='1s')")
    assert ".from_here(" in str(caught.value)


def test_load_that_an_action_brings_needs_no_host(tmp_path: Path) -> None:
    """It comes from this machine, as any load does."""
    surge = "overload(load(get('http://127.0.0.1:1/'), constant('9/s'), clients=role('client')))"
    plan = planned(tmp_path, f"at('1s', {surge}, lasting='1s')")
    assert [host.name for load in plan.loads for host in load.clients] == ["this machine"]


@pytest.mark.parametrize("host", ["198.18.200.1", "staging.invalid"])
def test_load_beyond_loopback_needs_the_users_word(tmp_path: Path, host: str) -> None:
    """The generator itself refuses, and says which option it takes; without it, nothing is sent and nothing done.

    The name servers of this machine, which a name would be asked of, are targets as well.
    """
    with pytest.raises(ChaoskitError) as caught:
        run(shop(tmp_path, 80, host), tmp_path)
    assert "outside the lab" in str(caught.value)
    assert "--i-own-the-target" in str(caught.value)
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("everyone", [False, True])
def test_a_command_is_undone_whoever_is_killed(tmp_path: Path, *, everyone: bool) -> None:
    """By the keeper when the runner is gone, from the journal when both are."""
    with serving(answers(HELLO)) as port:
        found = shop(tmp_path, port)
        argv = ["run", found.operand, "--runs", str(tmp_path / "runs"), "--set", "lasting=40s", "--set", "duration=50s"]
        runner = subprocess.Popen(
            [sys.executable, "-m", "chaoskit", *argv],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert until((tmp_path / "there").exists, 30)
            (keeper,) = [one.keeper for one in facts.everything() if one.directory.is_relative_to(tmp_path)]
            assert keeper is not None
            if everyone:
                keeper.kill(signal.SIGKILL)
        finally:
            runner.kill()
            runner.wait(10)
    if everyone:
        assert any("undone" in line for line in recover())
    assert until(lambda: not (tmp_path / "there").exists(), 5)


def test_its_runs_come_one_after_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is one of it: arms side by side would be each other's disturbance."""
    assert main(["prove", shop(tmp_path, 1).operand, "--jobs", "2", "--runs", str(tmp_path / "runs")]) == 3
    assert "one after the other" in capsys.readouterr().err


def test_a_way_out_is_nothing_a_native_lab_has(tmp_path: Path) -> None:
    """`egress="allow"` is refused there before anything is read."""
    found = written(tmp_path, "one = Experiment('c', Lab('compose.yaml', egress='allow'), '9s')")
    with pytest.raises(UsageError, match="egress='allow'") as caught:
        make_plan(found)
    assert "--driver docker" in str(caught.value)
