"""The experiments of chapter demand control: what they claim follows from the lab's configuration."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chaoskit.actions.fill_listen_queue import fill_listen_queue
from chaoskit.core.load import Load
from chaoskit.core.units import NS, duration, rate
from chaoskit.core.window import Bound
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.labs.load import load_lab

ROOT = Path(__file__).parents[2]
ARMS = {
    "listen_queue_full": ("guarded", "accepts-when-free"),
    "shed_at_edge": ("guarded", "no-shedding", "sheds-at-the-last-tier"),
}
WORKED_ON = {"tier-a", "tier-b", "inventory"}


def found(name: str, **overrides: str) -> Found:
    """An experiment as the command line finds it."""
    (one,) = select([f"{ROOT / 'experiments' / 'demand.py'}::{name}"], overrides=overrides)
    return one


@pytest.fixture(scope="module", params=[(name, arm) for name, arms in ARMS.items() for arm in arms], ids="/".join)
def plan(request: pytest.FixtureRequest) -> Plan:
    """The plan of each arm of each experiment."""
    name, arm = request.param
    return make_plan(found(name), arm=arm)


@pytest.fixture(scope="module")
def shed() -> Found:
    """The experiment on shedding."""
    return found("shed_at_edge")


def environment(host: str, arm: str = "guarded") -> Mapping[str, str]:
    """What a service of the lab is told."""
    (one,) = [each for each in make_plan(found("shed_at_edge"), arm=arm).spec.hosts if each.name == host]
    return dict(one.environment)


def limits() -> tuple[int, int]:
    """HAProxy's two numbers: requests it lets pass, requests it lets wait."""
    text = (ROOT / "compose" / "conf" / "demand" / "edge.cfg").read_text()
    (passing,) = re.findall(r"^ *server tier-a .* maxconn (\d+) ", text, re.MULTILINE)
    (waiting,) = re.findall(r"return status 503 .* if \{ queue\(tiers\) ge (\d+) \}", text)
    return int(passing), int(waiting)


def served_rate() -> float:
    """What the inventory can do: workers by service time."""
    inventory = environment("inventory")
    return int(inventory["WORKERS"]) * NS / duration(inventory["SERVICE_TIME"])


def work() -> int:
    """Service times of the whole chain, ns."""
    return sum(duration(environment(host)["SERVICE_TIME"]) for host in WORKED_ON)


def total(plan: Plan, *names: str) -> float:
    """The rate of some loads together while each is in force."""
    loads = {one.name: one.load for one in plan.loads}
    return sum(loads[name].arrivals.rate_at(0) for name in names)


def test_the_inventory_is_the_bottleneck_and_its_capacity_is_as_claimed(shed: Found) -> None:
    """Every tier before it could do more, were it alone with its residence time."""
    assert served_rate() == rate(shed.variables["CAPACITY"])
    below = 0
    for host in ("inventory", "tier-b", "tier-a"):
        below += duration(environment(host)["SERVICE_TIME"])
        possible = int(environment(host)["WORKERS"]) * NS / below
        assert possible == served_rate() if host == "inventory" else possible >= 2 * served_rate()


def test_demand_is_just_above_the_capacity_and_then_three_times_as_much(shed: Found) -> None:
    """1.15 times to measure it, 3 times to exceed it."""
    plan = make_plan(shed)
    assert total(plan, "shoppers", "lunch") == pytest.approx(1.15 * served_rate())
    assert total(plan, "shoppers", "sale") == pytest.approx(3 * served_rate())


def test_the_sla_is_what_the_configuration_comes_to(shed: Found) -> None:
    """Work, and by Little's law the queue inside and the queue at the edge."""
    passing, waiting = limits()
    sla: Bound = shed.variables["sla"]
    assert sla.parts["work"] == work()
    busy = served_rate() * work() / NS
    assert sla.parts["inside"] == pytest.approx((passing - busy) / served_rate() * NS)
    assert sla.parts["waiting"] == pytest.approx(waiting / served_rate() * NS)


def test_what_the_edge_lets_pass_never_overflows_a_tier() -> None:
    """So that in the guarded arm only the edge turns anybody away."""
    passing, _ = limits()
    for host in WORKED_ON:
        given = environment(host)
        assert int(given["WORKERS"]) + int(given.get("QUEUE", 0)) >= passing


def test_tiers_may_hold_a_quarter_more_than_the_edge_lets_pass(shed: Found) -> None:
    """The bound on sockets follows from maxconn."""
    assert shed.variables["tiers_hold_little"].arguments["at_most"] == limits()[0] * 1.25


def test_shedding_at_the_last_tier_cannot_keep_up() -> None:
    """By the derivation beside the experiment tier-a passes 500/s of 600/s: its queue outgrows callers' patience."""
    arm = "sheds-at-the-last-tier"
    tier, inventory = environment("tier-a", arm), environment("inventory", arm)
    assert inventory["WHEN_FULL"] == "reject"
    before = work() - duration(inventory["SERVICE_TIME"])
    places = int(inventory["WORKERS"]) + int(inventory["QUEUE"])
    served = served_rate() * (before + places / served_rate() * NS) / NS
    passed = served_rate() + (int(tier["WORKERS"]) - served) * NS / before
    plan = make_plan(found("shed_at_edge"), arm=arm)
    arriving = total(plan, "shoppers", "sale")
    assert passed == pytest.approx(500)
    patience = plan.loads[0].load.timeout / NS - (before / NS + places / served_rate())
    (rush,) = [entry for entry in plan.entries if entry.name == "rush"]
    useful = patience * passed / (arriving - passed)
    assert useful < 0.5 * (rush.lasting or 0) / NS
    assert int(tier["BACKLOG"]) > patience * passed


def test_the_crowd_takes_every_place_and_fills_the_listen_queue() -> None:
    """Connections beyond the places and the queue of 204, which admits one more."""
    experiment = found("listen_queue_full")
    (storefront,) = [host for host in make_plan(experiment).spec.hosts if host.name == "storefront"]
    given = storefront.environment
    (entry,) = experiment.experiment.timeline
    arguments: Mapping[str, Any] = entry.action.arguments
    assert entry.action.kind == fill_listen_queue.name
    assert arguments["places"] == int(given["WORKERS"]) + int(given["QUEUE"])
    assert arguments["connections"] > arguments["places"] + int(given["BACKLOG"]) + 1
    assert duration(given["REQUEST_TIMEOUT"]) > (entry.lasting or 0)


def test_the_listen_queue_is_as_long_as_the_usual_start_says() -> None:
    """1.5 x workers x (longest wait / service time + 1), at a longest wait of 80 ms."""
    (storefront,) = [
        host for host in load_lab(found("listen_queue_full").experiment.lab).hosts if host.name == "storefront"
    ]
    given = storefront.environment
    heuristic = 1.5 * int(given["WORKERS"]) * (80_000_000 / duration(given["SERVICE_TIME"]) + 1)
    assert int(given["BACKLOG"]) == heuristic


@pytest.mark.parametrize(("visitors", "dropped"), [("300/s", 2850), ("20/s", 190)])
def test_everybody_who_comes_to_a_full_queue_has_a_syn_dropped(visitors: str, dropped: int) -> None:
    """At whatever rate they come, for the 11 s less 1.5 s in which the queue is full."""
    check = found("listen_queue_full", visitors=visitors).variables["syns_dropped"]
    assert check.arguments["at_least"] == dropped


def test_callers_are_patient_enough_for_the_third_retry_and_not_for_the_fourth() -> None:
    """Of TCP's 1, 3, 7 and 15 s; who comes in the window of those who time out comes more than 7 s before the end."""
    experiment = found("listen_queue_full")
    visitors: Load = experiment.variables["visitors"]
    assert 7 * NS * 1.15 < visitors.timeout < 15 * NS
    (entry,) = experiment.experiment.timeline
    early = experiment.variables["too_early"]
    late_begin = NS  # the gate on actions believes a run whose action is as late as that
    assert late_begin + early.delay + early.lasting.total + 7 * NS < (entry.lasting or 0)


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert sized
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_an_arm_takes_less_than_half_a_minute(plan: Plan) -> None:
    """Both experiments fit into the catalogue's time."""
    assert plan.length <= 25 * NS
