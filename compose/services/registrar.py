"""Runs an instance and announces it in etcd for as long as it is healthy.

    registrar.py COMMAND [ARGUMENT ...]

While `/health` of the instance answers 200, its address stands below a prefix under a lease that is kept alive. A sick
instance is withdrawn; one that dies with its registrar disappears when the lease runs out; SIGTERM withdraws it, then
ends it. Where the registry cannot be reached the instance goes on serving, and is announced again afterwards.

Environment: ETCD_ENDPOINTS (URLs, the nearest member first), PREFIX (/pool/), INSTANCE (the host's name), PORT (8080)
and LEASE_TTL (5), in seconds; a third of it passes between two signs of life, as in etcd's own client.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

from etcd_gateway import Etcd, Unavailable

ENDPOINTS = os.environ["ETCD_ENDPOINTS"].split()
INSTANCE = os.environ.get("INSTANCE") or socket.gethostname()
KEY = os.environ.get("PREFIX", "/pool/") + INSTANCE
PORT = int(os.environ.get("PORT", "8080"))
LEASE_TTL = int(os.environ.get("LEASE_TTL", "5"))


class Announcement:
    """The instance's entry in the registry."""

    def __init__(self, etcd: Etcd, value: str) -> None:
        self.etcd = etcd
        self.value = value
        self.lease = ""

    def renew(self) -> None:
        """Keep the entry alive; make it where there is none, or where its lease has run out."""
        if self.lease and self.etcd.keep_alive(self.lease):
            return
        self.lease = self.etcd.grant(LEASE_TTL)
        self.etcd.put(KEY, self.value, self.lease)
        say(f"announced as {self.value} under lease {self.lease}")

    def withdraw(self) -> None:
        """Take the entry away at once."""
        if self.lease:
            self.etcd.revoke(self.lease)
            self.lease = ""
            say("withdrawn")


def own_address() -> str:
    """The address from which this host speaks to the registry: callers of the instance are on that network, too."""
    registry = urlsplit(ENDPOINTS[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        route.connect((registry.hostname or "", registry.port or 2379))  # sends nothing
        return str(route.getsockname()[0])


def healthy() -> bool:
    """Whether the instance says that it can serve."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def look_after(entry: Announcement, stopping: threading.Event) -> None:
    """Announce or withdraw the instance, by its health, until it is to end."""
    while not stopping.is_set():
        well = healthy()
        try:
            entry.renew() if well else entry.withdraw()
        except Unavailable as error:
            say(f"the registry does not answer: {error}")
        # An instance that has not come up yet is asked again soon.
        stopping.wait(LEASE_TTL / 3 if well else 0.1)
    with contextlib.suppress(Unavailable):  # the lease runs out by itself
        entry.withdraw()


def say(text: str) -> None:
    """Write a line to the log."""
    print(f"{INSTANCE}: {text}", flush=True)


def main() -> int:
    """Run the instance; exit with its status."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    instance = subprocess.Popen(sys.argv[1:])
    entry = Announcement(Etcd(ENDPOINTS), json.dumps({"address": own_address(), "port": PORT}))
    announcer = threading.Thread(target=look_after, args=(entry, stopping))
    announcer.start()
    while instance.poll() is None and not stopping.wait(0.1):
        pass
    stopping.set()
    announcer.join()
    instance.terminate()
    return instance.wait()


if __name__ == "__main__":
    sys.exit(main())
