"""What the kernel has counted in a network namespace, by the names of nstat(8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from chaoskit.core.errors import LabError

_FILES: Final = (Path("/proc/thread-self/net/netstat"), Path("/proc/thread-self/net/snmp"))
"""By thread: the caller's thread may be inside a host's network while the rest of the process is not."""
_DEVICES: Final = Path("/proc/thread-self/net/dev")
_SENT: Final = 9
"""The column of packets sent: behind eight of what was received, and the bytes (proc_pid_net(5))."""


def counters() -> Mapping[str, int]:
    """Every counter of the network the calling thread is in: `{"TcpRetransSegs": 17, "TcpExtTW": 3, ...}`.

    Files are opened for every reading: an open file of a network namespace would keep it from going with its host.
    """
    return {name: n for path in _FILES for name, n in parse(path.read_text())}


def packets_sent(device: str) -> int:
    """Packets that an interface of the network the calling thread is in has sent, whoever made them.

    Those of packet(7) sockets as well, which the counters of IP and TCP do not know.

    Raises:
        LabError: there is no such interface.
    """
    for line in _DEVICES.read_text().splitlines():
        name, _, values = line.partition(":")
        if name.strip() == device and values:
            return int(values.split()[_SENT])
    raise LabError(f"there is no interface {device}")


def parse(text: str) -> Iterator[tuple[str, int]]:
    """Counters of /proc/net/snmp or netstat: pairs of lines, `Tcp: NAME NAME ...` above `Tcp: 1 2 ...` (proc(5))."""
    lines = text.splitlines()
    for header, values in zip(lines[::2], lines[1::2], strict=True):
        table, *columns = header.split()
        for column, value in zip(columns, values.split()[1:], strict=True):
            yield table.removesuffix(":") + column, int(value)
