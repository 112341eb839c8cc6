"""What the kernel has counted in a network namespace, by the names of nstat(8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_FILES: Final = (Path("/proc/thread-self/net/netstat"), Path("/proc/thread-self/net/snmp"))
"""By thread: the caller's thread may be inside a host's network while the rest of the process is not."""


def counters() -> Mapping[str, int]:
    """Every counter of the network the calling thread is in: `{"TcpRetransSegs": 17, "TcpExtTW": 3, ...}`.

    Files are opened for every reading: an open file of a network namespace would keep it from going with its host.
    """
    return {name: n for path in _FILES for name, n in parse(path.read_text())}


def parse(text: str) -> Iterator[tuple[str, int]]:
    """Counters of /proc/net/snmp or netstat: pairs of lines, `Tcp: NAME NAME ...` above `Tcp: 1 2 ...` (proc(5))."""
    lines = text.splitlines()
    for header, values in zip(lines[::2], lines[1::2], strict=True):
        table, *columns = header.split()
        for column, value in zip(columns, values.split()[1:], strict=True):
            yield table.removesuffix(":") + column, int(value)
