"""What is said of Docker engines: none, one elsewhere, one with an old Compose."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.engine.doctor.fact import MISSING, OK, Fact
from chaoskit.engine.doctor.facts import docker
from chaoskit.engine.doctor.images import image_facts, needed_by
from chaoskit.labs.docker import engine as engines
from tests.support.ports import free_port

Program = Callable[[str, str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program on the path, which has nothing else that asks an engine."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def write(name: str, body: str) -> None:
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    return write


def by_name() -> dict[str, Fact]:
    """The facts of Docker, now."""
    return {fact.name: fact for fact in docker.facts()}


def test_a_machine_without_docker_is_seen_at_a_glance(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked where there is nothing to ask; both facts say how to set Docker up."""
    monkeypatch.setattr(docker, "_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    start = time.monotonic()
    found = by_name()
    assert time.monotonic() - start < 0.5
    assert {name: fact.value for name, fact in found.items()} == {
        "docker engine": "none",
        "docker compose": "no docker command",
    }
    assert {fact.remedy for fact in found.values()} == {"chaoskit doctor --fix --driver docker"}


def test_an_engine_that_is_named_and_silent_is_missing_by_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place DOCKER_HOST names, which refuses connections."""
    port = free_port()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
    fact = by_name()["docker engine"]
    assert fact.standing is MISSING
    assert f"127.0.0.1:{port}" in fact.value


@pytest.mark.parametrize(
    ("docker_says", "has_old", "standing", "value"),
    [
        ("echo v2.40.3", False, OK, "2.40.3"),
        ("echo 2.26.1-4", True, OK, "2.26.1-4"),
        ("echo \"docker: 'compose' is not a docker command.\" >&2; exit 1", False, MISSING, "no plugin"),
        ("exit 1", True, MISSING, "only docker-compose, version 1, which reads no file of today"),
    ],
)
def test_compose_is_the_plugin(program: Program, docker_says: str, has_old: bool, standing: str, value: str) -> None:
    """The old command beside it changes nothing, and in its place is told by its name."""
    program("docker", docker_says)
    if has_old:
        program("docker-compose", "echo docker-compose version 1.29.2")
    fact = docker.compose()
    assert (fact.standing, fact.value) == (standing, value)


@pytest.mark.docker
@pytest.mark.usefixtures("docker_engine")
def test_an_engine_on_another_kernel_is_one_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Docker Desktop's, which answers on a socket of this machine; the remedy is the helper's Compose file."""
    here = by_name()["docker namespaces"]
    assert here.standing is OK
    about = engines.about
    desktop = {"kernel": "6.10.14-linuxkit", "system": "Docker Desktop"}
    monkeypatch.setattr(engines, "about", lambda client: replace(about(client), **desktop))
    fact = by_name()["docker namespaces"]
    assert (fact.standing, fact.value) == (MISSING, "on another machine (Docker Desktop, kernel 6.10.14-linuxkit)")
    assert "compose/chaoskit.yaml" in fact.remedy


@pytest.mark.docker
@pytest.mark.usefixtures("docker_engine")
def test_a_labs_images_are_facts() -> None:
    """Those of its twins among them; each has a standing of its own."""
    assert set(needed_by("gslb")) == {
        f"chaoskit/{name}" for name in ("service", "unbound", "gdnsd", "haproxy", "bind9")
    }
    facts = list(image_facts("gslb"))
    assert [fact.name for fact in facts] == list(needed_by("gslb"))
    assert all(fact.needed and fact.group == "image" for fact in facts)
