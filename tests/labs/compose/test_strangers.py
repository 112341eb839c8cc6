"""Files of the kinds that public projects have: each parses, and what cannot be done is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec

FILES = Path(__file__).parent / "files"

CASES = [
    ("blog", ["docker-compose.yml"], ["db", "blog"], []),
    ("vote", ["compose.yaml"], ["vote-1", "vote-2", "vote-3", "result", "worker", "redis", "db", "seed"], []),
    ("search", ["docker-compose.yml"], ["es01", "es02", "es03", "kibana"], []),
    ("broker", ["compose.yml"], ["zookeeper", "broker-1", "broker-2", "topics"], []),
    ("proxy", ["compose.yaml"], ["traefik", "whoami-1", "whoami-2"], ["/var/run/docker.sock", "external"]),
    (
        "monitor",
        ["docker-compose.yml"],
        ["prometheus", "node-exporter", "grafana"],
        ["host.docker.internal", "privileged", "network_mode", "pid", "/host/proc", "/rootfs"],
    ),
    ("dns", ["compose.yaml"], ["auth", "client", "router"], []),
    ("shop", ["compose.yaml"], ["api", "admin", "queue", "metrics"], []),
    ("shop", ["compose.yaml", "compose.prod.yaml"], ["api-1", "api-2", "queue", "metrics"], []),
    ("legacy", ["docker-compose.yml"], ["web", "data", "db", "cache"], ["volumes_from"]),
    ("ldap", ["compose.yaml"], ["directory", "ui"], []),
    ("pipeline", ["compose.yaml"], ["postgres", "redis", "init", "scheduler"], []),
    ("layers", ["compose.yaml", "over.yaml"], ["a", "b", "c"], []),
    ("layers", ["compose.yaml", "over.yaml", "third.yaml"], ["a", "b", "c"], []),
]


def load(folder: str, files: list[str]) -> LabSpec:
    """A lab of these files with every profile, from an environment that says nothing."""
    return load_lab(Lab(str(FILES / folder / files[0]), overlays=files[1:], profiles=["*"]))


@pytest.mark.parametrize(("folder", "files", "hosts", "refused"), CASES)
def test_a_strangers_file_parses(folder: str, files: list[str], hosts: list[str], refused: list[str]) -> None:
    """Every host is there, and exactly what the native driver cannot do is refused."""
    spec = load(folder, files)
    assert [host.name for host in spec.hosts] == hosts
    assert len(spec.refused) == len(refused)
    assert all(any(word in note.key for note in spec.refused) for word in refused)
