"""Docker Compose as a child of this process: found, called, ended in time and with this process."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import LabError, MissingTool
from chaoskit.kernel import syscalls
from chaoskit.labs.docker.engine import url
from chaoskit.labs.docker.naming import project
from chaoskit.labs.spec import LabSpec

_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where the docker command looks for plugins (docs.docker.com, "Install the plugin manually")."""
_PLUGIN = "docker-compose"
_OLDEST = (2, 24)
"""The first version that takes `!reset` in a merged file as it does now."""
_LOOK_WITHIN_S = 20.0
_REMEDY = "Install it: chaoskit doctor --fix --driver docker."


@functools.cache
def plugin() -> str:
    """The Compose plugin's path. It is called without the docker command, which would not end it when it ends.

    Raises:
        MissingTool: there is none, or only the old Compose, version 1.
        LabError: it is too old.
    """
    configured = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    folders = [configured / "cli-plugins", *_extra(configured / "config.json"), *map(Path, _FOLDERS)]
    found = next((folder / _PLUGIN for folder in folders if os.access(folder / _PLUGIN, os.X_OK)), None)
    if found is None:
        old = shutil.which("docker-compose")
        if old is None:
            raise MissingTool("this machine has no Docker Compose", remedy=_REMEDY)
        found = Path(old)
    asked = [str(found), "version", "--short"]
    said = subprocess.run(asked, capture_output=True, text=True, timeout=_LOOK_WITHIN_S, check=False)
    version = _version(said.stdout)
    if version < (2, 0):
        raise MissingTool(f"{found} is Docker Compose 1, which has another format of files", remedy=_REMEDY)
    if version < _OLDEST:
        older = ".".join(map(str, version))
        raise LabError(f"{found} is Docker Compose {older}; labs need {'.'.join(map(str, _OLDEST))}", remedy=_REMEDY)
    return str(found)


def _extra(file: Path) -> list[Path]:
    if not file.is_file():
        return []
    return [Path(folder) for folder in json.loads(file.read_text()).get("cliPluginsExtraDirs", [])]


def _version(text: str) -> tuple[int, ...]:
    numbers = re.search(r"(\d+)\.(\d+)", text)
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)


@dataclass
class Compose:
    """Docker Compose on one lab's files.

    Args:
        spec: the lab.
        run: the run's id.
        override: merged over the lab's files.
        log: gets what it writes.
    """

    spec: LabSpec
    run: str
    override: Path
    log: Path

    def __post_init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = False

    def call(self, *arguments: str, timeout: float) -> int | None:
        """Run a command of it; its exit status, or None when its time was over and it was ended.

        Raises:
            LabError: `end` was called.
        """
        with self.log.open("ab") as log:
            with self._lock:
                if self._ended:
                    raise LabError("the lab was taken down while it came up")
                self._process = process = subprocess.Popen(
                    [plugin(), *self._options(), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **self._environment()},
                    preexec_fn=syscalls.die_with_parent,  # noqa: PLW1509  one system call, safe after fork
                )
            try:
                return process.wait(timeout)
            except subprocess.TimeoutExpired:
                return None
            finally:
                process.kill()
                process.wait()

    def end(self) -> None:
        """End what runs, and refuse what is to come."""
        with self._lock:
            self._ended = True
            if self._process is not None and self._process.returncode is None:
                self._process.kill()

    def said(self) -> str:
        """The end of what it wrote."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line.strip()}" for line in lines[-6:])

    def _options(self) -> Sequence[str]:
        files = [word for file in (*self.spec.files, self.override) for word in ("-f", str(file))]
        profiles = [word for profile in self.spec.profiles for word in ("--profile", profile)]
        folder = str(self.spec.files[0].resolve().parent)
        return [*files, "-p", project(self.spec, self.run), "--project-directory", folder, *profiles, "--ansi", "never"]

    def _environment(self) -> Mapping[str, str]:
        return {**self.spec.environment, "DOCKER_HOST": url(), "COMPOSE_MENU": "0"}
