"""What a Compose file asks for, as frozen data: what the parser makes and a driver brings up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from chaoskit.core.topology import Topology
from chaoskit.core.units import NS
from chaoskit.labs.attachment import Attachment, Standing


class MountKind(StrEnum):
    """Where a mount's content comes from."""

    BIND = "bind"
    VOLUME = "volume"
    TMPFS = "tmpfs"
    CONTENT = "content"
    """A secret or config: a file whose content the parser has read already."""


@dataclass(frozen=True)
class Mount:
    """One entry of a service's `volumes`, `tmpfs`, `secrets` or `configs`.

    Attributes:
        source: absolute path of a bind, name of a volume, empty otherwise.
        size: bytes a tmpfs may hold; None for the driver's default.
        content: of a secret or config.
        mode: permission bits of a secret or config.
    """

    kind: MountKind
    target: str
    source: str = ""
    read_only: bool = False
    size: int | None = None
    content: bytes = b""
    mode: int = 0o444
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class Healthcheck:
    """Compose's healthcheck; times in ns. `test` is an argv; `CMD-SHELL` has become `/bin/sh -c`."""

    test: tuple[str, ...]
    interval: int = 30 * NS
    timeout: int = 30 * NS
    retries: int = 3
    start_period: int = 0
    start_interval: int = 5 * NS


class Condition(StrEnum):
    """What a dependency must have reached."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True)
class Dependency:
    """One entry of `depends_on`; it means every instance of the service."""

    service: str
    condition: Condition = Condition.STARTED
    restart: bool = False
    required: bool = True


@dataclass(frozen=True)
class RestartPolicy:
    """`no`, `always`, `on-failure[:max]` or `unless-stopped`."""

    name: str = "no"
    max_retries: int | None = None


@dataclass(frozen=True)
class Ulimit:
    """One entry of `ulimits`."""

    soft: int
    hard: int


@dataclass(frozen=True)
class HostSpec:
    """One instance of a service, merged, interpolated and with its defaults filled in.

    Attributes:
        name: as in the topology, which holds its labels, networks, addresses and aliases.
        image: as written; a driver decides what it stands for.
        entrypoint: argv, or None for the image's own.
        command: argv, or None for the image's own.
        stop_signal: a name such as `SIGTERM`.
        stop_grace: ns between the stop signal and SIGKILL.
        cpus: share of one core, or None for no limit.
        memory: bytes, or None for no limit.
        where: file and line of the service, for errors.
    """

    name: str
    service: str
    image: str
    where: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    hostname: str = ""
    domainname: str = ""
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_opt: tuple[str, ...] = ()
    extra_hosts: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    ulimits: Mapping[str, Ulimit] = field(default_factory=dict)
    healthcheck: Healthcheck | None = None
    depends_on: tuple[Dependency, ...] = ()
    init: bool = False
    user: str = ""
    working_dir: str = ""
    read_only: bool = False
    stop_signal: str = "SIGTERM"
    stop_grace: int = 10 * NS
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    cpus: float | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Note:
    """Something the file says that changes nothing on this driver, and why."""

    where: str
    service: str
    key: str
    text: str


@dataclass(frozen=True)
class LabSpec:
    """A lab, ready to be brought up.

    Attributes:
        files: the Compose files it was merged from, the first one the base.
        topology: hosts, networks and links with every address decided.
        hosts: one for each host of the topology, in the file's order.
        refused: keys the native driver cannot honour: what `lab check` lists and `lab up` stops at.
        environment: variables for interpolation, over those of the caller's environment.
        profiles: Compose profiles to bring up.
        egress: whether the lab's hosts may reach what is outside of it.
        attachment: the running project this is, where it is one; no files then.
        standing: how that project stood when this was made.
    """

    name: str
    files: tuple[Path, ...]
    topology: Topology
    hosts: tuple[HostSpec, ...]
    notes: tuple[Note, ...] = ()
    refused: tuple[Note, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    egress: bool = False
    attachment: Attachment | None = None
    standing: Standing | None = None
