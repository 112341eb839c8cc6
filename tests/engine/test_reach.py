"""Who is hit, in the words people ask with."""

from __future__ import annotations

import pytest

from chaoskit.core.topology import REGION, ROLE, HostInfo, Network, Topology
from chaoskit.engine.reach import replicas_hit, who_is_hit

HOSTS = (
    *(HostInfo(f"web-eu-{n}", "web-eu", {ROLE: "service", REGION: "eu"}) for n in (1, 2, 3)),
    HostInfo("web-na-1", "web-na", {ROLE: "service", REGION: "na"}),
    HostInfo("db", "db"),
)
TOPOLOGY = Topology("lab", HOSTS, (Network("edge", "198.18.1.0/24"),))


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (("web-eu-1", "web-eu-2", "web-eu-3"), ("3 of 3 service in eu",)),
        (("web-eu-2", "web-na-1"), ("1 of 3 service in eu", "1 of 1 service in na")),
        (("web-eu-1/edge", "web-eu-2/edge"), ("2 of 3 service in eu",)),
        (("db",), ("1 of 1 db",)),
        (("edge",), ("edge",)),
        ((), ()),
    ],
)
def test_targets_are_counted_by_role_and_region(targets: tuple[str, ...], said: tuple[str, ...]) -> None:
    """Links count for their host; what is no host stands as it is."""
    assert who_is_hit(targets, TOPOLOGY) == said


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (("web-eu-1",), ("1 of 3 replicas of web-eu",)),
        (("db", "web-eu-1/edge", "web-eu-2"), ("2 of 3 replicas of web-eu", "the only db")),
        (("edge",), ("edge",)),
        ((), ()),
    ],
)
def test_on_somebodys_project_targets_are_counted_by_service(targets: tuple[str, ...], said: tuple[str, ...]) -> None:
    """As who runs it thinks of it."""
    assert replicas_hit(targets, TOPOLOGY) == said


def test_a_command_hits_what_no_lab_knows_of() -> None:
    """This machine is where it runs, even where it is the client of a system elsewhere."""
    here = HostInfo("this machine", "this machine", {ROLE: "client"})
    assert who_is_hit(("this machine",), Topology("staging", (here,), ())) == ("this machine",)
    assert who_is_hit(("this machine", "db"), TOPOLOGY) == ("1 of 1 db", "this machine")
