"""The client hosts of a load, as the generator needs them: their network, and how they resolve names."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import THIS_MACHINE
from chaoskit.core.topology import HostInfo
from chaoskit.loads.work import Client


def client(lab: RunningLab, host: HostInfo) -> Client:
    """What a client host's own resolver library would read: its `/etc/resolv.conf` and `/etc/hosts`.

    Of a system elsewhere the one client is this machine: its own network and its own resolver's files.

    Raises:
        LabError: the host is not running.
    """
    if host.name == THIS_MACHINE:
        return _client(THIS_MACHINE, None, Path("/etc"))
    running = lab.hosts[host.name]
    pid = running.status().pid
    if pid is None:
        raise LabError(f"the client host {host.name} is not running", remedy=f"See its log: {lab.logs(host.name)}.")
    return _client(host.name, running.netns(), Path(f"/proc/{pid}/root/etc"))


def _client(name: str, netns: Path | None, etc: Path) -> Client:
    servers, options = resolv_conf(_text(etc / "resolv.conf"))
    return Client(name, netns, servers, hosts_file(_text(etc / "hosts")), options)


def _text(path: Path) -> str:
    """A file of the resolver library; one that is not there is as good as empty, as it is to the library."""
    return path.read_text() if path.exists() else ""


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
