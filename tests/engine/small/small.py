"""Experiments of a few seconds on the smallest lab: what the engine's own tests run."""

from chaoskit import (
    Connections,
    Experiment,
    Lab,
    Twin,
    at,
    begin,
    bound,
    end,
    found_by,
    get,
    load,
    name,
    param,
    probe,
    role,
    stop_unless,
    undone,
    window,
)
from chaoskit.actions.crash import crash
from chaoskit.actions.grudges import isolate
from chaoskit.actions.overload import overload
from chaoskit.actions.partition import partition
from chaoskit.actions.pause import pause
from chaoskit.actions.power_off import power_off
from chaoskit.checks.availability import availability
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.reading import reading
from chaoskit.core.load import Outcome
from chaoskit.loads.arrivals import constant
from chaoskit.loads.shapes import step
from chaoskit.probes.alive import alive

LAB = Lab("compose.yaml")
LENGTH = param("length", "4s")


def _visitors(host: str):
    return load(
        get(f"http://{host}:8080/"),
        constant("250/s"),
        clients=role("client"),
        timeout="500ms",
        connections=Connections.NEW,
    )


visitors = _visitors("198.18.200.12")
victims = _visitors("198.18.200.11")

other_dies = crash(name("web-1"))
unharmed = Experiment(
    claim="the death of one instance does not touch the other",
    lab=LAB,
    loads=[visitors],
    timeline=[at("1s", other_dies, lasting="1s")],
    duration=LENGTH,
    steady=availability(visitors, at_least=0.9),
    checks=[served := availability(visitors, at_least=0.99)],
    twins=[
        Twin("clients of the dead one", must_fail=[served], instead={visitors: victims}),
        Twin("nothing is wrong here", must_fail=[served]),
        Twin("does not come up", must_fail=[served], compose="broken.yaml"),
    ],
)

freeze = pause(name("web-1"))
frozen = Experiment(
    claim="a frozen instance answers nobody while it is frozen",
    lab=LAB,
    loads=[victims],
    timeline=[at("1s", freeze, lasting="30s")],
    duration="35s",
    checks=[availability(victims, at_least=0.99)],
)

early = load(get("http://198.18.200.12:8080/"), constant(step("250/s", "0/s", at="1s")), clients=role("client"))
ends_early = Experiment(
    claim="a load may end before the run does",
    lab=LAB,
    loads=[early],
    duration="3s",
    checks=[availability(early, at_least=0.9)],
)

blackout = power_off(name("client"))
client_returns = Experiment(
    claim="a client that was powered off sends again when it is back",
    lab=LAB,
    loads=[visitors],
    timeline=[at("1s", blackout, lasting="1s")],
    duration="4s",
    checks=[
        availability(visitors, at_least=0.9, during=window(after=undone(blackout), delay=bound(start="500ms"))),
        outcome_share(visitors, Outcome.OK, at_most=0.2, during=window(after=begin(blackout), before=end(blackout))),
    ],
)

fatal = crash(name("web-1"))
guarded_by_load = Experiment(
    claim="a guard over requests stops the run",
    lab=LAB,
    loads=[victims],
    timeline=[at("1s", fatal, lasting="25s")],
    duration="30s",
    checks=[availability(victims, at_least=0.5, during=window(after=begin(fatal), lasting=bound(detection="200ms")))],
    guards=[stop_unless(availability(victims, at_least=0.5), over="500ms")],
)

life = alive().at(role("service"), every="50ms")
fatal_too = crash(name("web-1"))
guarded_by_reading = Experiment(
    claim="a guard over readings stops the run",
    lab=LAB,
    loads=[visitors],
    probes=[life],
    timeline=[at("1s", fatal_too, lasting="25s")],
    duration="30s",
    checks=[availability(visitors, at_least=0.99, during=window(after=begin(fatal_too), before=end(fatal_too)))],
    guards=[stop_unless(reading(life, "state", equals="running"), over="500ms")],
)


@probe
def runs(host):
    """Whether the host's daemon runs, as a truth."""
    return lambda: {"runs": host.status().state == "running"}


survivor = found_by(runs().at(role("service"), every="100ms"), "runs")
first_dies = crash(name("web-1"))
other_freezes = pause(survivor)
frozen_meanwhile = window(after=begin(other_freezes), delay="50ms", lasting="600ms")  # they wait 500 ms, then fail
late = Experiment(
    claim="who is hit second is found out when it happens",
    lab=LAB,
    loads=[visitors],
    timeline=[at("1s", first_dies, lasting="1900ms"), at("1500ms", other_freezes, lasting="1200ms")],
    duration="5s",
    checks=[outcome_share(visitors, Outcome.OK, at_most=0.1, during=frozen_meanwhile)],
)
nobody = partition(isolate(found_by(runs().at(name("web-1"), every="100ms"), "runs", within="300ms")))
nobody_there = Experiment(
    claim="an action without a target stops the run",
    lab=LAB,
    loads=[visitors],
    timeline=[at("1s", crash(name("web-1")), lasting="1s"), at("1500ms", nobody, lasting="200ms")],
    duration="5s",
    checks=[availability(visitors, at_least=0.5)],
)

rush = load(get("http://198.18.200.12:8080/"), constant("400/s"), clients=role("client"), timeout="500ms")
rush_hour = overload(rush)
surge = Experiment(
    claim="an overload arrives while its action is in force, and only then",
    lab=LAB,
    loads=[visitors],
    timeline=[at("1s", rush_hour, lasting="1s")],
    duration="4s",
    checks=[
        availability(rush, at_least=0.9, during=window(after=begin(rush_hour), before=end(rush_hour))),
        availability(visitors, at_least=0.9),
    ],
)
