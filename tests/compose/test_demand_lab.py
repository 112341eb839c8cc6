"""The demand lab on real daemons: who is served, who is turned away, and by whom."""

import contextlib
import http.client
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from tests.labs.native.build import up
from tests.wire import until

pytestmark = pytest.mark.lab

EDGE, STOREFRONT = ("198.18.48.80", 80), ("198.18.48.20", 8080)
Answer = tuple[int, str | None, float]
"""Status, instance and seconds."""


@pytest.fixture
def demand(tmp_path: Path) -> Iterator[NativeLab]:
    """The guarded lab, up."""
    with up(load_lab(Lab("demand")), tmp_path) as lab:
        yield lab


@pytest.fixture
def last_tier(tmp_path: Path) -> Iterator[NativeLab]:
    """The twin that sheds at the last tier, up."""
    with up(load_lab(Lab("demand").over("demand.sheds-at-the-last-tier.yaml")), tmp_path) as lab:
        yield lab


def ask(lab: NativeLab, address: tuple[str, int]) -> Answer:
    """One request of the client, on a connection of its own."""

    def fetch() -> Answer:
        started = time.monotonic()
        with contextlib.closing(http.client.HTTPConnection(*address, timeout=5)) as connection:
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
            return response.status, response.getheader("X-Instance"), time.monotonic() - started

    return in_network(lab.hosts["client"].netns(), fetch)


def at_once(lab: NativeLab, n: int) -> list[Answer]:
    """So many requests at the edge at once."""
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: ask(lab, EDGE), range(n)))


def metric(lab: NativeLab, host: str, name: str) -> float:
    """One metric of a tier, by its admin port."""

    def fetch() -> str:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", 8081, timeout=5)) as connection:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()

    lines = in_network(lab.hosts[host].netns(), fetch).splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"tier_{name} ")))


def test_the_chain_answers_through_every_tier_in_the_sum_of_their_times(demand: NativeLab) -> None:
    """180 ms of service time; each tier has served one request, and the first one is who answered."""
    status, instance, took = ask(demand, EDGE)
    assert (status, instance) == (200, "tier-a")
    assert 0.18 <= took < 1
    assert [metric(demand, host, "served_total") for host in ("tier-a", "tier-b", "inventory")] == [1, 1, 1]
    assert ask(demand, STOREFRONT)[:2] == (200, "storefront")


def test_the_edge_turns_away_what_exceeds_its_limits_and_the_tiers_never_see_it(demand: NativeLab) -> None:
    """Of 100 at once 40 pass and 20 wait, and those who came when some were done; HAProxy itself answers the rest."""
    answers = at_once(demand, 100)
    served = [answer for answer in answers if answer[0] == 200]
    turned_away = [answer for answer in answers if answer[0] == 503]
    assert len(served) + len(turned_away) == 100
    assert 60 <= len(served) < 100
    assert {instance for _, instance, _ in turned_away} == {None}
    assert metric(demand, "tier-a", "accepted_total") == len(served)
    assert metric(demand, "inventory", "rejected_total") == 0
    assert until(lambda: metric(demand, "tier-a", "busy") == 0)


def test_without_limits_it_is_the_inventory_that_rejects(last_tier: NativeLab) -> None:
    """Of 70 at once both tiers take all; those beyond its 40 places come back from the inventory, through both."""
    statuses = Counter((status, instance) for status, instance, _ in at_once(last_tier, 70))
    rejected = metric(last_tier, "inventory", "rejected_total")
    assert rejected >= 1
    assert statuses == {(200, "tier-a"): 70 - rejected, (503, "tier-a"): rejected}
