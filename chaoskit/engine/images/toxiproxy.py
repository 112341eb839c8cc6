"""Toxiproxy of one version, for both drivers: its official image where that can be pulled, else its programs.

    ghcr.io/shopify/toxiproxy:2.12.0     on Docker; made here of the two programs where no registry can be reached
    toxiproxy-server, toxiproxy-cli      on the native driver; Debian has no package of them

The programs are built by Go from the module of that version, whose check sum Go verifies
(https://go.dev/ref/mod#checksum-database), or where there is no Go downloaded from its release, with the check
sum that the release states. They are kept in the user's cache, by version: nothing is built or downloaded twice.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError

VERSION = "2.12.0"
IMAGE = f"ghcr.io/shopify/toxiproxy:{VERSION}"
PROGRAMS = {"toxiproxy-server": "server", "toxiproxy-cli": "cli"}
"""Program, and the command of the module that it is."""

_MODULE = "github.com/Shopify/toxiproxy/v2"
_RELEASE = f"https://github.com/Shopify/toxiproxy/releases/download/v{VERSION}"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_INSTALLED = Path("/usr/local/bin")
_BUILD_S = 600
_DOWNLOAD_S = 20
"""Seconds without a byte after which a download is given up."""
_LARGEST = 64 << 20

Say = Callable[[str], None]


def install(say: Say, folder: Path = _INSTALLED) -> None:
    """Put the programs where the native driver looks for those of its hosts.

    Raises:
        UsageError: not root.
        ChaoskitError: they can be had in no way.
    """
    if not os.access(folder, os.W_OK):
        raise UsageError(f"writing to {folder} needs root", remedy="sudo chaoskit doctor --fix ...")
    found = programs(say)
    for name in PROGRAMS:
        draft = folder / f".{name}"
        shutil.copyfile(found / name, draft)
        draft.chmod(0o755)
        draft.replace(folder / name)
    say(f"Toxiproxy {VERSION}: installed in {folder}.")


def programs(say: Say) -> Path:
    """The folder that holds the programs, made now where the cache has none.

    Raises:
        ChaoskitError: there is no Go that can build them, and the release cannot be reached.
    """
    folder = _cache() / f"toxiproxy-{VERSION}-{_architecture()}"
    if all((folder / name).is_file() for name in PROGRAMS):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
        _make(Path(draft), say)
        folder.mkdir(exist_ok=True)
        for name in PROGRAMS:
            (Path(draft) / name).replace(folder / name)
    return folder


def archive(folder: Path, file: Path) -> None:
    """The official image's files as an archive that an engine can import: two programs, no shell, no library."""
    with tarfile.open(file, "w") as tar:
        for name in PROGRAMS:
            info = tar.gettarinfo(folder / name, "toxiproxy" if name == "toxiproxy-server" else name)
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            with (folder / name).open("rb") as program:
                tar.addfile(info, program)


IMPORTED_AS = ('ENTRYPOINT ["/toxiproxy"]', 'CMD ["-host=0.0.0.0"]', "ENV LOG_LEVEL=info", "EXPOSE 8474")
"""What the official image's Dockerfile says beside its files."""


def _cache() -> Path:
    """The user's cache (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chaoskit"


def _architecture() -> str:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise ChaoskitError(
            f"there is no Toxiproxy for {machine} that chaoskit knows of",
            remedy=f"Build it, and put toxiproxy-server into {_INSTALLED}.",
        )
    return _ARCHITECTURES[machine]


def _make(folder: Path, say: Say) -> None:
    tried: list[str] = []
    for way in (_build, _download):
        try:
            way(folder, say)
        except ChaoskitError as error:
            tried.append(str(error))
        else:
            return
    raise ChaoskitError(
        f"Toxiproxy {VERSION} can be had neither by Go nor from its release: {'; '.join(tried)}",
        remedy=f"Install Go 1.21 or newer, or put toxiproxy-server of {_RELEASE} into {_INSTALLED}.",
    )


def _build(folder: Path, say: Say) -> None:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise ChaoskitError("there is no Go on this machine")
    say(f"Toxiproxy {VERSION}: building it with Go, which takes half a minute.")
    commands = [f"{_MODULE}/cmd/{command}@v{VERSION}" for command in PROGRAMS.values()]
    flags = f"-s -w -X {_MODULE}.Version={VERSION}"
    environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
    argv = [go, "install", "-trimpath", "-ldflags", flags, *commands]
    try:
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, cwd=folder,
                              timeout=_BUILD_S, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ChaoskitError(f"Go took longer than {_BUILD_S} s to build it") from None
    if done.returncode:
        raise ChaoskitError("Go could not build it, and said why above")
    for name, command in PROGRAMS.items():
        (folder / command).rename(folder / name)


def _download(folder: Path, say: Say) -> None:
    say(f"Toxiproxy {VERSION}: downloading its release from GitHub.")
    lines = (line.split() for line in _fetch("checksums.txt").decode().splitlines())
    sums = {words[1]: words[0] for words in lines if len(words) == 2}
    for name in PROGRAMS:
        file = f"{name}-linux-{_architecture()}"
        content = _fetch(file)
        if hashlib.sha256(content).hexdigest() != sums.get(file):
            raise ChaoskitError(f"{_RELEASE}/{file} has not the check sum that the release states")
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)


def _fetch(file: str) -> bytes:
    try:
        with urllib.request.urlopen(f"{_RELEASE}/{file}", timeout=_DOWNLOAD_S) as answer:
            content: bytes = answer.read(_LARGEST)
    except (OSError, urllib.error.URLError) as error:
        raise ChaoskitError(f"{_RELEASE}/{file} cannot be fetched: {error}") from error
    return content
