"""What a lab's hosts may write to is a copy for the run; replicas have addresses and MACs that stay theirs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.host import Host
from chaoskit.core.lab import Lab
from chaoskit.labs.docker import copies
from chaoskit.labs.drivers import DOCKER, DriverLab, make_lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec
from chaoskit.testing.driver.bench import own_id, patiently_up
from tests.samples import write

COMPOSE = """
name: copies
services:
  worker:
    image: chaoskit/service
    command: [sleep, infinity]
    init: true
    deploy: {replicas: 3}
    volumes: ["./data:/data", "./data:/shown:ro"]
    networks: [only]
networks:
  only: {internal: true, ipam: {config: [{subnet: 198.18.196.0/24}]}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> LabSpec:
    """Three instances that bind one folder, writable and read-only."""
    write(tmp_path / "data" / "kept", "before")
    return load_lab(Lab(str(write(tmp_path / "compose.yaml", COMPOSE))))


@pytest.fixture
def lab(docker_engine: docker.DockerClient, spec: LabSpec, tmp_path: Path) -> Iterator[DriverLab]:
    """It, up."""
    assert docker_engine.ping()
    made = make_lab(DOCKER, spec, tmp_path / "run", own_id("copies"), lambda _change: None)
    try:
        patiently_up(made)
        yield made
    finally:
        made.down()


def said(host: Host, *argv: str) -> str:
    """What a command in a host writes."""
    return host.run(argv, timeout=20).stdout.strip()


@pytest.mark.docker
def test_hosts_share_a_copy_and_replicas_keep_their_addresses(lab: DriverLab, tmp_path: Path) -> None:
    """The user's file stays as it was while instances see each other's change; each is the one that was planned."""
    first, second, third = (lab.hosts[f"worker-{number}"] for number in (1, 2, 3))
    said(first, "sh", "-c", "echo after > /data/kept")
    assert said(second, "cat", "/data/kept", "/shown/kept") == "after\nbefore"
    assert (tmp_path / "data" / "kept").read_text() == "before"
    third.power_off()
    third.start()
    for host in (first, second, third):
        (link,) = host.info.links
        assert said(host, "cat", f"/sys/class/net/{link.device}/address") == link.mac
        assert said(host, "hostname", "-I") == link.address
    lab.down()
    assert lab.left() == ()
    assert not list((tmp_path / "run" / "docker").glob("volumes/*"))


def test_what_cannot_be_copied_is_refused(spec: LabSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too much, a socket, and a source that is not there, each named with the service that binds it."""
    copies.check(spec)
    monkeypatch.setattr(copies, "LARGEST", len("before") - 1)
    with pytest.raises(LabError, match=r"worker may write to .*/data, and with it .* exceed"):
        copies.check(spec)
    monkeypatch.undo()
    (tmp_path / "data" / "kept").unlink()
    (tmp_path / "data").rmdir()
    with pytest.raises(LabError, match=r"mounts .*/data, which does not exist") as caught:
        copies.check(spec)
    assert "mkdir -p" in str(caught.value)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "data"))
        with pytest.raises(LabError, match="/data, which is neither a file nor a folder"):
            copies.check(spec)
