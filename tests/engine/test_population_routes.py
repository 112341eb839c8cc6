"""The routes of populations: planned for whom, refused where hosts are not ours, and there while a run lasts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from chaoskit.cli.plan_text import plan_lines
from chaoskit.core.errors import UsageError
from chaoskit.core.load import Load, load
from chaoskit.core.population import Population
from chaoskit.core.progress import Silent
from chaoskit.core.request import get
from chaoskit.core.selector import role
from chaoskit.core.topology import Topology
from chaoskit.core.units import NS
from chaoskit.core.verdict import PASS
from chaoskit.engine.discovery import select
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import make_plan
from chaoskit.engine.population_routes import population_routes
from chaoskit.engine.prove import Choice, run_experiment
from chaoskit.loads.arrivals import constant
from chaoskit.testing import client_host, host, topology_of
from tests.samples import write
from tests.support.docker import images

LAB = topology_of(
    [
        client_host("client-1", "198.18.1.1"),
        client_host("client-2", "198.18.1.2"),
        host("lb", "198.18.1.3", role="balancer"),
        host("db", "198.18.2.1", role="store", network="back"),
    ]
)


def crowd(sources: str | None) -> Load:
    """A load of a population from a prefix."""
    who = Population(users=100, sources=sources)
    return load(get("http://198.18.1.3/"), constant("1/s"), clients=role("client"), population=who)


def entry(*loads: tuple[Load, tuple[str, ...]], lab: Topology = LAB, driver: str = "native") -> PlannedEntry | None:
    """What is planned for loads from client hosts of those names."""
    sourced = [(each, tuple(lab.by_name[name] for name in names)) for each, names in loads]
    return next(population_routes(sourced, lab, driver, 10 * NS), None)


def test_each_client_owns_its_part_and_its_neighbours_know_the_way() -> None:
    """A host on another network is left alone: it answers by its default route."""
    planned = entry((crowd("198.19.16.0/24"), ("client-1", "client-2")))
    assert planned is not None
    assert [step.describe() for step in planned.steps] == [
        "client-1: own every address of 198.19.16.0/25",
        "client-2: route 198.19.16.0/25 via 198.18.1.1 on eth0",
        "lb: route 198.19.16.0/25 via 198.18.1.1 on eth0",
        "client-2: own every address of 198.19.16.128/25",
        "client-1: route 198.19.16.128/25 via 198.18.1.2 on eth0",
        "lb: route 198.19.16.128/25 via 198.18.1.2 on eth0",
    ]
    assert planned.targets == ("client-1", "client-2", "lb")
    assert planned.action.longest > 10 * NS


def test_loads_that_share_addresses_on_a_host_share_the_routes() -> None:
    """Two loads of the same users need them once."""
    first, second = crowd("198.19.16.0/24"), crowd("198.19.16.0/24")
    once, twice = entry((first, ("client-1",))), entry((first, ("client-1",)), (second, ("client-1",)))
    assert once is not None
    assert twice is not None
    assert once.steps == twice.steps


def test_nothing_is_planned_where_nothing_is_needed() -> None:
    """Loopback is everybody's own, and the client host's own address has its routes."""
    assert entry((crowd(None), ("client-1",)), (crowd("127.9.0.0/16"), ("client-2",))) is None


def test_two_hosts_with_the_same_addresses_are_refused() -> None:
    """Answers would find one of them only."""
    with pytest.raises(UsageError, match="would own the same addresses"):
        entry((crowd("198.19.16.0/24"), ("client-1",)), (crowd("198.19.0.0/16"), ("client-2",)))


@pytest.mark.parametrize("driver", ["attached", "external"])
def test_hosts_of_others_get_no_routes(driver: str) -> None:
    """A project that is running, and a system elsewhere, stay as they are."""
    with pytest.raises(UsageError, match="these hosts stay as they are"):
        entry((crowd("198.19.16.0/24"), ("client-1",)), driver=driver)


COMPOSE = """
name: crowded
services:
  client:
    image: chaoskit/service
    command: ["sleep", "infinity"]
    labels: {chaoskit.role: client}
    networks: {front: {ipv4_address: 198.18.201.10}}
  web:
    image: chaoskit/service
    command: ["python3", "-u", "-m", "http.server", "8080", "--directory", "/srv"]
    labels: {chaoskit.role: service}
    networks: {front: {ipv4_address: 198.18.201.11}}
    healthcheck:
      test: ["CMD", "python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8080), 1)"]
      interval: 200ms
      retries: 50
networks:
  front:
    ipam: {config: [{subnet: 198.18.201.0/24}]}
"""
EXPERIMENT = """
from chaoskit import *
from chaoskit.actions.power_off import power_off
from chaoskit.checks.availability import availability
from chaoskit.core.population import Population
from chaoskit.loads.arrivals import constant

crowd = load(
    get("http://198.18.201.11:8080/"),
    constant("150/s"),
    clients=role("client"),
    connections=Connections.NEW,
    population=Population(users=200, sources="198.19.40.0/24"),
)
blackout = power_off(role("client"))
off = window(after=begin(blackout), lasting="1500ms")
crowded = Experiment(
    claim="users have addresses of their own, and a client host that comes back has them again",
    lab=Lab("compose.yaml"),
    loads=[crowd],
    timeline=[at("1s", blackout, lasting="700ms")],
    duration="4s",
    quiet="1s",
    steady=availability(crowd, at_least=0.9),
    checks=[availability(crowd, at_least=0.9, outside=off)],
)
"""


@pytest.mark.lab
@pytest.mark.alone
@pytest.mark.parametrize("driver", ["native", pytest.param("docker", marks=pytest.mark.docker)])
def test_users_of_a_lab_come_from_their_own_addresses(
    tmp_path: Path, driver: str, request: pytest.FixtureRequest
) -> None:
    """The server's log has them, and as many requests as were answered; the plan says so before."""
    if driver == "docker":
        request.getfixturevalue("docker_engine")
        images("service")
    write(tmp_path / "compose.yaml", COMPOSE)
    (found,) = select([f"{write(tmp_path / 'crowded.py', EXPERIMENT)}::crowded"])
    plan = "\n".join(plan_lines(make_plan(found)))
    assert "200 users from 198.19.40.0/24 (uniform)" in plan
    assert "web: route 198.19.40.0/24 via 198.18.201.10 on eth0" in plan
    (arm,) = run_experiment(found, Choice(seed=1, driver=driver), RunOptions(tmp_path / "runs"), Silent()).arms
    assert arm.verdict is PASS, arm.reason
    (log,) = (arm.directory / "logs").glob("web*")
    sources = Counter(re.findall(r"(\S+) - - \[.*\] \"GET / HTTP/1.1\" 200", log.read_text()))
    assert set(sources) <= {f"198.19.40.{number}" for number in range(1, 201)}
    assert len(sources) > 150
    answered = int((arm.history.requests.status == 200).sum())
    assert answered <= sum(sources.values()) <= answered + 20
