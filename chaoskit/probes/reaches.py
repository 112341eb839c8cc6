"""`reaches`: does a host get through to an address?"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json


@probe
def reaches(host: ProbeHost, address: str, port: int) -> Reader:
    """Whether a TCP connection from the host to an address comes about: `{"reached": true, "took_s": 0.0003}`.

    Each reading is a connection of its own, closed at once. One that does not come about says why, as the kernel calls
    it: `{"reached": false, "why": "timed out"}`, or `Connection refused`, `No route to host`. It takes as long as a
    reading may: a first SYN that is lost is sent again after a second, so below that every lost one shows.

    Args:
        host: who tries.
        address: IPv4; a name would tell of the resolver as well.
        port: where something listens.

    Raises:
        UsageError: it is no IPv4 address, or no port.
    """
    try:
        socket.inet_pton(socket.AF_INET, address)
    except OSError:
        raise UsageError(f"{address!r} is no IPv4 address", remedy="Write one such as 198.18.0.100.") from None
    if not 0 < port < 1 << 16:
        raise UsageError(f"{port} is no port")

    def read() -> Mapping[str, Json]:
        began = time.monotonic()
        try:
            socket.create_connection((address, port), host.timeout).close()
        except OSError as error:
            return {"reached": False, "why": error.strerror or str(error)}
        return {"reached": True, "took_s": round(time.monotonic() - began, 6)}

    return read
