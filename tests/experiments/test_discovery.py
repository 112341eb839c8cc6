"""The experiments of chapter Discovery: what they claim follows from the lab's configuration, and proves true."""

import math
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.core.units import NS, duration
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.labs.load import load_lab
from chaoskit.steps.nft import Nft
from tests.support.proving import failed, proved

ROOT = Path(__file__).parents[2]
REGISTRY = {"etcd-a", "etcd-b", "etcd-c"}


@pytest.fixture(scope="module")
def cp_partition() -> Found:
    """The experiment as the command line finds it."""
    (found,) = select([f"{ROOT / 'experiments' / 'discovery.py'}::cp_partition"])
    return found


@pytest.fixture(scope="module", params=["guarded", "serializable-reads", "one-member"])
def plan(request: pytest.FixtureRequest, cp_partition: Found) -> Plan:
    """The plan of each arm."""
    return make_plan(cp_partition, arm=request.param)


def test_the_election_bound_is_what_the_configuration_comes_to(cp_partition: Found) -> None:
    """Whoever changes the election timeout or a client's attempt changes the bound: they cannot drift apart."""
    hosts = [host for host in load_lab(Lab("discovery")).hosts if host.name in REGISTRY]
    (timeout,) = {int(host.environment["ETCD_ELECTION_TIMEOUT"]) * NS // 1000 for host in hosts}
    parts = cp_partition.variables["election"].parts
    assert parts["election_timeout"] == parts["split_vote"] == 2 * timeout
    assert cp_partition.variables["noticing"].parts["election_timeout"] == 2 * timeout
    (attempt,) = {cp_partition.variables[load].request.attempt for load in ("lookups", "lone_lookups", "changes")}
    assert parts["attempt"] == attempt == duration(cp_partition.variables["ATTEMPT"])
    assert cp_partition.variables["elsewhere"].parts["attempts"] == 2 * attempt


def test_a_client_has_time_to_ask_every_member(cp_partition: Found) -> None:
    """Two members that keep it waiting do not keep it from the third."""
    for name in ("lookups", "changes"):
        load = cp_partition.variables[name]
        assert {endpoint.host for endpoint in load.request.endpoints} == {"registry", *REGISTRY}
        assert load.timeout >= len(REGISTRY) * load.request.attempt


def test_members_are_cut_off_from_members_alone(plan: Plan) -> None:
    """Whoever leads: each member stops hearing the other side of the registry, and clients are heard throughout."""
    addresses = {address for name in REGISTRY for address in plan.topology.by_name[name].addresses}
    assert [len(entry.choices) for entry in plan.entries] == [3, 3]
    for choice in (choice for entry in plan.entries for choice in entry.choices):
        assert {step.target for step in choice.steps} == REGISTRY
        unheard = [step.addresses["unheard"] for step in choice.steps if isinstance(step, Nft)]
        assert sorted(map(len, unheard)) == [1, 1, 2]
        assert {address for each in unheard for address in each} <= addresses


def test_the_cuts_outlast_what_they_are_to_show(cp_partition: Found) -> None:
    """There is time left with the majority going on, and with the minority knowing that it is one."""
    spans = {entry.action: entry.lasting for entry in cp_partition.experiment.timeline}
    named = cp_partition.variables
    assert spans[named["leader_cut"]] >= named["election"].total + 2 * NS
    assert min(spans.values()) >= named["noticing"].total + 2 * NS


def test_the_first_member_is_back_before_the_second_is_cut_off(cp_partition: Found) -> None:
    """Else the second cut would leave three members that cannot agree on anything."""
    first, second = cp_partition.experiment.timeline
    assert first.lasting is not None
    assert second.start - (first.start + first.lasting) >= cp_partition.variables["rejoining"].total


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests: 5 standard deviations, or 15 %."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert {"lookups_fall_back", "shop_unharmed", "leader_refuses", "follower_refuses"} < set(sized)
    for name, samples in sized.items():
        spare = min(5 * math.sqrt(samples.expected), 0.15 * samples.needed)
        assert samples.expected >= samples.needed + spare, name


def test_whoever_may_ask_another_member_is_held_to_what_users_of_the_pool_are(cp_partition: Found) -> None:
    """At least 99.9 %, by 10,000 requests or more."""
    sized = {each.name: each.samples for each in planned_checks(make_plan(cp_partition))}
    for name in ("lookups_fall_back", "shop_unharmed"):
        assert cp_partition.variables[name].arguments["at_least"] == 0.999
        samples = sized[name]
        assert samples is not None
        assert samples.needed == 10_000


def test_an_arm_takes_three_quarters_of_a_minute_at_rates_that_leave_room_for_another(plan: Plan) -> None:
    """10,000 look-ups and as many requests cost the same processor time however long they take."""
    assert plan.length <= 45 * NS
    assert sum(one.load.arrivals.rate_at(0) for one in plan.loads) <= 650


@pytest.mark.lab
@pytest.mark.catalogue
@pytest.mark.timeout(300)
def test_the_guarantee_holds_and_both_mistakes_are_caught(tmp_path: Path) -> None:
    """`prove` passes: the guarded arm passes every check, and the twins fail exactly those they must."""
    verdicts = proved("discovery.cp_partition", tmp_path)
    assert {arm: failed(verdicts, arm) for arm in verdicts} == {
        "guarded": set(),
        "serializable-reads": {"order_exists", "never_stale", "leader_refuses", "follower_refuses"},
        "one-member": {"lookups_fall_back"},
    }
