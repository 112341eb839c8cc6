"""The client hosts of a load, as the generator needs them: their network, and how they resolve names."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import RunningLab
from chaoskit.core.topology import HostInfo
from chaoskit.loads.work import Client


def client(lab: RunningLab, host: HostInfo) -> Client:
    """What a client host's own resolver library would read: its `/etc/resolv.conf` and `/etc/hosts`.

    Raises:
        LabError: the host is not running.
    """
    running = lab.hosts[host.name]
    pid = running.status().pid
    if pid is None:
        raise LabError(f"the client host {host.name} is not running", remedy=f"See its log: {lab.logs(host.name)}.")
    etc = Path(f"/proc/{pid}/root/etc")
    servers, options = resolv_conf((etc / "resolv.conf").read_text())
    return Client(host.name, running.netns(), servers, hosts_file((etc / "hosts").read_text()), options)


def resolv_conf(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name servers and options, as resolv.conf(5) has them: options of several lines add up."""
    servers: list[str] = []
    options: list[str] = []
    for line in text.splitlines():
        match line.split("#")[0].split(";")[0].split():
            case ["nameserver", address, *_]:
                servers.append(address)
            case ["options", *words]:
                options += words
            case _:
                pass  # search and sortlist do not matter to absolute names
    return tuple(servers), tuple(options)


def hosts_file(text: str) -> dict[str, str]:
    """Name to IPv4 address, as hosts(5) has them: the first line of a name wins."""
    names: dict[str, str] = {}
    for line in text.splitlines():
        address, *aliases = line.split("#")[0].split() or [""]
        if ":" not in address:
            for alias in aliases:
                names.setdefault(alias, address)
    return names
