"""What the island process is told: a lab as the kernel needs it, with nothing left to decide.

The island imports this module and little else; see `bootstrap.py` for why.
"""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.labs.native.record import Record


class BridgePlan(Record):
    """A network: a bridge of the island, which holds the gateway's address where there is one."""

    name: str
    device: str
    mac: str
    gateway: str | None
    prefix: int


class LinkPlan(Record):
    """A host's interface.

    Attributes:
        bridge: the bridge's device name in the island.
        port: the device name of the island's end.
        gateway: where the default route points, on the link that holds it.
    """

    bridge: str
    port: str
    device: str
    address: str
    prefix: int
    mac: str
    gateway: str | None


class VolumePlan(Record):
    """Content that is copied once for the run and bound into the hosts that mount it.

    Attributes:
        source: an absolute path to copy, or empty for an empty directory or for `content`.
        content: of a single file; None for a directory or a copied path.
    """

    key: str
    source: str = ""
    content: bytes | None = None
    mode: int = 0o755
    uid: int = 0
    gid: int = 0


class MountPlan(Record):
    """A volume in a host.

    Attributes:
        volume: the key of a `VolumePlan`; empty for a tmpfs.
        fresh: a named volume: the first host that mounts it gives it the target's owner.
        filled: and the target's content.
        size: bytes of a tmpfs, None for the kernel's default.
    """

    target: str
    volume: str
    read_only: bool
    size: int | None = None
    fresh: bool = False
    filled: bool = False


class Preparation(Record):
    """What an image brings that the machine's package does not: made in the host's own file system.

    Attributes:
        users: `name:uid:home`, appended to /etc/passwd and /etc/group where missing.
        directories: `path:owner:mode`, made at every start, the owner's name resolved in the host.
        files: text by path, written at the first start.
        links: symbolic links, path to destination.
        empty: directories whose content (from the machine) an image does not have.
    """

    users: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    files: Mapping[str, str] | None = None
    links: Mapping[str, str] | None = None
    empty: tuple[str, ...] = ()


class HostPlan(Record):
    """A host.

    Attributes:
        etc: pieces of text of private files below /etc, by name; hosts share them.
        capabilities: the numbers the host keeps.
        sysctls: below net, applied when the network namespace is made, in this order.
        ulimits: soft and hard by name in lower case; -1 is unlimited.
        init: pid 1 is a small reaping init, and the daemon its child.
        cgroups: directories whose limits the host is under.
        log: the file stdout and stderr are appended to.
    """

    name: str
    number: int
    hostname: str
    domainname: str
    links: tuple[LinkPlan, ...]
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    user: str
    working_dir: str
    read_only: bool
    init: bool
    etc: Mapping[str, tuple[str, ...]]
    mounts: tuple[MountPlan, ...]
    preparation: Preparation
    capabilities: frozenset[int]
    sysctls: tuple[tuple[str, str], ...]
    ulimits: Mapping[str, tuple[int, int]]
    cgroups: tuple[str, ...]
    log: str


class IslandPlan(Record):
    """A lab.

    Attributes:
        disk: the empty directory the lab's file system is mounted on, seen by the lab alone.
        submounts: mount points of the machine that hosts need beside `/`.
        interpreter: prefix of chaoskit's Python, which hosts see wherever it is.
        rootless: there is no overlay of `/`; the root is put together from its folders.
        one_user: user 0 is the only one there is, so that nothing can be given to another.
    """

    lab: str
    run_id: str
    disk: str
    bridges: tuple[BridgePlan, ...]
    volumes: tuple[VolumePlan, ...]
    hosts: tuple[HostPlan, ...]
    submounts: tuple[str, ...]
    interpreter: str
    rootless: bool
    one_user: bool
