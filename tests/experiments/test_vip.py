"""The experiments of chapter Migratory virtual IP: what they claim follows from the lab's configuration."""

import re
from pathlib import Path

import pytest

from chaoskit.core.units import NS, duration
from chaoskit.core.window import confirmed
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan

ROOT = Path(__file__).parents[2]
CONF = ROOT / "compose" / "conf" / "vip"
ARMS = [
    ("failover", "guarded"),
    ("failover", "no-gratuitous-arp"),
    ("one_owner", "guarded"),
    ("one_owner", "adverts-on-a-network-of-their-own"),
]


def found(name: str) -> Found:
    """An experiment as the command line finds it."""
    (one,) = select([f"{ROOT / 'experiments' / 'vip.py'}::{name}"])
    return one


@pytest.fixture(scope="module", params=ARMS, ids=lambda arm: f"{arm[0]} {arm[1]}")
def plan(request: pytest.FixtureRequest) -> Plan:
    """The plan of each arm of each experiment."""
    name, arm = request.param
    return make_plan(found(name), arm=arm)


def configured(file: str) -> tuple[int, list[int]]:
    """Of a keepalived.conf: the interval of adverts in ns, and the priorities of the pair."""
    text = (CONF / file).read_text()
    (interval,) = re.findall(r"^ +advert_int ([\d.]+)$", text, re.MULTILINE)
    return round(float(interval) * NS), [
        int(each) for each in re.findall(r"^ +@lb-\d priority (\d+)$", text, re.MULTILINE)
    ]


@pytest.mark.parametrize("file", ["keepalived.conf", "keepalived-heartbeat.conf"])
def test_the_failover_bound_is_what_the_configuration_comes_to(file: str) -> None:
    """Three adverts and the skew of the lower priority (RFC 5798, 6.1), below one; 4 adverts + 0.5 s in all."""
    advert, priorities = configured(file)
    parts = found("failover").variables["failover_time"].parts
    assert parts["adverts"] == 3 * advert
    assert advert * (256 - min(priorities)) // 256 <= parts["skew"] <= advert
    assert sum(parts.values()) == 4 * advert + NS // 2


def test_the_time_surely_without_a_holder_is_no_longer_than_the_configuration_has_it() -> None:
    """The last advert may have come just before one would have been due: two adverts and the shorter skew are left."""
    advert, priorities = configured("keepalived.conf")
    parts = found("failover").variables["surely_down"].parts
    assert parts["adverts"] == 2 * advert
    assert 0 < parts["skew"] <= advert * (256 - max(priorities)) / 256


def test_new_connections_are_judged_while_the_address_is_surely_gone() -> None:
    """From an action's confirmation, so short a time that it ends before the peer can have taken over."""
    named = found("failover").variables
    for action, dark in (("power_cut", "power_dark"), ("cable_pulled", "cable_dark")):
        assert named[dark].after == confirmed(named[action])
        assert named[dark].lasting.total + duration(named["CONFIRMING"]) == named["surely_down"].total
        assert named[dark.replace("dark", "refuses_new")].arguments["at_least"] == 0.9


def test_two_owners_are_found_as_soon_as_the_experiment_says() -> None:
    """After one second: 3 adverts, the longer skew, and two readings of either probe fit into it."""
    advert, priorities = configured("keepalived-heartbeat.conf")
    variables = found("one_owner").variables
    readings = 2 * max(variables["holders"].every, variables["asked"].every)
    assert 3 * advert + advert * (256 - min(priorities)) / 256 + readings <= variables["split"].delay == NS


def test_whoever_holds_the_address_is_hit_whoever_it_is() -> None:
    """Both balancers are planned for, at each of the three late actions, and nobody else."""
    entries = [*make_plan(found("failover")).entries, *make_plan(found("one_owner")).entries]
    targets = {entry.name: set(entry.targets) for entry in entries}
    assert targets == {
        "power_cut": {"lb-1", "lb-2"},
        "cable_pulled": {"lb-1/front", "lb-2/front"},
        "heartbeat_cut": {"lb-1", "lb-2"},
        "front_cable": {"lb-1/front", "lb-2/front"},
    }


def test_only_the_heartbeat_is_cut_by_cutting_the_heartbeat() -> None:
    """What is dropped are the peer's addresses on that network: the front network would be the other twin's mistake."""
    entry = make_plan(found("one_owner")).entries[0]
    dropped = {address for step in entry.steps for address in step.addresses["unheard"]}  # type: ignore[attr-defined]
    assert dropped == {"198.18.114.11", "198.18.114.12"}


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert len(sized) >= 2
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_a_run_is_shorter_than_the_twins_arp_entries_are_believed(plan: Plan) -> None:
    """23 s after the first fault at the earliest; the run is over by then."""
    assert plan.length - plan.entries[0].start < 23 * NS


def test_loads_show_what_they_are_meant_to_show() -> None:
    """A lost SYN is not sent again in time, a stream is waited for, and kept connections are gone when it is said."""
    variables = found("failover").variables
    visitors, readers = variables["visitors"], variables["readers"]
    assert visitors.timeout < NS < readers.timeout
    failover_time = variables["failover_time"].parts
    assert variables["stale_time"].parts == {**failover_time, "life": readers.connection_life}


def test_the_peer_is_reached_where_its_haproxy_listens() -> None:
    """On its heartbeat address, at the port of its own status page."""
    asked = found("one_owner").variables["peer"].arguments
    assert f"bind :{asked['port']}\n" in (CONF / "haproxy.cfg").read_text()
    assert make_plan(found("one_owner")).topology.by_address[asked["address"]].name == "lb-2"
