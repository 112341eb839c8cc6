"""What a host finds in its file system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaoskit.labs.spec import HostSpec, LabSpec, Mount, MountKind

Service = Callable[..., HostSpec]

VOLUMES = """
volumes:
  data:
  bound: {driver_opts: {type: none, o: bind, device: ./bound}}
  ram: {driver_opts: {type: tmpfs, o: size=1m, device: tmpfs}}
"""


@pytest.mark.parametrize(
    ("entry", "kind", "target", "source", "read_only"),
    [
        ("./a:/b", MountKind.BIND, "/b", "./a", False),
        ("../a:/b:ro", MountKind.BIND, "/b", "../a", True),
        ("/x/y:/b:rw,z", MountKind.BIND, "/b", "/x/y", False),
        ("/x:/b:ro,Z", MountKind.BIND, "/b", "/x", True),
        ("~/a:/b", MountKind.BIND, "/b", "~/a", False),
        ("data:/b/", MountKind.VOLUME, "/b", "data", False),
        ("{type: bind, source: a, target: /b, read_only: true}", MountKind.BIND, "/b", "./a", True),
        ("{type: volume, source: data, target: /b}", MountKind.VOLUME, "/b", "data", False),
        ("bound:/b:ro", MountKind.BIND, "/b", "./bound", True),
        ("/anonymous/x", MountKind.VOLUME, "/anonymous/x", "web_anonymous-x", False),
        ("{type: tmpfs, target: /b}", MountKind.TMPFS, "/b", "", False),
    ],
)
def test_a_volume(
    load: Callable[..., LabSpec], entry: str, kind: MountKind, target: str, source: str, read_only: bool
) -> None:
    """Short and long spellings give the same mounts; relative sources start from the file's folder."""
    spec = load(
        f"services: {{web: {{image: n, volumes: [{entry!r}]}}}}\n{VOLUMES}".replace("'{", "{").replace("}'", "}")
    )
    [mount] = spec.hosts[0].mounts
    where = Path(source).expanduser()
    expected = str((spec.files[0].parent / where).resolve()) if source.startswith((".", "~", "/")) else source
    assert (mount.kind, mount.target, mount.source, mount.read_only) == (kind, target, expected, read_only)


@pytest.mark.parametrize(
    ("body", "mount"),
    [
        ("tmpfs: /run", Mount(MountKind.TMPFS, "/run", mode=0o1777)),
        ("tmpfs: ['/run:size=64m,mode=700']", Mount(MountKind.TMPFS, "/run", size=2**26, mode=0o700)),
        (
            "volumes: [{type: tmpfs, target: /t, tmpfs: {size: 4096, mode: 01770}}]",
            Mount(MountKind.TMPFS, "/t", size=4096, mode=0o1770),
        ),
        (
            "volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1g}}]",
            Mount(MountKind.TMPFS, "/t", size=2**30, mode=0o1777),
        ),
        ("volumes: [ram:/t]", Mount(MountKind.TMPFS, "/t", size=2**20, mode=0o1777)),
        ("shm_size: 64m", Mount(MountKind.TMPFS, "/dev/shm", size=2**26, mode=0o1777)),
    ],
)
def test_a_tmpfs(service: Service, body: str, mount: Mount) -> None:
    """Sizes are in Docker's powers of 1024, modes are octal, and `shm_size` is a tmpfs."""
    assert service(body, VOLUMES).mounts == (mount,)


def test_anonymous_volumes_belong_to_their_replica(load: Callable[..., LabSpec]) -> None:
    """Two replicas share a named volume, but each has its own unnamed one."""
    spec = load("services: {w: {image: n, scale: 2, volumes: [/a, 'data:/d']}}\nvolumes: {data: }")
    assert [[mount.source for mount in host.mounts] for host in spec.hosts] == [["w-1_a", "data"], ["w-2_a", "data"]]


GIVEN = """
secrets: {file: {file: ./s.txt}, env: {environment: TOKEN}}
configs: {text: {content: "port ${PORT:-80}"}, conf: {file: s.txt}}
"""


@pytest.mark.parametrize(
    ("body", "target", "content", "mode", "owner"),
    [
        ("secrets: [file]", "/run/secrets/file", b"from file", 0o444, (0, 0)),
        ("secrets: [env]", "/run/secrets/env", b"t0ken", 0o444, (0, 0)),
        ("secrets: [{source: file, target: other}]", "/run/secrets/other", b"from file", 0o444, (0, 0)),
        ("secrets: [{source: file, target: /abs, mode: 0400}]", "/abs", b"from file", 0o400, (0, 0)),
        ("configs: [text]", "/text", b"port 80", 0o444, (0, 0)),
        (
            "configs: [{source: conf, target: /etc/c, mode: '0440', uid: '103', gid: 104}]",
            "/etc/c",
            b"from file",
            0o440,
            (103, 104),
        ),
    ],
)
def test_a_secret_or_config(
    service: Service, body: str, target: str, content: bytes, mode: int, owner: tuple[int, int]
) -> None:
    """Content comes from a file, a variable or the Compose file itself, with the mode and owner asked for."""
    [mount] = service(body, GIVEN, files={"s.txt": "from file"}, environment={"TOKEN": "t0ken"}).mounts
    assert (mount.kind, mount.target, mount.content, mount.mode) == (MountKind.CONTENT, target, content, mode)
    assert (mount.uid, mount.gid) == owner


@pytest.mark.parametrize(
    ("body", "rest", "words"),
    [
        ("volumes: ['dta:/x']", "volumes: {data: }", "Did you mean 'data'?"),
        ("volumes: ['a:b:c:d']", "", "service web: volumes: 'a:b:c:d' is no mount"),
        ("volumes: ['./a:relative']", "", "the target 'relative' is no absolute path"),
        ("volumes: [{type: bind, source: a}]", "", "service web: volumes: the mount has no target"),
        ("volumes: [{type: bnd, target: /x}]", "", "'bnd' is no kind of mount"),
        ("secrets: [nope]", "secrets: {env: {environment: A}}", "there is no secret 'nope'"),
        (
            "secrets: [env]",
            "secrets: {env: {environment: UNSET}}",
            "secret env: environment: the variable UNSET is not set",
        ),
        ("configs: [c]", "configs: {c: {file: none.txt}}", "cannot be read: No such file"),
        ("configs: [c]", "configs: {c: {file: a, content: b}}", "config c: it says file and content"),
        ("secrets: [{source: env, mode: rw}]", "secrets: {env: {environment: HOME}}", "'rw' is no octal mode"),
    ],
)
def test_a_mount_that_cannot_be(error: Callable[..., str], body: str, rest: str, words: str) -> None:
    """Undeclared names, unreadable files and bad spellings are errors at their line."""
    assert words in error(f"services:\n  web:\n    image: n\n    {body}\n{rest}\n")
