"""The address that a connection comes from, which any of a prefix may be that is routed to the host itself (AnyIP)."""

from __future__ import annotations

import errno
from _socket import AF_INET, IPPROTO_IP, SOCK_CLOEXEC, SOCK_STREAM, socket

from chaoskit.core.errors import UsageError

_BIND_ADDRESS_NO_PORT = 24
"""IP_BIND_ADDRESS_NO_PORT (linux/in.h): bind(2) reserves no port, so that connect(2) may choose one that is in use
towards other servers; else the ports of an address were used up by 28,232 connections, wherever they go (ip(7))."""


def leave_from(made: socket, address: str) -> int:
    """Have a socket that is not connected yet come from an address, if one is given.

    Returns:
        0, or an error number: the host has no such address just now, and nothing of it reaches anybody.
    """
    if not address:
        return 0
    made.setsockopt(IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
    try:
        made.bind((address, 0))
    except OSError:
        return errno.EHOSTUNREACH
    return 0


def require_own(address: str, prefix: str, host: str) -> None:
    """See that the calling thread's network has an address of a population's.

    Raises:
        UsageError: it has not: nobody has routed the prefix to it.
    """
    made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC)
    try:
        if leave_from(made, address):
            raise UsageError(
                f"{address}, of the population's sources {prefix}, is no address of {host}",
                remedy="A lab gets the routes for it by itself; elsewhere use a prefix of 127.0.0.0/8, or "
                f"`ip route add local {prefix} dev lo`.",
            )
    finally:
        made.close()
