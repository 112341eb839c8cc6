"""The experiments of chapter GSLB: what they claim follows from the lab's configuration, and proves true."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan
from tests.support.proving import failed, proved

ROOT = Path(__file__).parents[2]
CONF = ROOT / "compose" / "conf" / "gslb"


@pytest.fixture(scope="module")
def pool_death() -> Found:
    """The experiment as the command line finds it."""
    (found,) = select([f"{ROOT / 'experiments' / 'gslb.py'}::pool_death"])
    return found


@pytest.fixture(scope="module", params=["guarded", "plain-dns"])
def plan(request: pytest.FixtureRequest, pool_death: Found) -> Plan:
    """The plan of each arm."""
    return make_plan(pool_death, arm=request.param)


def number(file: str, pattern: str) -> int:
    """The one number that a pattern finds in a configuration file."""
    (found,) = set(re.findall(pattern, (CONF / file).read_text(), re.MULTILINE))
    return int(found)


def configured() -> dict[str, int]:
    """The numbers of the lab's configuration that enter the bounds; times in ns."""
    gdnsd = {key: number("gdnsd/config", rf"^ *{key} => (\d+)$") for key in ("interval", "down_thresh", "up_thresh")}
    return {
        **gdnsd,
        "interval": gdnsd["interval"] * NS,
        "inter": number("haproxy-eu.cfg", r"inter (\d+)ms") * 1_000_000,
        "fall": number("haproxy-eu.cfg", r"fall (\d+)"),
        "rise": number("haproxy-eu.cfg", r"rise (\d+)"),
        "ttl": number("gdnsd/zones/example.com", r"^price +(\d+)/\1 ") * NS,
    }


def parts(pool_death: Found, bound: str) -> Mapping[str, int]:
    """The parts of one of the module's bounds."""
    found: Mapping[str, int] = pool_death.variables[bound].parts
    return found


def test_the_failover_bound_is_what_the_configuration_comes_to(pool_death: Found) -> None:
    """Whoever changes a check's interval or the TTL changes the bound: they cannot drift apart."""
    conf, claimed = configured(), parts(pool_death, "out_of_dns")
    assert claimed["haproxy"] == conf["fall"] * conf["inter"]
    assert claimed["gdnsd"] == conf["down_thresh"] * conf["interval"]
    assert claimed["ttl"] == conf["ttl"]


def test_the_homecoming_bound_is_what_the_configuration_comes_to(pool_death: Found) -> None:
    """The way back takes HAProxy's rise and gdnsd's threshold for alive."""
    conf, claimed = configured(), parts(pool_death, "back_in_dns")
    assert claimed["haproxy"] == conf["rise"] * conf["inter"]
    assert claimed["gdnsd"] == conf["up_thresh"] * conf["interval"]
    assert claimed["ttl"] == conf["ttl"]


def test_both_arms_give_answers_of_the_same_ttl() -> None:
    """The twin's mistake is the missing health, not a longer TTL."""
    for region in ("eu", "na"):
        assert number(f"bind9/example.com.{region}.zone", r"^price +(\d+) ") * NS == configured()["ttl"]


def test_every_instance_of_eu_is_hit_and_nothing_else(plan: Plan) -> None:
    """The outage is a pool's, not one instance's."""
    (entry,) = plan.entries
    assert {step.target for step in entry.steps} == {"web-eu-1", "web-eu-2", "web-eu-3"}


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert {"available", "na_unharmed"} < set(sized)
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_an_arm_takes_half_a_minute(plan: Plan) -> None:
    """Short enough for a demo of two arms."""
    assert plan.length <= 30 * NS


@pytest.mark.lab
@pytest.mark.alone
@pytest.mark.catalogue
@pytest.mark.timeout(240)
def test_the_guarantee_holds_and_plain_dns_is_caught(tmp_path: Path) -> None:
    """`prove` passes: the guarded arm passes every check, and the twin fails exactly those it must."""
    verdicts = proved("gslb.pool_death", tmp_path)
    assert set(verdicts["guarded"].values()) == {"pass"}
    wrong = failed(verdicts, "plain-dns")
    assert wrong - {"eu_comes_home"} == {"answers_move", "eu_recovers", "eu_left_alone", "available"}
    assert verdicts["plain-dns"]["eu_all_503"] == "pass"
