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
from tests.support.proving import failed, proved

ROOT = Path(__file__).parents[2]
ARMS = {
    "listen_queue_full": ("guarded", "accepts-when-free"),
    "shed_at_edge": ("guarded", "no-shedding", "sheds-at-the-last-tier"),
    "back_pressure": ("guarded", "health-ignores-the-dependency"),
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


def environment(host: str, arm: str = "guarded", experiment: str = "shed_at_edge") -> Mapping[str, str]:
    """What a service of the lab is told."""
    (one,) = [each for each in make_plan(found(experiment), arm=arm).spec.hosts if each.name == host]
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


class Chain:
    """The chain with back pressure: what its tiers hold while the inventory is slow, by Little's law, in seconds."""

    def __init__(self) -> None:
        self.experiment = found("back_pressure")
        given = {host: environment(host, experiment="back_pressure") for host in WORKED_ON}
        self.workers = {host: int(each["WORKERS"]) for host, each in given.items()}
        self.backlog = {host: int(each.get("BACKLOG", 0)) for host, each in given.items()}
        times = {host: duration(each["SERVICE_TIME"]) / NS for host, each in given.items()}
        self.takes = {
            "inventory": times["inventory"],
            "tier-b": times["tier-b"] + times["inventory"],
            "tier-a": sum(times.values()),
        }
        self.slas = {
            host: duration(each["DEPENDENCY_SLA"]) / NS for host, each in given.items() if "DEPENDENCY_SLA" in each
        }
        (entry,) = self.experiment.experiment.timeline
        self.action, self.lasting = entry.action, (entry.lasting or 0) / NS
        self.delay = duration(str(self.action.arguments["latency"])) / NS
        self.rate = rate(self.experiment.variables["CUSTOMERS"])

    def busy(self, host: str) -> float:
        """Workers that are busy while all is well."""
        return self.rate * self.takes[host]

    @property
    def comes_through(self) -> float:
        """Requests a second that tier-b gets done while the inventory is slow."""
        return self.workers["tier-b"] / (self.takes["tier-b"] + self.delay)

    def holds(self, after: float) -> float:
        """Requests in tier-a so long after the inventory became slow, if the edge passes everything on."""
        first = self.takes["tier-b"] + self.delay
        return self.busy("tier-a") + self.rate * after - self.comes_through * max(0.0, after - first)

    def fills(self, host: str) -> float:
        """When all workers of a tier are busy."""
        return (self.workers[host] - self.busy(host)) / self.rate

    @property
    def overflows(self) -> float:
        """When the listen queue of tier-a is full as well: it admits one more than its length."""
        places = self.workers["tier-a"] + self.backlog["tier-a"] + 1
        first = self.takes["tier-b"] + self.delay
        return first + (places - self.holds(first)) / (self.rate - self.comes_through)

    def window(self, name: str) -> tuple[float, float]:
        """A window's begin and end, after the inventory became slow."""
        one = self.experiment.variables[name]
        start = one.delay / NS
        return start, start + one.lasting.total / NS if one.lasting else self.lasting


@pytest.fixture(scope="module")
def chain() -> Chain:
    """The numbers of `back_pressure`."""
    return Chain()


def test_every_tier_has_workers_to_spare_while_all_is_well(chain: Chain) -> None:
    """Four standard deviations of a Poisson number more than are busy on average."""
    for host in WORKED_ON:
        assert chain.workers[host] > chain.busy(host) + 3.7 * chain.busy(host) ** 0.5


def test_a_slow_inventory_is_too_slow_for_callers_and_for_both_tiers(chain: Chain) -> None:
    """Whoever is patient for a second gets nothing; each tier's SLA lies between the usual time and the delay."""
    assert chain.delay >= chain.experiment.variables["customers"].timeout / NS
    assert chain.takes["inventory"] * 2 == pytest.approx(chain.slas["tier-b"])
    assert chain.takes["tier-b"] * 2 <= chain.slas["tier-a"] < chain.delay
    # A check of the edge waits for tier-a as long as it waits for tier-b, which is within the time between two checks.
    assert chain.slas["tier-b"] < chain.slas["tier-a"] < 0.5


def test_the_time_to_notice_and_to_return_follow_from_the_configuration(chain: Chain) -> None:
    """SLA, half of what is left of health's second, and as many checks as HAProxy wants."""
    text = (ROOT / "compose" / "conf" / "demand" / "edge.back-pressure.cfg").read_text()
    ((inter, fall, rise),) = re.findall(r"check port 8081 inter (\w+) fall (\d+) rise (\d+)", text)
    (second,) = re.findall(r"^WINDOW = (.+)$", (ROOT / "compose/services/tier/meter.py").read_text(), re.MULTILINE)
    noticing: Bound = chain.experiment.variables["noticing"]
    returning: Bound = chain.experiment.variables["returning"]
    assert noticing.parts["late"] == chain.slas["tier-a"] * NS
    assert noticing.parts["most"] == (float(second) - chain.slas["tier-a"]) / 2 * NS
    assert noticing.parts["checks"] == int(fall) * duration(inter)
    assert returning.parts["last"] == chain.slas["tier-b"] * NS
    assert returning.parts["checks"] == int(rise) * duration(inter)


def test_the_edge_stops_passing_on_before_tier_a_is_full(chain: Chain) -> None:
    """What comes until then, and four standard deviations more, is held by workers and listen queues."""
    noticing: Bound = chain.experiment.variables["noticing"]
    most = chain.holds(noticing.total / NS)
    assert most == pytest.approx(400, abs=1)
    assert most + 4 * (chain.rate * noticing.total / NS) ** 0.5 < chain.workers["tier-a"] + chain.backlog["tier-a"] + 1
    assert chain.workers["tier-b"] + chain.backlog["tier-b"] >= chain.workers["tier-a"]
    # And it is done before the inventory is well again, so that nobody comes home to old work.
    assert most / chain.comes_through < chain.lasting - noticing.total / NS


def test_tiers_fill_up_one_after_the_other_when_they_do(chain: Chain) -> None:
    """The windows of the twin's checks leave half a second, or four standard deviations, beside the derived times."""
    assert (chain.fills("tier-b"), chain.fills("tier-a")) == (pytest.approx(0.1), pytest.approx(1.02))
    assert chain.overflows == pytest.approx(2.6, abs=0.05)
    first_answer = chain.delay
    start, end = chain.window("_full_b")
    came = chain.rate * start
    assert came - 4 * came**0.5 > chain.workers["tier-b"] - chain.busy("tier-b")
    assert end < first_answer
    _, end = chain.window("_not_yet_a")
    assert chain.holds(end) + 4 * (chain.rate * end) ** 0.5 < chain.workers["tier-a"]
    start, _ = chain.window("_full_a")
    assert start > chain.fills("tier-a") + 4 * chain.workers["tier-a"] ** 0.5 / chain.rate
    assert chain.experiment.variables["tier_a_is_full_then"].arguments["at_most"] == chain.workers["tier-b"]
    dropped = (chain.rate - chain.comes_through) * (chain.lasting - chain.overflows - 0.6)
    assert chain.experiment.variables["tier_a_turns_away"].arguments["at_least"] == pytest.approx(dropped, rel=0.01)


@pytest.mark.lab
@pytest.mark.catalogue
@pytest.mark.timeout(240)
def test_back_pressure_tells_callers_and_without_it_tiers_fill_up(tmp_path: Path) -> None:
    """`prove` passes: the guarded arm passes every check, and the twin fails those it must."""
    verdicts = proved("demand.back_pressure", tmp_path)
    assert set(verdicts["guarded"].values()) == {"pass"}
    wrong = failed(verdicts, "health-ignores-the-dependency")
    assert wrong - {"comes_back", "untroubled_otherwise"} == {
        "edge_knows",
        "refused_at_once",
        "refused_with_reason",
        "no_queue_overflows",
        "every_queue_admits",
    }


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert sized
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_an_arm_takes_less_than_half_a_minute(plan: Plan) -> None:
    """All of them fit into the catalogue's time."""
    assert plan.length <= 26 * NS
