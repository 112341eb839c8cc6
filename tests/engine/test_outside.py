"""Probes that read from outside the lab: planned, read in this machine's own network, and judged like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.cli.plan_text import plan_lines
from chaoskit.core.errors import DefinitionError, LabError
from chaoskit.core.probe import THIS_MACHINE
from chaoskit.core.progress import Silent
from chaoskit.core.result import ArmResult
from chaoskit.core.verdict import PASS, UNKNOWN
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import make_plan
from chaoskit.engine.probing import Site
from chaoskit.engine.prove import Choice, run_experiment
from chaoskit.testing import FakeLab, two_regions
from tests.probes.test_prometheus import Said, fresh, server, vector
from tests.samples import write

SMALL = Path(__file__).parent / "small" / "compose.yaml"
WATCHED = """
from chaoskit import Experiment, Lab, at, name, stop_unless
from chaoskit.actions.pause import pause
from chaoskit.checks.reading import reading
from chaoskit.probes.prometheus import prometheus

orders = prometheus("sum(rate(orders_total[1m]))", {url!r}, series="orders_total").from_here(every="100ms")
watched = Experiment(
    claim="orders go on",
    lab=Lab({lab!r}),
    probes=[orders],
    timeline=[at("1s", pause(name("web-1")), lasting="1s")],
    duration="4s",
    quiet="1s",
    steady=reading(orders, "value", above=0),
    checks=[reading(orders, "value", above=0).named("ordered")],
    guards=[stop_unless(reading(orders, "value", above=0), over="500ms")],
)
"""


def watched(folder: Path, url: str) -> str:
    """The experiment's file."""
    return str(write(folder / "shop.py", WATCHED.format(url=url, lab=str(SMALL))))


def run(folder: Path, said: Said) -> ArmResult:
    """Its run against a server that says so."""
    with server(said) as (url, _):
        (found,) = select([watched(folder, url)])
        (arm,) = run_experiment(found, Choice(seed=1), RunOptions(folder / "runs"), Silent()).arms
    return arm


def test_the_plan_says_that_it_reads_from_this_machine(tmp_path: Path) -> None:
    """And no host of the lab is concerned."""
    (found,) = select([watched(tmp_path, "http://127.0.0.1:1")])
    plan = make_plan(found)
    assert plan.probes[0].hosts == (THIS_MACHINE,)
    (line,) = [line for line in plan_lines(plan) if line.startswith("  orders:")]
    assert line.endswith("every 100 ms at this machine")


def test_a_probe_that_says_neither_is_an_error_that_names_both(tmp_path: Path) -> None:
    """With file and line."""
    text = WATCHED.format(url="http://127.0.0.1:1", lab=str(SMALL)).replace('.from_here(every="100ms")', "")
    with pytest.raises(DefinitionError, match=r"shop\.py:\d+: .*from_here"):
        select([str(write(tmp_path / "shop.py", text))])


def test_this_machine_has_no_state() -> None:
    """A probe that asks for a host's state cannot read from outside."""
    with pytest.raises(LabError, match="no host of the lab"):
        Site(FakeLab(two_regions()), THIS_MACHINE, 1.0).status()


@pytest.mark.lab
def test_steady_state_and_checks_read_a_prometheus_outside(tmp_path: Path) -> None:
    """It listens on this machine's loopback, where no host of the lab could ask it."""
    arm = run(tmp_path, fresh(vector(({}, "3"))))
    assert arm.verdict is PASS, arm.reason
    readings = [reading for reading in arm.history.readings if reading.probe == "orders"]
    assert {(reading.host, reading.error) for reading in readings} == {("this machine", "")}
    assert len(readings) > 20


@pytest.mark.lab
@pytest.mark.parametrize(("later", "stopped"), [("0", "guard"), (None, "steady state did not hold")])
def test_a_guard_over_it_stops_the_run_and_without_data_none_begins(
    tmp_path: Path, later: str | None, stopped: str
) -> None:
    """A zero is a value, by which the guard trips; no data is no zero, but no steady state either."""
    asked = [0]

    def said(query: str) -> tuple[int, str]:
        asked[0] += 1
        value = "3" if asked[0] < 50 else later
        return fresh(vector(({}, value)) if later and value else vector())(query)

    arm = run(tmp_path, said)
    assert stopped in arm.history.meta.stopped
    assert arm.verdict is UNKNOWN
