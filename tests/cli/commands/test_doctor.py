"""`chaoskit doctor`."""

from __future__ import annotations

import math

import pytest

from chaoskit.cli.commands import doctor
from chaoskit.engine.doctor import calibration, install
from chaoskit.engine.doctor.calibration import Calibration
from chaoskit.engine.doctor.fact import MISSING, OK, Fact
from tests.cli.conftest import Cli

HELD = calibration.Step(8000, 7990, 0.002, 1.0, math.nan, 0.4)

LACKING = (
    Fact("kernel", "machine", OK, "Linux 6.1", needed=True),
    Fact(
        "gdnsd", "daemon", MISSING, "not installed", "stands for gdnsd", "apt-get install gdnsd", "gdnsd", needed=True
    ),
)


def test_json_has_every_fact(cli: Cli) -> None:
    """With what was found, what follows and what to do."""
    facts = cli("doctor", "--json").json
    assert isinstance(facts, list)
    assert {"name", "group", "standing", "found", "means", "remedy", "package", "needed"} == set(facts[0])
    assert {"machine", "tool", "facility", "docker", "daemon"} == {fact["group"] for fact in facts}


def test_what_is_missing_and_needed_is_an_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table names the remedy; the status says that the lab cannot run."""
    monkeypatch.setattr(doctor, "_look", lambda _lab: LACKING)
    done = cli("doctor", "--for", "gslb")
    assert done.status == 3
    assert "apt-get install gdnsd" in done.out
    assert "`chaoskit doctor --fix` installs: gdnsd" in done.out


def test_fix_asks_before_it_installs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked it says how to say yes, and installs nothing."""
    monkeypatch.setattr(doctor, "_look", lambda _lab: LACKING)
    monkeypatch.setattr(install, "install", lambda _packages: pytest.fail("installed without being asked to"))
    done = cli("doctor", "--fix")
    assert done.status == 3
    assert "apt-get install -y --no-install-recommends gdnsd" in done.err
    assert "Say --yes" in done.err


def test_fix_installs_and_looks_again(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is missing is installed; the answer is about the machine as it is then."""
    installed: list[str] = []
    looks = [LACKING, LACKING[:1]]
    monkeypatch.setattr(doctor, "_look", lambda _lab: looks.pop(0))
    monkeypatch.setattr(install, "install", lambda packages: installed.extend(packages) or ("gdnsd.service",))
    done = cli("doctor", "--fix", "--yes")
    assert done.status == 0
    assert installed == ["gdnsd"]
    assert "gdnsd.service will not start at the next boot" in done.err


def test_nothing_missing_is_nothing_to_do(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--fix --yes` twice is as good as once."""
    monkeypatch.setattr(doctor, "_look", lambda _lab: LACKING[:1])
    monkeypatch.setattr(install, "install", lambda _packages: pytest.fail("nothing was missing"))
    done = cli("doctor", "--fix", "--yes")
    assert done.status == 0
    assert "Nothing to install" in done.err


def test_the_engine_is_needed_by_the_docker_driver_alone(cli: Cli) -> None:
    """Its facts are told either way; with `--driver docker` they decide, and an overlay of / does not."""
    needed = {driver: _needed(cli, driver) for driver in ("native", "docker")}
    assert {"docker engine", "docker compose"} <= needed["docker"] - needed["native"]
    assert "overlay of /" in needed["native"] - needed["docker"]
    assert {"nft", "kernel"} <= needed["native"] & needed["docker"]


def test_a_calibration_says_rate_lag_and_what_limits(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each load of the search is told on stderr, the answer on stdout; without one the exit status is unknown's."""
    monkeypatch.setattr(calibration, "calibrate", lambda tell: tell(HELD) or Calibration("nginx", (HELD,), HELD, "x"))
    done = cli("doctor", "--calibrate")
    assert done.status == 0
    assert "8,000 /s  held  lag p99 2 ms" in done.err
    assert {line.split()[0]: line.split(maxsplit=1)[1] for line in done.out.splitlines()} == {
        "rate": "8,000 /s held, by one generator",
        "lag": "2 ms (p99)",
        "server": "nginx, on the same cores",
        "limit": "x",
    }
    said = cli("doctor", "--calibrate", "--json").json
    assert isinstance(said, dict)
    assert (said["rate"], said["lag"], said["limit"], said["server"]) == (8000, 0.002, "x", "nginx")
    assert said["steps"][0]["generator_cores"] is None
    monkeypatch.setattr(calibration, "calibrate", lambda _tell: Calibration("nginx", (), None, "x"))
    assert cli("doctor", "--calibrate").status == 2


def _needed(cli: Cli, driver: str) -> set[str]:
    facts = cli("doctor", "--driver", driver, "--json").json
    assert isinstance(facts, list)
    return {str(fact["name"]) for fact in facts if fact["needed"]}
