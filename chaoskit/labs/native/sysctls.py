"""The sysctls a lab relies on: set in every namespace, because a new one copies some of the machine's.

A new network namespace takes its `net.ipv4.conf` values from the machine
(`net.core.devconf_inherit_init_net=0`) and others from the kernel's version, so the same lab would
behave differently on two machines. What the table does not name has the kernel's default.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

ALL = ("all", "default")


def _last_group() -> int:
    """The highest group of the user namespace: the kernel takes no range beyond it."""
    with open("/proc/self/gid_map", encoding="utf-8") as lines:
        maps = [line.split() for line in lines]
    return min(max(int(first) + int(count) for first, _, count in maps) - 1, 2**31 - 1)


FORWARD = "ipv4.ip_forward"

HOST: tuple[tuple[str, str, str], ...] = (
    (FORWARD, "0", "a host on several networks routes only when the lab says so"),
    *(
        (f"ipv4.conf.{scope}.{name}", value, why)
        for scope in ALL
        for name, value, why in (
            ("rp_filter", "0", "the kernel's default; distributions set 1 or 2"),
            ("accept_redirects", "0", "routes change by the lab's doing alone"),
            ("secure_redirects", "0", "as accept_redirects"),
            ("send_redirects", "0", "a router of the lab does not change its neighbours' routes"),
            ("accept_source_route", "0", "the kernel's default for hosts"),
            ("arp_ignore", "0", "the kernel's default: any local address is answered for"),
            ("arp_announce", "0", "the kernel's default"),
            ("arp_accept", "0", "the kernel's default: gratuitous ARP updates known neighbours only"),
            ("proxy_arp", "0", "the kernel's default"),
            ("log_martians", "0", "the machine's kernel log is not the lab's"),
        )
    ),
    ("ipv4.tcp_syn_linear_timeouts", "0", "SYNs at 0, 1, 3, 7, 15 s; kernels from 6.5 on try at 1, 2, 3, 4 s first"),
    ("ipv4.ip_unprivileged_port_start", "0", "as in a container: any user may bind port 53 or 80"),
    ("ipv4.ping_group_range", f"0 {_last_group()}", "as in a container: any user may ping"),
    ("ipv6.conf.default.disable_ipv6", "1", "labs are IPv4; ::1 on the loopback device stays"),
)
"""Name below `net`, value, and why."""

ISLAND: tuple[tuple[str, str, str], ...] = (
    (FORWARD, "0", "networks of a lab are joined by its hosts, never by the island"),
    *((f"ipv4.conf.{scope}.rp_filter", "0", "see the hosts' table") for scope in ALL),
    *((f"ipv4.conf.{scope}.arp_ignore", "1", "a gateway's address answers on its own network only") for scope in ALL),
    *((f"ipv4.conf.{scope}.send_redirects", "0", "see the hosts' table") for scope in ALL),
    ("ipv6.conf.default.disable_ipv6", "1", "bridges announce nothing of their own"),
    *(
        (f"bridge.bridge-nf-call-{family}tables", "0", "frames on a bridge pass no firewall but the lab's own")
        for family in ("ip", "ip6", "arp")
    ),
)


def apply(settings: Iterable[tuple[str, str]], *, required: bool = False) -> None:
    """Write values in the network namespace the calling thread is in; names with slashes may hold dots.

    Raises:
        OSError: a value was refused, or (`required`) the kernel has no such name.
    """
    for name, value in settings:
        try:
            fd = os.open(_path(name), os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if required:
                raise
            continue
        try:
            os.write(fd, value.encode())
        except OSError as error:
            raise OSError(error.errno, f"sysctl net.{name}={value}: {error.strerror}") from error
        finally:
            os.close(fd)


def lacking(settings: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The settings that the network namespace of the calling thread does not have already.

    Every new namespace starts from the same values, so one of them speaks for all of a lab. Where forwarding has to
    be changed, as beside a Docker engine, that "resets all configuration parameters to their default state" (the
    kernel's ip-sysctl documentation): those of the interfaces are then to be written as well, whatever they are now.
    """
    wanted = list(settings)
    found = {name for name, value in wanted if _read(name) not in (None, value.split())}
    reset = "ipv4.conf." if FORWARD in found else None
    return [each for each in wanted if each[0] in found or (reset and each[0].startswith(reset))]


def _read(name: str) -> list[str] | None:
    try:
        with open(_path(name), encoding="utf-8") as file:
            return file.read().split()
    except FileNotFoundError:
        return None


def _path(name: str) -> str:
    return "/proc/sys/net/" + (name if "/" in name else name.replace(".", "/"))


def table(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """The names and values of a table."""
    return [(name, value) for name, value, _ in rows]
