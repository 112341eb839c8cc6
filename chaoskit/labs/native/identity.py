"""Users of a host: Compose's `user` looked up in the host's own /etc/passwd and /etc/group."""

from __future__ import annotations

from chaoskit.labs.native.record import Record


class Identity(Record):
    """Who a daemon runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


ROOT = Identity(0, 0, (0,), "/root")


def identity(user: str) -> Identity:
    """The identity of `user`, `user:group`, `uid` or `uid:gid`; root for an empty string.

    Raises:
        OSError: a name that the host does not have.
    """
    if user in ("", "root", "0"):
        return ROOT
    name, _, group = user.partition(":")
    entry = _passwd(name)
    uid = int(entry[2]) if entry else _number(name, "user")
    gid = _gid(group) if group else int(entry[3]) if entry else 0
    return Identity(uid, gid, _groups(entry[0], gid) if entry else (gid,), entry[5] if entry else "/")


def _passwd(name: str) -> list[str] | None:
    for entry in _entries("/etc/passwd", 7):
        if name in (entry[0], entry[2]):
            return entry
    return None


def _gid(name: str) -> int:
    for entry in _entries("/etc/group", 4):
        if name in (entry[0], entry[2]):
            return int(entry[2])
    return _number(name, "group")


def _groups(user: str, gid: int) -> tuple[int, ...]:
    further = [int(entry[2]) for entry in _entries("/etc/group", 4) if user in entry[3].split(",")]
    return tuple(dict.fromkeys([gid, *further]))


def _entries(file: str, fields: int) -> list[list[str]]:
    with open(file, encoding="utf-8", errors="replace") as lines:
        entries = [line.rstrip("\n").split(":") for line in lines]
    return [entry for entry in entries if len(entry) >= fields]


def _number(name: str, what: str) -> int:
    if not name.isdigit():
        raise OSError(f"there is no {what} {name!r} on this machine")
    return int(name)
