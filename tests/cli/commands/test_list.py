"""`chaoskit list`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.samples import write


def test_json_has_what_a_machine_needs(cli: Cli) -> None:
    """Shipped experiments are listed from anywhere; durations are seconds."""
    done = cli("list", "--json")
    assert done.status == 0
    (gslb,) = [each for each in done.json if each["id"] == "gslb.pool_death"]  # type: ignore[attr-defined]
    assert gslb["lab"] == "gslb"
    assert gslb["duration"] == 30.0
    assert gslb["drivers"] == ["native", "docker"]
    assert gslb["arms"] == ["guarded", "plain-dns"]
    assert gslb["claim"]


def test_a_broken_file_is_an_error_after_the_others(cli: Cli, project: Path) -> None:
    """The rest is listed all the same, on stdout alone."""
    write(project / "pyproject.toml", '[tool.chaoskit]\nexperiments = ["chaos"]\n')
    write(project / "chaos/broken.py", "x = (\n")
    write(project / "chaos/good.py", "from chaoskit import *\ngood = Experiment('c', Lab('gslb'), '9s')\n")
    done = cli("list", "--json")
    assert done.status == 3
    assert {"good.good", "gslb.pool_death"} <= {each["id"] for each in done.json}  # type: ignore[attr-defined]
    assert "chaos/broken.py:1: '(' was never closed" in done.err
    text = cli("list")
    assert text.status == 3
    assert "good.good" in text.out


@pytest.mark.parametrize(("group", "name"), [("actions", "crash"), ("probes", "alive"), ("checks", "availability")])
def test_what_experiments_are_made_of_is_listed(cli: Cli, group: str, name: str) -> None:
    """Actions, probes and checks, each with its module and a line of meaning."""
    assert f"chaoskit.{group}.{name}" in cli("list", f"--{group}").out
    listed = {each["name"]: each for each in cli("list", f"--{group}", "--json").json}  # type: ignore[attr-defined]
    assert listed[name]["module"] == f"chaoskit.{group}.{name}"
    assert all(each["summary"] and parameter["doc"] for each in listed.values() for parameter in each["parameters"])


def test_what_loads_are_written_with_is_listed_by_group(cli: Cli) -> None:
    """Requests of every protocol, arrivals, shapes and namings, and none of what only serves them."""
    listed = {(each["name"], each["group"]) for each in cli("list", "--loads", "--json").json}  # type: ignore[attr-defined]
    expected = {
        "protocols": {"get", "post", "put", "mix", "connect", "lookup", "read", "write"},
        "arrivals": {"poisson", "constant", "paced", "bursty", "trace", "closed"},
        "shapes": {"flat", "ramp", "step", "spike", "sine"},
        "namings": {"fixed", "registry"},
    }
    assert listed == {(name, group) for group, names in expected.items() for name in names}
    assert "chaoskit.loads.arrivals" in cli("list", "--loads").out
