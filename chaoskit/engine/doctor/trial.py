"""Trying what the kernel can do, in namespaces of a process that ends at once.

    python -m chaoskit.engine.doctor.trial      {"netem": "", "VLAN": "Operation not supported", ...}

Reading a configuration would not tell: modules, sysctls, seccomp and security modules have their say.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from chaoskit.core.errors import ChaoskitError
from chaoskit.kernel import syscalls
from chaoskit.kernel.nft import check
from chaoskit.steps.packets.fault import PacketFault
from chaoskit.steps.packets.rules import render

_EOPNOTSUPP, _ENOENT = 95, 2
_NEWLINK, _NEWQDISC, _GETFAMILY = 16, 36, 3
_CREATE = 0x400 | 0x200
_GENERIC_CONTROL = 16
_LOOPBACK, _ROOT = 1, 0xFFFFFFFF
_TIMEOUT = 20.0


@cache
def trial() -> Mapping[str, str]:
    """What the kernel said to each attempt; empty for those that worked."""
    argv = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return {"namespaces": f"not tried within {_TIMEOUT:g} s"}
    if done.returncode != 0:
        return {"namespaces": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "refused"}
    result: Mapping[str, str] = json.loads(done.stdout)
    return result


def attempt_all() -> dict[str, str]:
    """Try everything; leaves the calling process in namespaces of its own."""
    if refused := _refusal(_own_namespaces):
        return {"namespaces": refused}
    links = {"VLAN": "vlan", "dummy": "dummy", "WireGuard": "wireguard", "bridge": "bridge", "veth": "veth"}
    attempts: dict[str, Callable[[], None]] = {name: partial(_link, kind) for name, kind in links.items()}
    attempts |= {name: partial(_qdisc, name) for name in ("netem", "tbf")}
    attempts |= {"IPVS": partial(_family, "IPVS"), "overlay": _overlay, "egress rules": _egress_rules}
    return {"namespaces": ""} | {name: _refusal(attempt) for name, attempt in attempts.items()}


def _refusal(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return ""


def _own_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare((syscalls.CLONE_NEWUSER if user else 0) | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS)
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    syscalls.mount("none", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)


def _link(kind: str) -> None:
    """Make a link; without its options a kind that exists is refused with another error than one that does not."""
    info = _attribute(18, _attribute(1, kind.encode()))
    _ask(socket.NETLINK_ROUTE, _NEWLINK, _CREATE, struct.pack("=BBHiII", 0, 0, 0, 0, 0, 0) + info, absent=_EOPNOTSUPP)


def _qdisc(kind: str) -> None:
    """Set a queueing discipline on the loopback; one that exists wants options, one that does not is ENOENT."""
    body = struct.pack("=BxxxiIII", 0, _LOOPBACK, 0x10000, _ROOT, 0) + _attribute(1, kind.encode() + b"\0")
    _ask(socket.NETLINK_ROUTE, _NEWQDISC, _CREATE, body, absent=_ENOENT)


def _egress_rules() -> None:
    """Have nft and the kernel check what packet faults need where there is no netem."""
    for fault in ("loss", "duplicate"):
        half = PacketFault("", "", "lo", fault, {"share": 500_000}, (), "00000000", 0)
        try:
            check(Path("/proc/thread-self/ns/net"), render(half, 0, owned=False))
        except ChaoskitError as error:
            raise OSError(error.args[0]) from error


def _family(name: str) -> None:
    """Look up a family of generic netlink; the kernel loads the module that brings it."""
    body = struct.pack("=BBH", _GETFAMILY, 1, 0) + _attribute(2, name.encode() + b"\0")
    _ask(_GENERIC, _GENERIC_CONTROL, 0, body, absent=_ENOENT)


_GENERIC = 16
"""NETLINK_GENERIC, which the socket module has no name for."""


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _ask(protocol: int, kind: int, flags: int, body: bytes, *, absent: int) -> None:
    """Send one request; raises OSError only where the answer means that the facility is absent."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as route:
        route.settimeout(2.0)
        route.send(struct.pack("=IHHII", 16 + len(body), kind, 0x5 | flags, 1, 0) + body)
        answer = route.recv(1 << 16)
    if struct.unpack_from("=H", answer, 4)[0] != 2:  # no error message: the answer itself
        return
    code = -struct.unpack_from("=i", answer, 16)[0]
    if code == absent:
        raise OSError(code, os.strerror(code))


def _overlay() -> None:
    with tempfile.TemporaryDirectory() as folder:
        syscalls.mount("none", folder, "tmpfs")
        try:
            for name in ("upper", "work", "root"):
                (Path(folder) / name).mkdir()
            options = f"lowerdir=/,upperdir={folder}/upper,workdir={folder}/work"
            syscalls.mount("none", f"{folder}/root", "overlay", options=options)
            syscalls.unmount(f"{folder}/root")
        finally:
            syscalls.unmount(folder)


if __name__ == "__main__":
    print(json.dumps(attempt_all()))
