"""Keeps a pool of HAProxy equal to what instances have announced in etcd, without a reload.

The backend has free slots (`server-template`); the runtime API gives each announced instance one and takes it away
from those that are gone, as HAProxy's own Data Plane API does. The registry is read (a linearizable read) whenever a
watch tells of a change, and every RESYNC seconds at the latest, so that neither a member that fell silent nor an
HAProxy that was restarted leaves the pool wrong. While the registry does not answer the pool stays as it is.

Environment: ETCD_ENDPOINTS (URLs), PREFIX (/pool/), BACKEND (instances), RUNTIME_API (the path of HAProxy's socket) and
RESYNC (2), in seconds.
"""

import json
import os
import socket
import time

from etcd_gateway import Etcd, Unavailable

ENDPOINTS = os.environ["ETCD_ENDPOINTS"].split()
PREFIX = os.environ.get("PREFIX", "/pool/")
BACKEND = os.environ.get("BACKEND", "instances")
RUNTIME_API = os.environ.get("RUNTIME_API", "/run/haproxy/admin.sock")
RESYNC = float(os.environ.get("RESYNC", "2"))

Server = tuple[str, int]
"""Address and port."""

_MAINTENANCE = 0x01 | 0x02 | 0x20
"""`srv_admin_state`: forced, inherited, by resolution (HAProxy management guide, 9.3).

0x04 says that the configuration had the server disabled, and stays when it is not any more.
"""


class Refused(Exception):
    """HAProxy did not do as it was told, or is not there."""


def tell(command: str) -> str:
    """What HAProxy answers to a command of its runtime API; nothing where it obeys silently."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect(RUNTIME_API)
            connection.sendall(command.encode() + b"\n")
            pieces = list(iter(lambda: connection.recv(65536), b""))
    except OSError as error:
        raise Refused(f"{RUNTIME_API}: {error}") from error
    return b"".join(pieces).decode().strip()


def slots() -> dict[str, Server | None]:
    """Each slot of the backend, and the server it is given to; None where it is free."""
    version, *lines = tell(f"show servers state {BACKEND}").splitlines() or [""]
    if version != "1":
        raise Refused(f"show servers state {BACKEND}: {version}")
    columns = lines[0].removeprefix("# ").split()
    rows = [dict(zip(columns, line.split(), strict=False)) for line in lines[1:]]
    return {
        row["srv_name"]: None if int(row["srv_admin_state"]) & _MAINTENANCE else (row["srv_addr"], int(row["srv_port"]))
        for row in rows
    }


def fill(wanted: dict[Server, str]) -> None:
    """Give every wanted server a slot and empty the slots of all others; what is right stays untouched."""
    now = slots()
    for slot, server in now.items():
        if server is not None and server not in wanted:
            change(f"set server {BACKEND}/{slot} state maint")
            say(f"{slot}: {server[0]}:{server[1]} is gone")
    free = [slot for slot, server in now.items() if server is None]
    missing = [server for server in wanted if server not in now.values()]
    for server in missing[len(free) :]:
        say(f"no slot is left for {wanted[server]}: the backend's server-template is too short")
    for slot, (address, port) in zip(free, missing, strict=False):
        change(f"set server {BACKEND}/{slot} addr {address} port {port}")
        change(f"set server {BACKEND}/{slot} state ready")
        say(f"{slot}: {wanted[address, port]} at {address}:{port}")


def change(command: str) -> None:
    """Have a server changed; HAProxy says what it changed of an address, and nothing of a state."""
    answer = tell(command)
    if answer and "changed" not in answer and "no need to change" not in answer:
        raise Refused(f"{command}: {answer}")


def announced(entries: dict[str, str]) -> dict[Server, str]:
    """What the registry's entries say, by address and port."""
    values = {key.removeprefix(PREFIX): json.loads(value) for key, value in entries.items()}
    return {(value["address"], value["port"]): name for name, value in sorted(values.items())}


def say(text: str) -> None:
    """Write a line to the log."""
    print(text, flush=True)


def main() -> None:
    """Follow the registry for ever."""
    etcd = Etcd(ENDPOINTS)
    while True:
        try:
            revision, entries = etcd.range(PREFIX)
            fill(announced(entries))
            etcd.changed(PREFIX, revision, within=RESYNC)
        except (Unavailable, Refused) as error:
            say(f"the pool stays as it is: {error}")
            time.sleep(0.2)


if __name__ == "__main__":
    main()
