"""Effects that end before they are undone: the run is stopped, and nothing is believed of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.progress import Silent
from chaoskit.core.verdict import UNKNOWN
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice, run_experiment
from tests.samples import write

SMALL = Path(__file__).parent / "small" / "compose.yaml"
DYING = """
import os, signal, time
from chaoskit import Experiment, Lab, action, at, name, role
from chaoskit.checks.reading import reading
from chaoskit.core.step import Evidence
from chaoskit.probes.alive import alive
from chaoskit.steps.function import reference
from chaoskit.steps.inject import Inject

def die(arguments, before):
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)

def there(lab, arguments, before):
    return Evidence(True, "it is there")

@action(longest="1m")
def hold(plan, hosts):
    return [Inject(host.name, reference(die), {{}}, reference(there)) for host in plan.hosts(hosts)]

life = alive().at(role("service"), every="100ms")
held = hold(name("web-1"))
dying = Experiment(
    claim="instances run on",
    lab=Lab({lab!r}),
    probes=[life],
    timeline=[at("500ms", held, lasting="20s")],
    duration="25s",
    checks=[reading(life, "state", equals="running")],
)
"""


@pytest.mark.lab
def test_an_injector_that_dies_in_the_middle_of_a_fault_stops_the_run(tmp_path: Path) -> None:
    """The action was confirmed, but was not in force to its end: the gate says so, and how its injector ended."""
    file = write(tmp_path / "dying.py", DYING.format(lab=str(SMALL)))
    (found,) = select([str(file)])
    (arm,) = run_experiment(found, Choice(seed=1), RunOptions(tmp_path / "runs"), Silent()).arms
    assert arm.verdict is UNKNOWN
    told = [event for event in arm.history.events if event.kind == "action"]
    assert [event.what for event in told] == ["begin", "confirmed", "ended", "end", "undone"]
    assert told[2].data["error"] == ["web-1: the injector has ended (signal 9): it said nothing"]
    assert "the effect of the action held was over before it was undone: web-1" in arm.history.meta.stopped
    (gate,) = (gate for gate in arm.gates if gate.name == "every action confirmed")
    assert gate.verdict.reason == "its effect ended before it was undone: held"
