"""`chaoskit plan`: everything that would happen, and nothing happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.machine import look


def test_the_plan_says_who_is_hit_when_and_for_how_long(cli: Cli) -> None:
    """Times, targets, sums of bounds and sample sizes are in the text."""
    out = cli("plan", "shop.py::checkout").out
    assert "T+4 s  outage: crash((role('service')).pick(2)) for 4 s: 2 of 4 service in eu" in out
    assert "T+9 s  freeze: pause(name('web-1')) for 1 s: 1 of 4 service in eu" in out
    assert "failover: T+4 s to T+7 s, 3 s = detection 2 s + margin 1 s" in out
    assert "buyers: GET http://web/, Poisson, 100/s, about 2,000 requests from buyer" in out
    assert "available: availability(buyers, at_least=0.99, outside=failover): 1,7" in out
    assert "alive: alive() every 100 ms at web-1, web-2, web-3, web-4" in out
    assert "stop unless availability-3(" not in out


def test_json_says_the_same(cli: Cli) -> None:
    """Times are seconds; the same seed plans the same targets."""
    first, second = cli("plan", "shop.py", "--json", "--seed", "5"), cli("plan", "shop.py", "--json", "--seed", "5")
    assert first.json == second.json
    plan = first.json
    assert isinstance(plan, dict)
    assert [(entry["name"], entry["start"], entry["lasting"]) for entry in plan["timeline"]] == [
        ("outage", 4.0, 4.0),
        ("freeze", 9.0, 1.0),
    ]
    assert plan["timeline"][0]["hit"] == ["2 of 4 service in eu"]
    assert plan["windows"] == [
        {"name": "failover", "start": 4.0, "end": 7.0, "sum": "3 s = detection 2 s + margin 1 s"}
    ]
    assert {check["name"] for check in plan["checks"]} == {"available", "back"}


def test_a_plan_says_how_clients_find_their_servers(cli: Cli, project: Path) -> None:
    """In JSON always, in the text where it is not by DNS as everybody does."""
    said = cli("plan", "shop.py", "--json").json
    assert isinstance(said, dict)
    assert said["loads"][0]["naming"] == "DNS, cache ttl"
    script = project / "shop.py"
    text = script.read_text().replace('"client"))', '"client"), dns_cache=DnsCache.NONE)', 1)
    script.write_text(f"from chaoskit import DnsCache\n{text}")
    assert "buyers: GET http://web/ (DNS, cache none), Poisson" in cli("plan", "shop.py").out


def test_a_plan_says_what_is_tried_again(cli: Cli, project: Path) -> None:
    """In JSON always, in the text where anything is."""
    said = cli("plan", "shop.py", "--json").json
    assert isinstance(said, dict)
    assert said["loads"][0]["retries"] == "no retries"
    script = project / "shop.py"
    text = script.read_text().replace('"client"))', '"client"), retries=Retry.backoff(2, budget=0.2))', 1)
    script.write_text(f"from chaoskit import Retry\n{text}")
    shown = "2 retries, backoff 100 ms to 10 s, full jitter, budget 20.0 %"
    assert shown in cli("plan", "shop.py").out


def test_a_twins_plan_names_its_mistake_and_what_must_fail(cli: Cli) -> None:
    """The arm's own load and checks are shown."""
    out = cli("plan", "shop.py", "--arm", "half-the-buyers").out
    assert "mistake: half the buyers" in out
    assert "Poisson, 50/s" in out
    assert "hazard: availability(buyers, at_least=0.5, during=frozen)" in out
    assert out.endswith("must fail\n  back\nmay fail\n  available\n")


def test_a_check_that_would_come_out_unknown_is_warned_of(cli: Cli) -> None:
    """Before half a minute is spent on it; stdout stays JSON."""
    done = cli("plan", "shop.py", "--set", "rate=5/s", "--json")
    assert done.status == 0
    assert "warning: shop.checkout: available expects 8" in done.err
    assert done.json


@pytest.mark.alone
def test_planning_touches_nothing(cli: Cli) -> None:
    """No file, process, link or rule more than before."""
    before = look()
    assert cli("plan", "gslb.pool_death").status == 0
    assert look() == before


def test_a_late_target_is_planned_for_each_answer_with_whom_it_hits(cli: Cli) -> None:
    """Whom the lab names need not be whom the action hits."""
    out = cli("plan", f"{Path(__file__).parents[2] / 'engine' / 'small' / 'small.py'}::late").out
    assert "if the lab answers web-1: hits web-" in out


def test_a_parameter_that_changes_nothing_here_is_warned_of(cli: Cli, project: Path) -> None:
    """It is another experiment's, of the same file; one that changes the plan passes without a word."""
    script = project / "shop.py"
    script.write_text(script.read_text() + "\nspare = param('spare', '9/s')\n")
    done = cli("plan", "shop.py", "--set", "spare=7/s", "--set", "rate=50/s")
    assert done.status == 0
    assert "checkout: --set spare=7/s changes nothing of what is planned" in done.err
    assert "--set rate" not in done.err
