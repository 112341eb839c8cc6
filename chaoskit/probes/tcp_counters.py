"""`tcp_counters`: what the kernel of a host has counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.suggest import did_you_mean

_FILES: Final = (Path("/proc/thread-self/net/netstat"), Path("/proc/thread-self/net/snmp"))
"""By thread: the reader's thread is inside the host's network, the rest of the process is not."""

USUAL: Final = (
    "TcpExtListenOverflows",
    "TcpExtListenDrops",
    "TcpExtTCPTimeouts",
    "TcpRetransSegs",
    "TcpAttemptFails",
    "TcpEstabResets",
    "TcpOutRsts",
)
"""What a probe without names reads: full listen queues, timeouts, retransmissions, failed and reset connections."""


@probe
def tcp_counters(host: ProbeHost, *names: str) -> Reader:
    """Counters of the host's network since it was made: `{"TcpExtListenOverflows": 3, "TcpRetransSegs": 17}`.

    Names are those of nstat(8): the table (`Tcp`, `TcpExt`, `Ip`, `IpExt`, `Icmp`, `Udp`, ...) and the column,
    as in /proc/net/snmp and /proc/net/netstat. They count from the making of the namespace: a host that was
    powered off begins anew, and reading one that is off is an error. Only differences mean anything.

    Args:
        host: whose network.
        names: which; by default the usual signs of trouble (`USUAL`).

    Raises:
        UsageError: this kernel has no counter of that name.
    """
    wanted, known = names or USUAL, _counters()
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"this kernel has no counter {name!r}", remedy=f"{did_you_mean(name, known)}`nstat -az` lists them."
            )

    def read() -> Mapping[str, Json]:
        if host.status().state is HostState.OFF:
            raise ConnectionResetError(f"{host.info.name} is off, its counters are gone")
        counters = _counters()
        return {name: counters[name] for name in wanted}

    return read


def _counters() -> Mapping[str, int]:
    # Opened for every reading: an open file of a network namespace would keep it from going with its host.
    return {name: n for path in _FILES for name, n in parse(path.read_text())}


def parse(text: str) -> Iterator[tuple[str, int]]:
    """Counters of /proc/net/snmp or netstat: pairs of lines, `Tcp: NAME NAME ...` above `Tcp: 1 2 ...` (proc(5))."""
    lines = text.splitlines()
    for header, values in zip(lines[::2], lines[1::2], strict=True):
        table, *columns = header.split()
        for column, value in zip(columns, values.split()[1:], strict=True):
            yield table.removesuffix(":") + column, int(value)
