"""`tcp_counters`: what the kernel of a host has counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.suggest import did_you_mean
from chaoskit.kernel.netstat import counters

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
    wanted, known = names or USUAL, counters()
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"this kernel has no counter {name!r}", remedy=f"{did_you_mean(name, known)}`nstat -az` lists them."
            )

    def read() -> Mapping[str, Json]:
        counted = counters()
        return {name: counted[name] for name in wanted}

    return read
