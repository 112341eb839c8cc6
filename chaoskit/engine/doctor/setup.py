"""What can be done about what is missing, in order: packages, programs that Debian has none of, an engine, images."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from chaoskit.core.errors import UsageError
from chaoskit.engine.doctor import compose_plugin, dockerd, install
from chaoskit.engine.doctor.fact import Fact
from chaoskit.engine.doctor.facts import docker
from chaoskit.engine.doctor.images import GROUP as IMAGES
from chaoskit.engine.doctor.repair import Repair, Say
from chaoskit.engine.images import toxiproxy
from chaoskit.engine.images.ensure import ensure

_ENGINE = {"dockerd": "docker.io", "iptables": "iptables"}
"""Program, and Debian's package of it; the engine sets its networks' rules by iptables."""


def repairs(facts: Sequence[Fact]) -> tuple[Repair, ...]:
    """What can be done about missing facts.

    Raises:
        UsageError: DOCKER_HOST names an engine that does not answer: it is not ours to start.
    """
    missing = {fact.name: fact for fact in facts if fact.standing == "missing"}
    return (
        *_packages(sorted({fact.package for fact in missing.values() if fact.package})),
        *([_toxiproxy()] if "toxiproxy-server" in missing else []),
        *_docker(missing),
        *_images([fact.name for fact in facts if fact.group == IMAGES and fact.standing != "ok"]),
    )


def _packages(names: Sequence[str]) -> Iterator[Repair]:
    def do(say: Say) -> None:
        for unit in install.install(names):
            say(f"{unit} will not start at the next boot: `systemctl enable` it if it should.")

    if names:
        yield Repair(f"{install.command(names)}        # starts no service", do)


def _toxiproxy() -> Repair:
    says = f"build or download Toxiproxy {toxiproxy.VERSION}, and put toxiproxy-server into /usr/local/bin"
    return Repair(says, toxiproxy.install)


def _docker(missing: dict[str, Fact]) -> Iterator[Repair]:
    engine = missing.get("docker engine")
    if engine is None or not engine.needed:
        pass
    elif os.environ.get("DOCKER_HOST"):
        raise UsageError(
            f"DOCKER_HOST is {os.environ['DOCKER_HOST']}, and no engine answers there",
            remedy="Start that one, or unset DOCKER_HOST to have one set up on this machine.",
        )
    elif lacking := [package for program, package in _ENGINE.items() if _lacks(program)]:
        yield from _packages(lacking)
    if "docker compose" in missing and missing["docker compose"].needed:
        yield Repair("install the Compose plugin, of this release's packages or Debian 13's", _plugin)
    if engine is not None and engine.needed:
        yield Repair(f"{dockerd.command()}        # starts the engine", dockerd.start)


def _lacks(program: str) -> bool:
    return shutil.which(program) is None and shutil.which(program, path="/usr/local/sbin:/usr/sbin:/sbin") is None


def _plugin(say: Say) -> None:
    """Debian 13 has the docker command in a package of its own."""
    if shutil.which("docker") is None and _has_package("docker-cli"):
        install.install(["docker-cli"])
    if docker.compose().standing != "ok":
        compose_plugin.add(say)


def _has_package(name: str) -> bool:
    return subprocess.run(["apt-cache", "show", name], capture_output=True, timeout=60, check=False).returncode == 0


def _images(names: Sequence[str]) -> Iterator[Repair]:
    if names:
        yield Repair(f"build {', '.join(names)}", lambda say: ensure(names, say))
