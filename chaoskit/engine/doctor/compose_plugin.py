"""Installing the Compose plugin, version 2: from the machine's own packages, from Debian 13's, or built by Go.

Debian 12 has only version 1. Debian 13's package `docker-compose` holds the plugin as one static program, so it runs on
other releases too: its archive is fetched by apt, with a sources list of its own and Debian's signature checked, and
the program is taken out of it. Nothing else of that release comes to the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.engine.doctor.facts.docker import compose
from chaoskit.engine.doctor.install import install
from chaoskit.engine.doctor.repair import Say

FOLDER = Path("/usr/local/lib/docker/cli-plugins")
"""Where the docker command looks for plugins of all users, packages' folders apart."""

_PACKAGES = ("docker-compose-plugin", "docker-compose-v2", "docker-compose")
"""Docker's own package, Ubuntu's, and Debian's from 13 on; before that the last one is version 1."""
_SUITE, _SERVER = "trixie", "http://deb.debian.org/debian"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_INSIDE = ("usr/libexec/docker/cli-plugins/docker-compose", "usr/lib/docker/cli-plugins/docker-compose")
_VERSION = "v2.40.3"
_MODULE = "github.com/docker/compose/v2"
_APT_S, _BUILD_S = 300, 1200


def add(say: Say) -> None:
    """Install the plugin by the first way that works here.

    Raises:
        UsageError: not root.
        ChaoskitError: no way works.
    """
    if os.geteuid() != 0:
        raise UsageError("installing needs root", remedy="sudo chaoskit doctor --fix --driver docker")
    if package := _package():
        install([package])
    else:
        _take(say)
    found = compose()
    if found.standing != "ok":
        raise ChaoskitError(f"the Compose plugin was installed, and docker does not find it: {found.value}")
    say(f"The Compose plugin {found.value} is installed.")


def _package() -> str | None:
    """The machine's own package that holds version 2."""
    if shutil.which("apt-cache") is None:
        return None
    for name in _PACKAGES:
        said = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True, timeout=60, check=False)
        if (match := re.search(r"Candidate: (?:\d+:)?(\d+)\.", said.stdout)) and int(match[1]) >= 2:
            return name
    return None


def _take(say: Say) -> None:
    tried: list[str] = []
    for way in (_from_debian, _by_go):
        with tempfile.TemporaryDirectory(prefix="chaoskit-compose-") as folder:
            try:
                program = way(Path(folder), say)
            except ChaoskitError as error:
                tried.append(str(error))
                continue
            FOLDER.mkdir(parents=True, exist_ok=True)
            draft = FOLDER / ".docker-compose"
            shutil.copyfile(program, draft)
            draft.chmod(0o755)
            draft.replace(FOLDER / "docker-compose")
            return
    raise ChaoskitError(
        f"the Compose plugin can be had in no way: {'; '.join(tried)}",
        remedy=f"Put docker-compose of https://github.com/docker/compose/releases into {FOLDER}.",
    )


def _from_debian(folder: Path, say: Say) -> Path:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ChaoskitError("this machine has no apt")
    if not _KEYRING.exists():
        install(["debian-archive-keyring"])
    say(f"The Compose plugin: taking it out of Debian {_SUITE}'s package docker-compose.")
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={_KEYRING}] {_SERVER} {_SUITE} main\n")
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder,
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    _run("apt-get update", ["apt-get", "-q", *options, "update"], folder, _APT_S)
    _run("apt-get download", ["apt-get", "-q", *options, "download", "docker-compose"], folder, _APT_S)
    (archive,) = folder.glob("docker-compose_*.deb")
    _run("dpkg-deb", ["dpkg-deb", "--extract", str(archive), "content"], folder, _APT_S)
    found = [folder / "content" / path for path in _INSIDE if (folder / "content" / path).is_file()]
    if not found:
        raise ChaoskitError(f"{archive.name} does not hold the plugin")
    return found[0]


def _by_go(folder: Path, say: Say) -> Path:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise ChaoskitError("there is no Go on this machine")
    say(f"The Compose plugin: building {_VERSION} with Go, which takes two minutes.")
    _run("go mod init", [go, "mod", "init", "scratch"], folder, 60)
    _run("go get", [go, "get", "-tool", f"{_MODULE}/cmd@{_VERSION}"], folder, _BUILD_S)
    flags = f"-s -w -X {_MODULE}/internal.Version={_VERSION}"
    argv = [go, "build", "-trimpath", "-ldflags", flags, "-o", "docker-compose", f"{_MODULE}/cmd"]
    _run("go build", argv, folder, _BUILD_S)
    return folder / "docker-compose"


def _run(what: str, argv: Sequence[str], folder: Path, timeout: float) -> None:
    environment = {**os.environ, "CGO_ENABLED": "0"}
    try:
        done = subprocess.run(argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                              timeout=timeout, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ChaoskitError(f"{what} took longer than {timeout:g} s") from None
    if done.returncode:
        raise ChaoskitError(f"{what} failed with status {done.returncode}")
