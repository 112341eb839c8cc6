"""The experiments of chapter load balancing: what they claim follows from the lab's configuration."""

import re
from pathlib import Path
from typing import Any

import pytest

from chaoskit.core.units import NS, duration, rate
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan

ROOT = Path(__file__).parents[2]
CONF = ROOT / "compose" / "conf" / "lb"
CASES = ("haproxy", "nginx")


def found(case: str, **overrides: str) -> Found:
    """The suite's experiment for one balancer, as the command line finds it."""
    (one,) = select([f"{ROOT / 'experiments' / 'lb.py'}::ejects_dead[{case}]"], overrides=overrides)
    return one


@pytest.fixture(scope="module", params=[(case, arm) for case in CASES for arm in ("guarded", "no-checks")], ids=str)
def plan(request: pytest.FixtureRequest) -> Plan:
    """The plan of each balancer's arms."""
    case, arm = request.param
    return make_plan(found(case), arm=arm)


def balancer(case: str) -> Any:
    """A balancer's record."""
    return found(case).variables["BALANCERS"][case]


def number(file: str, pattern: str) -> int:
    """The one number that a pattern finds in a configuration file."""
    (found,) = set(re.findall(pattern, (CONF / file).read_text(), re.MULTILINE))
    return int(found)


def test_haproxys_bounds_are_what_its_configuration_comes_to() -> None:
    """Whoever changes the checks' interval or their number changes the bounds: they cannot drift apart."""
    record, inter = balancer("haproxy"), number("haproxy.cfg", r"inter (\d+)ms fall")
    assert record.out.parts["checks"] == number("haproxy.cfg", r"fall (\d+) rise") * inter * 1_000_000
    assert record.back.parts["checks"] == number("haproxy.cfg", r"rise (\d+)$") * inter * 1_000_000
    assert duration(record.looks_every) == inter * 1_000_000


def test_nginxs_bounds_are_what_its_configuration_comes_to() -> None:
    """One look each fail_timeout; and in the time for max_fails requests come five times as many as are needed."""
    record, timeout = balancer("nginx"), number("nginx.conf", r"fail_timeout=(\d+)s;")
    assert duration(record.looks_every) == record.back.parts["fail_timeout"] == timeout * NS
    needed = 3 * number("nginx.conf", r"max_fails=(\d+) ")
    assert rate(found("nginx").variables["RATE"]) * record.out.parts["requests"] == 5 * needed * NS
    assert number("nginx.conf", r"^worker_processes (\d+);") == 2
    assert "zone instances" in (CONF / "nginx.conf").read_text()


def test_at_another_rate_nginx_takes_as_many_requests_and_not_as_long() -> None:
    """Half as many requests a second bring the same number in twice the time."""
    usual, slow = (found("nginx", **given).variables["BALANCERS"]["nginx"] for given in ({}, {"rate": "250/s"}))
    assert slow.out.parts["requests"] == 2 * usual.out.parts["requests"]
    assert slow.out.parts["margin"] == usual.out.parts["margin"]


@pytest.mark.parametrize(("case", "spent", "looks"), [("haproxy", 0, 20), ("nginx", 5, 5)])
def test_a_passive_check_may_spend_requests_and_an_active_one_may_not(case: str, spent: int, looks: int) -> None:
    """Each is held to its own way of looking: 10 s of outage, by its interval."""
    checks = {check.label: check.arguments for check in found(case).experiment.checks}
    assert checks["none_later"]["at_most"] == spent
    assert checks["left_alone"]["at_most"] == looks


def test_one_of_three_instances_is_hit(plan: Plan) -> None:
    """The others have to carry its load."""
    (entry,) = plan.entries
    assert [step.target for step in entry.steps] == ["web-1"]


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert {"ejected", "none_later", "only_its_third", "used_again"} <= set(sized)
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_an_arm_takes_less_than_half_a_minute(plan: Plan) -> None:
    """Four of them are two minutes."""
    assert plan.length <= 25 * NS


def test_each_case_has_the_suites_description() -> None:
    """`chaoskit show` says of every balancer what the suite guarantees."""
    for case in CASES:
        assert "**Guarantee.**" in found(case).doc


@pytest.mark.parametrize("case", CASES)
def test_the_twin_must_fail_whatever_depends_on_checks(case: str) -> None:
    """And nothing may fail beside: what the others get, and the way back, do not depend on them."""
    (twin,) = found(case).experiment.twins
    opinion = {"seen_down"} if case == "haproxy" else set()
    assert {check.label for check in twin.must_fail} == {"ejected", "none_later", "left_alone"} | opinion
    assert list(twin.may_fail) == []
    assert {check.label for check in twin.checks} == {"a_third_fails", "still_tried"}
