"""The experiments of chapter DNS: what they claim follows from the lab's configuration."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.gates import ACTION_LATE_AT_MOST_S
from chaoskit.engine.plan import Plan, make_plan

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose"
CONF = COMPOSE / "conf" / "dns"


@pytest.fixture(scope="module")
def server_death() -> Found:
    """The experiment as the command line finds it."""
    (found,) = select([f"{ROOT / 'experiments' / 'dns.py'}::server_death"])
    return found


@pytest.fixture(scope="module", params=["guarded", "one-name-server"])
def plan(request: pytest.FixtureRequest, server_death: Found) -> Plan:
    """The plan of each arm."""
    return make_plan(server_death, arm=request.param)


def parts(found: Found, bound: str) -> Mapping[str, int]:
    """The parts of one of the module's bounds."""
    held: Mapping[str, int] = found.variables[bound].parts
    return held


def numbers(file: Path, pattern: str) -> set[int]:
    """The numbers that a pattern finds in a file."""
    return {int(number) for number in re.findall(pattern, file.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("zone", ["example.com.zone", "example.com-one-name-server.zone"])
def test_names_are_forgotten_when_the_zone_says_so(server_death: Found, zone: str) -> None:
    """Both arms give the service's name, and all below it, the TTL that the bound is made of."""
    assert numbers(CONF / zone, r"^(?:\*\.)?shop +(\d+) ") == {parts(server_death, "expiry")["ttl"] // NS}


def test_a_client_waits_longer_than_a_resolver_needs_to_leave_a_dead_server(server_death: Found) -> None:
    """Its whole seconds of resolv.conf are not over before the resolver has turned to the other server."""
    patience = parts(server_death, "patience")
    assert numbers(COMPOSE / "dns.yaml", r'dns_opt: \["timeout:(\d+)"\]') == {
        (patience["resolver"] + patience["stub"]) // NS
    }
    assert {load.timeout for load in server_death.experiment.loads} == {sum(patience.values())}


def test_in_the_twin_the_secondary_hears_the_probes_and_nobody_else(server_death: Found) -> None:
    """Two datagrams for each of their questions in the outage, which may end a second late; no more."""
    named = server_death.variables
    (entry,) = server_death.experiment.timeline
    assert entry.lasting is not None
    probes = [named["zone"], named["answers"]]
    times = sum((entry.lasting + ACTION_LATE_AT_MOST_S * NS) // probe.every + 1 for probe in probes)
    assert named["never_asked"].arguments["at_most"] == 2 * times


def test_the_primary_loses_its_power(plan: Plan) -> None:
    """In both arms: the twin's mistake is that nobody asks the other."""
    (entry,) = plan.entries
    assert [step.target for step in entry.steps] == ["ns-1"]


def test_the_visitors_answer_outlives_the_fault_and_expires_before_its_end(server_death: Found, plan: Plan) -> None:
    """What the run's first look-up found is known when the server dies, and forgotten while it is dead."""
    (entry,) = plan.entries
    known, forgotten = (server_death.variables[name] for name in ("known", "forgotten"))
    expiry = parts(server_death, "expiry")
    assert entry.lasting is not None
    assert entry.start + known.lasting.total <= expiry["ttl"] - 2 * NS
    assert forgotten.delay + forgotten.lasting.total + 3 * NS <= entry.start + entry.lasting


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert {"resolved", "visited"} <= set(sized)
    assert sized["resolved"].needed == 10_000
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_an_arm_takes_less_than_half_a_minute(plan: Plan) -> None:
    """Two of them are a minute."""
    assert plan.length <= 28 * NS


def test_the_twin_must_fail_whatever_depends_on_the_second_server(server_death: Found) -> None:
    """And nothing may fail beside: the zone is transferred, and the secondary answers whoever asks."""
    (twin,) = server_death.experiment.twins
    name = server_death.names.of
    assert {name(check) for check in twin.must_fail} == {"resolved", "visited", "taken_over"}
    assert list(twin.may_fail) == []
    told = {name(check) for check in twin.checks}
    assert told == {"nothing_resolved", "still_known", "known_no_more", "never_asked"}
