"""What is to be seen of a lab from outside, by who brought it up: for tests whose chaoskit processes are all gone."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chaoskit.labs.drivers import DOCKER
from tests.support import lasting


class Sight(Protocol):
    """How one driver's labs are looked at."""

    @property
    def driver(self) -> str:
        """Its name."""
        ...

    def left(self, run: str) -> list[str]:
        """What is there of a run's lab."""
        ...

    def network(self, run: str, host: str) -> Path:
        """A host's network namespace."""
        ...

    def frozen(self, run: str, host: str, directory: Path) -> bool:
        """Whether a host is frozen."""
        ...


@dataclass(frozen=True)
class Namespaces:
    """Labs of `tests.support.lasting`."""

    driver: str = lasting.DRIVER

    def left(self, run: str) -> list[str]:
        """Named namespaces."""
        return [path.name for path in lasting.NAMED.glob(f"{run}.*")]

    def network(self, run: str, host: str) -> Path:
        """By its name."""
        return lasting.NAMED / f"{run}.{host}"

    def frozen(self, run: str, host: str, directory: Path) -> bool:
        """Whether its process is stopped."""
        del run
        pid = json.loads((directory / f"{host}.json").read_text())["pid"]
        return "T (stopped)" in Path(f"/proc/{pid}/status").read_text()


@dataclass(frozen=True)
class Containers:
    """Labs on a Docker engine."""

    driver: str = DOCKER

    def left(self, run: str) -> list[str]:
        """Containers and networks with the run's label."""
        label = f"label=chaoskit.run={run}"
        return [*_docker("ps", "-aq", "--filter", label), *_docker("network", "ls", "-q", "--filter", label)]

    def network(self, run: str, host: str) -> Path:
        """That of the container's init."""
        return Path(f"/proc/{self._inspect(run, host, '{{.State.Pid}}')}/ns/net")

    def frozen(self, run: str, host: str, directory: Path) -> bool:
        """Whether its container is paused."""
        del directory
        return self._inspect(run, host, "{{.State.Paused}}") == "true"

    def _inspect(self, run: str, host: str, wanted: str) -> str:
        service = f"label=com.docker.compose.service={host}"
        (container,) = _docker("ps", "-aq", "--filter", f"label=chaoskit.run={run}", "--filter", service)
        (answer,) = _docker("inspect", "--format", wanted, container)
        return answer


def _docker(*argv: str) -> list[str]:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.split()
