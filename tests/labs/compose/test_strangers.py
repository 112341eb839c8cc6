"""Files of the kinds that public projects have: each parses, and means what `docker compose` says it means."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import HostSpec, LabSpec, MountKind

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

KNOWN_DIFFERENCES = {
    ("shop", "api", "environment"): "Compose forgot a !reset among variables for some time (docker/compose#11816)",
    ("legacy", "web", "depends_on"): "Compose turns volumes_from into a dependency; here it is refused",
}


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


def compose() -> list[str] | None:
    """The command that runs Compose version 2, if this machine has one."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        found = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
        if found.returncode == 0 and found.stdout.lstrip("v").startswith(("2.", "3.", "4.", "5.")):
            return command
    return None


@pytest.mark.skipif(compose() is None, reason="compares with `docker compose config`, which is not installed")
@pytest.mark.parametrize(("folder", "files"), [(case[0], case[1]) for case in CASES if case[0] != "monitor"])
def test_docker_compose_reads_the_same(folder: str, files: list[str]) -> None:
    """What Compose itself makes of the files is what we make of them, key by key."""
    theirs = config(folder, files)
    spec = load(folder, files)
    assert spec.name == theirs["name"]
    assert {host.service for host in spec.hosts} == set(theirs["services"])
    for host in {host.service: host for host in spec.hosts}.values():
        service = theirs["services"][host.service]
        expected, found = as_compose_says(service, theirs["name"], host.service), as_we_say(host, spec)
        for key in expected:
            if (folder, host.service, key) not in KNOWN_DIFFERENCES:
                assert found[key] == expected[key], f"{host.service}: {key}"


def config(folder: str, files: list[str]) -> Any:
    """`docker compose config`, as data, from the same empty environment."""
    names = [word for file in files for word in ("-f", str(FILES / folder / file))]
    argv = [*(compose() or []), *names, "--profile", "*", "config", "--format", "json"]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def as_compose_says(service: Mapping[str, Any], project: str, name: str) -> dict[str, object]:
    """The parts of a service that both sides tell, from Compose's side, where `$$` stands for a dollar sign."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    check = service.get("healthcheck") or {}
    given = {key: value for key, value in (service.get("environment") or {}).items() if value is not None}
    ports = service.get("networks") or {}
    return {
        "image": service.get("image", f"{project}-{name}"),
        "command": _words(service.get("command")),
        "entrypoint": _words(service.get("entrypoint")),
        "environment": {key: value.replace("$$", "$") for key, value in given.items()},
        "healthcheck": None if check.get("disable") else _words(check.get("test")),
        "depends_on": {
            key: (value["condition"], value.get("restart", False), value["required"])
            for key, value in service.get("depends_on", {}).items()
        },
        "labels": service.get("labels", {}),
        "networks": set(ports),
        "addresses": {key: at["ipv4_address"] for key, at in ports.items() if at and "ipv4_address" in at},
        "targets": {mount["target"] for mount in service.get("volumes", [])},
        "dns": service.get("dns", []),
        "dns_search": service.get("dns_search", []),
        "dns_opt": service.get("dns_opt", []),
        "sysctls": service.get("sysctls", {}),
        "ulimits": {
            key: (value, value) if isinstance(value, int) else (value["soft"], value["hard"])
            for key, value in service.get("ulimits", {}).items()
        },
        "user": service.get("user", ""),
        "working_dir": service.get("working_dir", ""),
        "memory": int(limits.get("memory") or service.get("mem_limit") or 0) or None,
        "grants": {
            (f"/run/secrets/{target}" if key == "secrets" and not target.startswith("/") else target)
            for key in ("secrets", "configs")
            for target in (grant.get("target") or f"/{grant['source']}" for grant in service.get(key, []))
        },
        "replicas": service.get("deploy", {}).get("replicas", service.get("scale", 1)),
    }


def as_we_say(host: HostSpec, spec: LabSpec) -> dict[str, object]:
    """The same parts from our side."""
    info = spec.topology.by_name[host.name]
    fixed = config_addresses(spec)
    test = host.healthcheck.test if host.healthcheck else None
    shell = test is not None and test[:2] == ("/bin/sh", "-c")
    return {
        "image": host.image,
        "command": _list(host.command),
        "entrypoint": _list(host.entrypoint),
        "environment": dict(host.environment),
        "healthcheck": None if test is None else ["CMD-SHELL", *test[2:]] if shell else ["CMD", *test],
        "depends_on": {each.service: (each.condition, each.restart, each.required) for each in host.depends_on},
        "labels": dict(info.labels),
        "networks": {link.network for link in info.links},
        "addresses": {link.network: link.address for link in info.links if link.address in fixed},
        "targets": {mount.target for mount in host.mounts if mount.kind is not MountKind.CONTENT} - _tmpfs(host),
        "dns": list(host.dns),
        "dns_search": list(host.dns_search),
        "dns_opt": list(host.dns_opt),
        "sysctls": dict(host.sysctls),
        "ulimits": {name: (limit.soft, limit.hard) for name, limit in host.ulimits.items()},
        "user": host.user,
        "working_dir": host.working_dir,
        "memory": host.memory,
        "grants": {mount.target for mount in host.mounts if mount.kind is MountKind.CONTENT},
        "replicas": sum(other.service == host.service for other in spec.hosts),
    }


def config_addresses(spec: LabSpec) -> set[str]:
    """Addresses that some file of the lab names."""
    texts = "".join(file.read_text() for file in spec.files)
    return {link.address for link in spec.topology.links if f"ipv4_address: {link.address}" in texts}


def _tmpfs(host: HostSpec) -> set[str]:
    """Targets of `tmpfs` and `shm_size`, which Compose does not list among the volumes."""
    return {"/run", "/tmp", "/dev/shm", "/t1", "/t2", "/var/cache/bind"} & {mount.target for mount in host.mounts}


def _words(value: list[str] | None) -> list[str] | None:
    return None if value is None else [word.replace("$$", "$") for word in value]


def _list(value: tuple[str, ...] | None) -> list[str] | None:
    return None if value is None else list(value)
