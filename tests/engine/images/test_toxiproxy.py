"""Toxiproxy's programs: where they come from, and that nothing is fetched twice."""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.engine.images import toxiproxy

FILES = {f"{name}-linux-amd64": f"#!/bin/sh\n# {name}\n" for name in toxiproxy.PROGRAMS}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A release to download, on a machine without Go and with an empty cache."""
    folder = tmp_path / "release"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    sums = (f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in FILES.items())
    (folder / "checksums.txt").write_text("".join(sums))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(toxiproxy, "_RELEASE", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(toxiproxy.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(toxiproxy.shutil, "which", lambda *_args, **_named: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_without_go_the_release_is_downloaded_once(release: Path) -> None:
    """Its check sums are looked at; the second time it is not asked for."""
    said: list[str] = []
    folder = toxiproxy.programs(said.append)
    assert {name: (folder / name).read_text() for name in toxiproxy.PROGRAMS} == {
        name: FILES[f"{name}-linux-amd64"] for name in toxiproxy.PROGRAMS
    }
    assert all(os.access(folder / name, os.X_OK) for name in toxiproxy.PROGRAMS)
    for file in release.iterdir():
        file.unlink()
    assert toxiproxy.programs(said.append) == folder
    assert len(said) == 1


def test_a_program_with_another_check_sum_is_refused(release: Path) -> None:
    """Neither kept nor installed; the message says which."""
    (release / "toxiproxy-cli-linux-amd64").write_text("something else")
    with pytest.raises(ChaoskitError, match=r"(?s)toxiproxy-cli-linux-amd64 has not the check sum.*Install Go"):
        toxiproxy.programs(lambda _line: None)
    assert not list((release.parent / "cache").rglob("toxiproxy-*"))


def test_where_neither_way_works_both_are_named(release: Path) -> None:
    """And what to do by hand."""
    (release / "checksums.txt").unlink()
    with pytest.raises(ChaoskitError, match=r"(?s)no Go.*checksums\.txt cannot be fetched.*404.*put toxiproxy-server"):
        toxiproxy.programs(lambda _line: None)


def test_installing_puts_both_programs_in_place(release: Path, tmp_path: Path) -> None:
    """Over older ones that may be running: by renaming, never by writing into them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "toxiproxy-server").write_text("old")
    before = (folder / "toxiproxy-server").stat().st_ino
    toxiproxy.install(lambda _line: None, folder)
    assert sorted(file.name for file in folder.iterdir()) == sorted(toxiproxy.PROGRAMS)
    assert (folder / "toxiproxy-server").stat().st_ino != before
    with pytest.raises(UsageError, match="needs root"):
        toxiproxy.install(lambda _line: None, tmp_path / "nonesuch")


def test_the_image_has_two_programs_and_nothing_else(release: Path, tmp_path: Path) -> None:
    """Under the official image's names, root's, executable; the same archive every time."""
    folder = toxiproxy.programs(lambda _line: None)
    for name in ("one.tar", "two.tar"):
        toxiproxy.archive(folder, tmp_path / name)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as tar:
        found = {member.name: (member.mode & 0o111, member.uid) for member in tar}
    assert found == {"toxiproxy": (0o111, 0), "toxiproxy-cli": (0o111, 0)}
