"""Small labs and experiments for tests: files in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

COMPOSE = """
name: shop
services:
  buyer:
    image: chaoskit/service
    command: [sleep, infinity]
    labels: {chaoskit.role: client, chaoskit.region: eu}
  web:
    image: chaoskit/service
    command: [sleep, infinity]
    deploy: {replicas: 4}
    labels: {chaoskit.role: service, chaoskit.region: eu}
  db:
    image: chaoskit/service
    command: [sleep, infinity]
    labels: {chaoskit.role: store, chaoskit.region: eu, chaoskit.protected: "true"}
"""

OVERLAY = """
services:
  extra:
    image: chaoskit/service
    command: [sleep, infinity]
"""

EXPERIMENT = """
from chaoskit import *
from chaoskit.actions.crash import crash
from chaoskit.actions.pause import pause
from chaoskit.checks.availability import availability
from chaoskit.checks.recovers import recovers
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.alive import alive

rate = param("rate", "100/s")
buyers = load(get("http://web/"), poisson(rate), clients=role("client"))
hasty = load(get("http://web/"), poisson("50/s"), clients=role("client"))
outage = crash(role("service").pick(2))
freeze = pause(name("web-1"))
failover = window(after=begin(outage), lasting=bound(detection="2s", margin="1s"))
frozen = window(after=begin(freeze), before=end(freeze))
available = availability(buyers, at_least=0.99, outside=failover)
back = recovers(buyers, within=failover)
hazard = availability(buyers, at_least=0.5, during=frozen)

checkout = Experiment(
    claim="buyers can pay soon after two of four instances died",
    lab=Lab("compose.yaml"),
    loads=[buyers],
    probes=[alive().at(role("service"), every="100ms")],
    timeline=[at("9s", freeze, lasting="1s"), at("4s", outage, lasting="4s")],
    duration="20s",
    steady=availability(buyers, at_least=0.9),
    checks=[available, back],
    guards=[stop_unless(availability(buyers, at_least=0.1), over="3s")],
    twins=[
        Twin("half the buyers", instead={buyers: hasty}, must_fail=[back], may_fail=[available], checks=[hazard]),
        Twin("one more host", compose="overlay.yaml", must_fail=[back]),
    ],
)
\"\"\"Two of four die.

Look at the report.
\"\"\"
"""


def write(path: Path, text: str) -> Path:
    """Write a file of a project, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).replace('\\"', '"'))
    return path


def shop(folder: Path) -> Path:
    """A file of experiments with one about a small lab; `make_plan` can plan it, nothing is up."""
    write(folder / "compose.yaml", COMPOSE)
    write(folder / "overlay.yaml", OVERLAY)
    return write(folder / "shop.py", EXPERIMENT)
