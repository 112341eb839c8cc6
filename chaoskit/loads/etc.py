"""What a host's own resolver library would read: its `/etc/resolv.conf` and `/etc/hosts`."""

from __future__ import annotations

from pathlib import Path

from chaoskit.loads.work import Client


def client_of(name: str, netns: Path | None, etc: Path) -> Client:
    """A client host with the names that its `etc` folder knows."""
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
