"""Experiments in which something takes its time while a guard trips."""

import time

from chaoskit import Experiment, Lab, at, found_by, name, probe, role, stop_unless
from chaoskit.actions.crash import crash
from chaoskit.actions.pause import pause
from chaoskit.checks.reading import reading
from chaoskit.probes.alive import alive
from tests.engine.dawdling import dawdles

LAB = Lab("compose.yaml")
life = alive().at(role("service"), every="50ms")


@probe
def bell(host):
    """Whether it has rung: 2 s after the first reading."""
    begin = []

    def read():
        begin.append(time.monotonic())
        return {"rung": begin[-1] - begin[0] > 2}

    return read


bells = bell().at(name("web-1"), every="50ms")
calm = stop_unless(reading(bells, "rung", equals=False), over="500ms")
outage = crash(name("web-1"))
dawdling = dawdles(name("web-2"))
call = Experiment(
    claim="a guard cuts a one-shot action short that is under way",
    lab=LAB,
    probes=[life, bells],
    timeline=[at("500ms", outage, lasting="25s"), at("1s", dawdling)],
    duration="30s",
    checks=[reading(life, "state", equals="running")],
    guards=[calm],
)


@probe
def nothing(host):
    """A reading that says no."""
    return lambda: {"it": False}


hesitating = pause(found_by(nothing().at(name("web-2"), every="100ms"), "it", within="15s"))
question = Experiment(
    claim="a guard is heeded while the lab is asked for a late target",
    lab=LAB,
    probes=[life, bells],
    timeline=[at("500ms", outage, lasting="25s"), at("1s", hesitating, lasting="2s")],
    duration="30s",
    checks=[reading(life, "state", equals="running")],
    guards=[calm],
)
