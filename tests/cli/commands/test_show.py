"""`chaoskit show`."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_an_action_is_shown_with_call_parameters_and_how_it_ends(cli: Cli) -> None:
    """What one needs to write it into an experiment."""
    out = cli("show", "crash").out
    assert out.startswith("crash(hosts: Selector)\n  from chaoskit.actions.crash import crash\n")
    assert "reversible" in out
    assert "in force for 10 min at most" in out
    assert "hosts (Selector): " in out
    assert "plan: " not in out


def test_a_checks_defaults_are_shown(cli: Cli) -> None:
    """An optional parameter says what it is without being given."""
    assert "during (Window | None, None by default): " in cli("show", "availability").out


def test_an_experiment_is_shown_whole(cli: Cli) -> None:
    """Claim, timeline, checks by their names, arms with what must fail, parameters, docstring."""
    out = cli("show", "shop.py::checkout", "--set", "rate=7/s").out
    assert "claim     buyers can pay soon after two of four instances died" in out
    assert "T+4 s outage: crash((role('service')).pick(2)) for 4 s" in out
    assert "back: recovers(buyers, within=failover" in out
    assert "half-the-buyers: half the buyers; must fail: back; may fail: available" in out
    assert "rate = 7/s" in out
    assert out.endswith("\n  Two of four die.\n\n  Look at the report.\n")


def test_json_has_the_same(cli: Cli) -> None:
    """Of an experiment and of an action."""
    (experiment,) = cli("show", "gslb-pool-death", "--json").json  # type: ignore[misc]
    assert experiment["id"] == "gslb.pool_death"
    (kind,) = cli("show", "crash", "--json").json  # type: ignore[misc]
    assert kind["parameters"] == [
        {"name": "hosts", "type": "Selector", "default": None, "doc": kind["parameters"][0]["doc"]}
    ]
