"""What `--fix` would do about what is missing, in which order."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.engine.doctor import dockerd, setup
from chaoskit.engine.doctor.fact import MISSING, OK, SUBSTITUTE, Fact, Standing
from chaoskit.engine.doctor.setup import repairs


def fact(
    name: str, group: str = "docker", standing: Standing = MISSING, *, package: str = "", needed: bool = True
) -> Fact:
    """A fact about a machine that does not exist."""
    return Fact(name, group, standing, "found", "means", "remedy", package, needed)


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Docker."""
    monkeypatch.setattr(setup, "_lacks", lambda _program: True)
    monkeypatch.delenv("DOCKER_HOST", raising=False)


def test_packages_come_before_the_plugin_the_plugin_before_the_engine_and_images_last() -> None:
    """Each needs what comes before it."""
    missing = (
        fact("chaoskit/haproxy", "image"),
        fact("docker engine"),
        fact("docker compose"),
        fact("nft", "tool", package="nftables"),
    )
    said = [repair.says for repair in repairs(missing)]
    assert ["nftables" in said[0], "docker.io iptables" in said[1], "Compose" in said[2]] == [True] * 3
    assert said[3].startswith(dockerd.command())
    assert said[4] == "build chaoskit/haproxy"


def test_nothing_of_docker_is_set_up_for_the_native_driver() -> None:
    """It is missing, but nobody asked for it."""
    assert repairs([fact("docker engine", needed=False), fact("docker compose", needed=False)]) == ()


def test_what_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an engine and outdated images gets images."""
    monkeypatch.setattr(setup, "_lacks", lambda _program: False)
    found = [fact("docker engine", standing=OK), fact("chaoskit/nginx", "image", SUBSTITUTE)]
    assert [repair.says for repair in repairs(found)] == ["build chaoskit/nginx"]


def test_an_engine_elsewhere_is_not_replaced_by_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """DOCKER_HOST says whose engine is meant."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://198.18.0.1:2375")
    with pytest.raises(UsageError, match=r"DOCKER_HOST is tcp://198\.18\.0\.1:2375"):
        repairs([fact("docker engine")])


def test_toxiproxy_is_made_where_a_lab_needs_it() -> None:
    """Debian has no package of it."""
    (repair,) = repairs([fact("toxiproxy-server", "daemon")])
    assert "Toxiproxy 2.12.0" in repair.says
