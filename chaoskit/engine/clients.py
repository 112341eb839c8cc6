"""The client hosts of a load, as the generator needs them: their network, and how they resolve names."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import THIS_MACHINE
from chaoskit.core.topology import HostInfo
from chaoskit.loads.etc import client_of
from chaoskit.loads.work import Client


def client(lab: RunningLab, host: HostInfo) -> Client:
    """What a client host's own resolver library would read: its `/etc/resolv.conf` and `/etc/hosts`.

    Of a system elsewhere the one client is this machine: its own network and its own resolver's files.

    Raises:
        LabError: the host is not running.
    """
    if host.name == THIS_MACHINE:
        return this_machine()
    running = lab.hosts[host.name]
    pid = running.status().pid
    if pid is None:
        raise LabError(f"the client host {host.name} is not running", remedy=f"See its log: {lab.logs(host.name)}.")
    return client_of(host.name, running.netns(), Path(f"/proc/{pid}/root/etc"))


def this_machine(name: str = THIS_MACHINE) -> Client:
    """A client in this process's own network, with its own resolver's files, under a name of its choice."""
    return client_of(name, None, Path("/etc"))
