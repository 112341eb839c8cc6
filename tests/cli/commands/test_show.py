"""`chaoskit show`."""

from __future__ import annotations

from pathlib import Path

import pytest

import chaoskit
from chaoskit.cli.describe import kind_lines
from chaoskit.engine.words import every_word
from tests.cli.conftest import Cli
from tests.samples import write


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


COMPARED = """
from chaoskit import Experiment, Lab, Twin, get, load, role
from chaoskit.checks.availability import availability
from chaoskit.checks.worse import worse
from chaoskit.loads.arrivals import poisson
buyers = load(get("http://web/"), poisson("100/s"), clients=role("client"))
available = availability(buyers, at_least=0.99)
careless = Twin("no health checks", must_fail=[available])
told_apart = worse(buyers, careless, at_least=5)
it = Experiment(
    claim="c", lab=Lab("compose.yaml"), loads=[buyers], duration="20s", checks=[available], compares=[told_apart],
    twins=[careless],
)
"""


def test_comparisons_are_shown_with_the_twin_they_are_about(cli: Cli, project: Path) -> None:
    """By its mistake, not as Python prints an object; in the plan as well."""
    write(project / "compared.py", COMPARED)
    words = "told_apart: worse(buyers, twin=the twin 'no health checks', at_least=5"
    for command in ("show", "plan"):
        out = cli(command, "compared.py::it").out
        assert words in out, out
        assert "Twin(" not in out


@pytest.mark.parametrize(
    ("name", "module", "said"),
    [
        ("lookup", "chaoskit.loads.protocols.dns", "record (str, 'A' by default): `A` or `AAAA`."),
        ("poisson", "chaoskit.loads.arrivals", "poisson(rate_or_shape: Rate | Shape)"),
        ("registry", "chaoskit.loads.namings.registry", "how old the list may be"),
        ("Twin", "chaoskit", "must_fail (Sequence[Check]"),
        ("overload", "chaoskit.actions.overload", "surge (Load): "),
        ("at", "chaoskit", "lasting: Duration | None = None)"),
    ],
)
def test_every_word_of_an_experiment_can_be_looked_up(cli: Cli, name: str, module: str, said: str) -> None:
    """Where it is imported from, how it is called and what it means."""
    out = cli("show", name).out
    assert f"from {module} import {name}" in out
    assert said in out
    assert "Where" not in out


def test_each_exported_word_has_a_docstring_and_can_be_shown() -> None:
    """Whatever `chaoskit` exports, with nothing entered by hand."""
    shown = {word.name: list(kind_lines(word)) for word in every_word() if word.module == "chaoskit"}
    assert set(shown) == set(chaoskit.__all__)
    for name, lines in shown.items():
        assert f"  from chaoskit import {name}" in lines
        assert len(lines) > 3


def test_a_mistyped_word_is_told_the_nearest(cli: Cli) -> None:
    """Of requests and arrivals as of actions."""
    assert "Did you mean 'poisson'?" in cli("show", "poison").err
