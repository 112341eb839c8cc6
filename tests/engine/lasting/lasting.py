"""A run whose lab has an instance frozen for longer than the run's keeper lives in tests."""

from chaoskit import Experiment, Lab, at, name, role
from chaoskit.actions.pause import pause
from chaoskit.checks.reading import reading
from chaoskit.probes.alive import alive

life = alive().at(role("service"), every="100ms")
frozen = Experiment(
    claim="an instance that is frozen thaws",
    lab=Lab("compose.yaml"),
    probes=[life],
    timeline=[at("200ms", pause(name("web-2")), lasting="30s")],
    duration="33s",
    quiet="1s",
    drivers=["netns"],
    checks=[reading(life, "state", equals="running").named("alive")],
)
