"""Ports that a test gives to a server of its own."""

from __future__ import annotations

import contextlib
import random
import socket


def free_port() -> int:
    """A port that is free for TCP and for UDP at every address, and that the kernel gives to nobody by itself.

    The kernel takes the ports of connections, here or in a test beside, from 32768 on (ip-sysctl,
    ip_local_port_range): one it gives out and takes back is often somebody else's a moment later.

    Raises:
        OSError: None of fifty is free.
    """
    for port in random.SystemRandom().sample(range(15_000, 32_000), 50):
        with (
            contextlib.suppress(OSError),
            socket.create_server(("", port)),
            socket.socket(type=socket.SOCK_DGRAM) as datagrams,
        ):
            datagrams.bind(("", port))
            return port
    raise OSError("no port of fifty is free for TCP and for UDP")
