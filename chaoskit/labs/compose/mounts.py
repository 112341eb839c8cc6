"""What a service finds in its file system: volumes, tmpfs, secrets and configs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.fields import Fields, parse_size
from chaoskit.labs.compose.mistake import nearest, shown
from chaoskit.labs.compose.paths import absolute
from chaoskit.labs.spec import Mount, MountKind

_GIVEN = ("file", "environment", "content")


def mounts(service: Fields, root: Fields, host: str, environment: Environment, folder: Path) -> tuple[Mount, ...]:
    """Every mount of one host, in the order in which they are made.

    Raises:
        LabError: a volume, secret or config is not declared, or its file cannot be read.
    """
    found = [
        *_volumes(service, root, host, folder),
        *_tmpfs(service),
        *_shm(service),
        *_granted(service, root, "secrets", environment),
        *_granted(service, root, "configs", environment),
    ]
    return tuple(found)


def _volumes(service: Fields, root: Fields, host: str, folder: Path) -> Iterator[Mount]:
    for target, entry in service.at("volumes").each():
        kind, source, read_only = entry.text("type"), entry.text("source"), entry.flag("read_only")
        if kind == "bind":
            yield Mount(MountKind.BIND, target, source, read_only)
        elif kind == "tmpfs":
            tmpfs = entry.at("tmpfs")
            mode = _mode(tmpfs, 0o1777)
            yield Mount(MountKind.TMPFS, target, read_only=read_only, size=tmpfs.size("size"), mode=mode)
        elif kind == "volume":
            yield _named(entry, root, target, host, folder)
        elif kind not in ("cluster", "npipe", "image"):
            raise entry.mistake("type", f"{kind!r} is no kind of mount", "Write bind, volume or tmpfs.")


def _named(entry: Fields, root: Fields, target: str, host: str, folder: Path) -> Mount:
    """A named volume; one without a name belongs to its host alone."""
    source, read_only = entry.text("source"), entry.flag("read_only")
    if not source:
        return Mount(MountKind.VOLUME, target, f"{host}_{target.strip('/').replace('/', '-')}", read_only)
    declared = root.at("volumes")
    if source not in declared.names:
        raise entry.mistake("source", f"there is no volume {source!r}", _declare("volumes", source, declared))
    options = declared.at(source).pairs("driver_opts")
    if options.get("type") == "tmpfs":
        return Mount(MountKind.TMPFS, target, read_only=read_only, size=_tmpfs_size(options.get("o", "")), mode=0o1777)
    if "bind" in options.get("o", "").split(",") and options.get("device"):
        return Mount(MountKind.BIND, target, absolute(options["device"], folder), read_only)
    return Mount(MountKind.VOLUME, target, source, read_only)


def _tmpfs(service: Fields) -> Iterator[Mount]:
    for target, options in service.pairs("tmpfs").items():
        words = options.split(",")
        mode = next((int(word[5:], 8) for word in words if re.fullmatch("mode=[0-7]+", word)), 0o1777)
        yield Mount(MountKind.TMPFS, target, read_only="ro" in words, size=_tmpfs_size(options), mode=mode)


def _tmpfs_size(options: str) -> int | None:
    sizes = [word[5:] for word in options.split(",") if word.startswith("size=")]
    return parse_size(sizes[-1]) if sizes else None


def _shm(service: Fields) -> Iterator[Mount]:
    size = service.size("shm_size")
    if size is not None:
        yield Mount(MountKind.TMPFS, "/dev/shm", size=size, mode=0o1777)


def _granted(service: Fields, root: Fields, section: str, environment: Environment) -> Iterator[Mount]:
    declared = root.at(section)
    for target, grant in service.at(section).each():
        source = grant.text("source")
        if source not in declared.names:
            what = section.removesuffix("s")
            raise grant.mistake("source", f"there is no {what} {source!r}", _declare(section, source, declared))
        yield Mount(
            MountKind.CONTENT,
            target,
            read_only=True,
            content=_content(declared.at(source), environment),
            mode=_mode(grant, 0o444),
            uid=grant.integer("uid", 0) or 0,
            gid=grant.integer("gid", 0) or 0,
        )


def _content(declared: Fields, environment: Environment) -> bytes:
    given = [key for key in _GIVEN if declared.node.get(key) is not None]
    if declared.has("external"):
        return b""
    if len(given) != 1:
        raise declared.mistake(
            "", f"it says {' and '.join(given) or 'nothing'} where one of {', '.join(_GIVEN)} stands"
        )
    if given == ["content"]:
        return declared.text("content").encode()
    return _file(declared) if given == ["file"] else _variable(declared, environment)


def _file(declared: Fields) -> bytes:
    file = Path(declared.text("file"))
    try:
        return file.read_bytes()
    except OSError as error:
        raise declared.mistake("file", f"{shown(file)} cannot be read: {error.strerror}") from error


def _variable(declared: Fields, environment: Environment) -> bytes:
    name = declared.text("environment")
    value = environment.get(name)
    if value is None:
        raise declared.mistake("environment", f"the variable {name} is not set", f"Set it: {name}=...")
    return value.encode()


def _mode(fields: Fields, default: int) -> int:
    """Permission bits: `0440` in YAML is an octal number already, `"0440"` is read as one."""
    node = fields.node.get("mode")
    value = getattr(node, "value", None)
    if isinstance(value, int):
        return value
    text = fields.text("mode")
    if text and not re.fullmatch("(0o)?[0-7]+", text):
        raise fields.mistake("mode", f"{text!r} is no octal mode", 'Write one such as "0440".')
    return int(text, 8) if text else default


def _declare(section: str, name: str, declared: Fields) -> str:
    return f"{nearest(name, declared.names)} Or declare it: {section}: {{{name}: }}."
