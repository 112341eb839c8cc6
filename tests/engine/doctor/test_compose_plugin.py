"""Where the Compose plugin comes from: the machine's own packages before another release's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.doctor import compose_plugin


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose programs are those in a folder; it has neither Go nor a Compose plugin."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(compose_plugin, "FOLDER", tmp_path / "cli-plugins")
    monkeypatch.setattr(compose_plugin.shutil, "which", lambda name, path=None: _in(tmp_path, name))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def _in(folder: Path, name: str) -> str | None:
    return str(folder / name) if (folder / name).exists() else None


def write(folder: Path, name: str, body: str) -> None:
    """A program that does as a script says."""
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [
        ({"docker-compose": "1.29.2-3"}, None),
        ({"docker-compose": "2.26.1-4"}, "docker-compose"),
        ({"docker-compose": "1.29.2-6", "docker-compose-v2": "2.24.6+ds1-0ubuntu1"}, "docker-compose-v2"),
        ({"docker-compose-plugin": "5:2.27.0-1~debian", "docker-compose": "2.26.1-4"}, "docker-compose-plugin"),
        ({"docker-compose-plugin": "(none)"}, None),
        ({}, None),
    ],
)
def test_a_package_of_version_2_is_told_from_one_of_version_1(
    machine: Path, candidates: dict[str, str], chosen: str | None
) -> None:
    """As apt-cache tells of Debian 12 and 13, Ubuntu, and Docker's own packages."""
    lines = "".join(f'{name}) echo "  Candidate: {version}" ;;\n' for name, version in candidates.items())
    write(machine, "apt-cache", f'case "$2" in\n{lines}esac')
    assert compose_plugin._package() == chosen


APT = """\
echo "$*" >> {log}
for word in "$@"; do case "$word" in
  Dir::Etc::SourceList=*) cat "${{word#*=}}" >> {log} ;;
  download) : > docker-compose_2.26.1-4_amd64.deb ;;
esac; done"""
DPKG = """\
mkdir -p "$3/usr/libexec/docker/cli-plugins"
echo the plugin > "$3/usr/libexec/docker/cli-plugins/docker-compose\""""


def test_the_plugin_is_taken_out_of_another_releases_package(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By apt with a list and folders of its own, signed by Debian's key: the machine's lists stay as they are."""
    monkeypatch.setattr(compose_plugin, "_KEYRING", machine / "keyring.gpg")
    (machine / "keyring.gpg").touch()
    write(machine, "apt-get", APT.format(log=machine / "log"))
    write(machine, "dpkg-deb", DPKG)
    write(machine, "docker", f"test -x {machine}/cli-plugins/docker-compose && echo 2.26.1-4")
    monkeypatch.setattr(compose_plugin, "compose", lambda: _Found)
    said: list[str] = []
    compose_plugin.add(said.append)
    assert (machine / "cli-plugins" / "docker-compose").read_text() == "the plugin\n"
    assert os.access(machine / "cli-plugins" / "docker-compose", os.X_OK)
    log = (machine / "log").read_text()
    assert f"deb [signed-by={machine}/keyring.gpg] http://deb.debian.org/debian trixie main" in log
    assert log.count("Dir::State::Lists=") == log.count("APT::Update::Error-Mode=any") == 2
    assert said[-1] == "The Compose plugin 2.26.1-4 is installed."


class _Found:
    standing, value = "ok", "2.26.1-4"


def test_where_no_way_works_each_is_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where to put the plugin by hand; nothing is installed."""
    monkeypatch.setattr(compose_plugin, "_KEYRING", machine / "keyring.gpg")
    (machine / "keyring.gpg").touch()
    write(machine, "apt-get", "exit 100")
    write(machine, "dpkg-deb", "exit 1")
    with pytest.raises(ChaoskitError, match=r"(?s)apt-get update failed with status 100; there is no Go.*cli-plugins"):
        compose_plugin.add(lambda _line: None)
    assert not (machine / "cli-plugins").exists()
