"""`haproxy_servers`: what a balancer thinks of the servers behind it."""

from __future__ import annotations

import csv
import os
import socket as sockets
import time
from collections.abc import Mapping
from contextlib import ExitStack

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json

_ALL_SERVERS = b"show stat -1 4 -1\n"
"""Statistics of every proxy, of servers only (HAProxy management guide, 9.3, `show stat`)."""

_STATES = ("UP", "DOWN", "MAINT", "DRAIN", "NOLB", "no check")


@probe
def haproxy_servers(host: ProbeHost, socket: str = "/run/haproxy/admin.sock") -> Reader:
    """The state of every server by `BACKEND/SERVER`: `{"web/web-eu-1": "UP", "web/web-eu-2": "DOWN"}`.

    States are HAProxy's: `UP`, `DOWN`, `MAINT`, `DRAIN`, `NOLB`, `no check`. A server that is on its way
    (`UP 1/3`) has the state it is leaving, as traffic does. Each reading is a connection of its own, as the
    runtime API has it: one kept open would hold on to the old process after a reload.

    Args:
        host: where HAProxy runs.
        socket: the runtime API's socket: a path inside the host, or `ADDRESS:PORT`.

    Raises:
        UsageError: the socket is neither.
    """
    if not socket.startswith("/") and not socket.rpartition(":")[2].isdigit():
        raise UsageError(f"{socket!r} is no socket", remedy="Write /a/path inside the host, or ADDRESS:PORT.")

    def read() -> Mapping[str, Json]:
        try:
            return parse(_ask(host, socket))
        except TimeoutError as error:
            raise TimeoutError(f"HAProxy did not answer at {socket} within {host.timeout:g} s") from error

    return read


def parse(answer: str) -> Mapping[str, Json]:
    """Read the CSV of `show stat`; it begins with `# pxname,svname,` and names its columns.

    Raises:
        OSError: HAProxy answered something else, such as `Permission denied`, or broke off.
    """
    if not answer.startswith("# pxname,"):
        raise OSError(f"HAProxy answered {answer.strip()[:80]!r} to 'show stat'")
    rows = list(csv.DictReader(answer[2:].strip().splitlines()))
    if any(row["status"] is None for row in rows):
        raise OSError("HAProxy broke off in the middle of its answer")
    return {f"{row['pxname']}/{row['svname']}": _state(row["status"]) for row in rows}


def _state(status: str) -> str:
    return next((state for state in _STATES if status.startswith(state)), status)


def _ask(host: ProbeHost, name: str) -> str:
    deadline = time.monotonic() + host.timeout
    with ExitStack() as stack:
        connection = _open(stack, host, name, deadline)
        connection.sendall(_ALL_SERVERS)
        return _all(connection, deadline)


def _open(stack: ExitStack, host: ProbeHost, name: str, deadline: float) -> sockets.socket:
    if not name.startswith("/"):
        address, _, port = name.rpartition(":")
        return stack.enter_context(sockets.create_connection((address.strip("[]"), int(port)), _left(deadline)))
    connection = stack.enter_context(sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM))
    connection.settimeout(_left(deadline))
    connection.connect(_path(stack, host, name))
    return connection


def _path(stack: ExitStack, host: ProbeHost, name: str) -> str:
    """The socket's path seen from outside; by its folder's descriptor, for sun_path holds 107 bytes only."""
    pid = host.status().pid
    if pid is None:
        raise ConnectionRefusedError(f"{host.info.name} has no process")
    folder, _, file = name.rpartition("/")
    descriptor = os.open(f"/proc/{pid}/root{folder}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    return f"/proc/self/fd/{descriptor}/{file}"


def _all(connection: sockets.socket, deadline: float) -> str:
    """Everything up to the end: HAProxy closes after one command."""
    pieces: list[bytes] = []
    while True:
        connection.settimeout(_left(deadline))
        piece = connection.recv(65536)
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
