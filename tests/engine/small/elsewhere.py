"""An experiment whose fault is on no host: a file of this machine stands for a system elsewhere."""

import os

from chaoskit import Experiment, Lab, at, name
from chaoskit.actions.command import command
from chaoskit.checks.reading import reading
from chaoskit.probes.alive import alive

FILE = os.environ.get("CHAOSKIT_TEST_FILE", "/nonexistent")

life = alive().at(name("web-1"), every="100ms")
scaled = command(["touch", FILE], undo=["rm", "-f", FILE], confirm=["test", "-e", FILE])
elsewhere = Experiment(
    claim="what a command did elsewhere is undone, whoever dies",
    lab=Lab("compose.yaml"),
    probes=[life],
    timeline=[at("500ms", scaled, lasting="30s")],
    duration="35s",
    checks=[reading(life, "state", equals="running")],
)
