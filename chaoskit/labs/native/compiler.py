"""From what a Compose file asks for to what the island is told: pure but for looking at the machine's mounts."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.kernel import capabilities
from chaoskit.labs.native import images, names, rootless
from chaoskit.labs.native.base import submounts
from chaoskit.labs.native.plan import BridgePlan, HostPlan, IslandPlan, LinkPlan, MountPlan, VolumePlan
from chaoskit.labs.spec import HostSpec, LabSpec, Mount, MountKind

_PSEUDO = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
        *("efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs"),
        *("securityfs", "sysfs", "tmpfs", "tracefs"),
    )
)

_OF_PACKAGES = ("/usr/", "/etc/", "/opt/")


def compile_lab(spec: LabSpec, directory: Path, run_id: str, cgroups: Mapping[str, tuple[str, ...]]) -> IslandPlan:
    """The plan of a lab.

    Args:
        spec: what the Compose files ask for.
        directory: absolute; gets `logs/` and holds the mount point of the lab's disk.
        run_id: marks what the lab makes.
        cgroups: directories that hold the limits of a host, by its name.

    Raises:
        LabError: a host asks for what cannot be given; the message starts with file and line.
    """
    bridges = tuple(_bridge(number, spec.topology) for number in range(len(spec.topology.networks)))
    devices = {bridge.name: bridge for bridge in bridges}
    blocks = names.network_blocks(spec.topology)
    hosts = tuple(
        _host(number, host, spec.topology, devices, blocks, directory, cgroups)
        for number, host in enumerate(spec.hosts)
    )
    mountinfo = Path("/proc/self/mountinfo").read_text()
    return IslandPlan(
        spec.name,
        run_id,
        str(directory / "disk"),
        bridges,
        _volumes(spec),
        hosts,
        submounts(mountinfo, _PSEUDO),
        sys.base_prefix,
        rootless.is_rootless(),
        rootless.has_one_user(),
    )


def _bridge(number: int, topology: Topology) -> BridgePlan:
    network = topology.networks[number]
    gateway = network.gateway if network.gateway not in topology.by_address else None
    prefix = int(network.subnet.partition("/")[2])
    return BridgePlan(network.name, f"br{number}", f"02:42:00:00:{number >> 8:02x}:{number & 255:02x}", gateway, prefix)


def _host(
    number: int,
    host: HostSpec,
    topology: Topology,
    bridges: Mapping[str, BridgePlan],
    blocks: Mapping[str, str],
    directory: Path,
    cgroups: Mapping[str, tuple[str, ...]],
) -> HostPlan:
    image = images.resolve(host.image, host.where)
    info = topology.by_name[host.name]
    hostname = host.hostname or host.name
    environment = {"PATH": images.PATH, "HOSTNAME": hostname, **image.environment, **host.environment}
    argv = image.argv(host.entrypoint, host.command)
    if not argv:
        raise LabError(f"{host.where}: the image {host.image!r} has no command of its own", remedy="Write `command:`.")
    return HostPlan(
        name=host.name,
        number=number,
        hostname=hostname[:63],
        domainname=host.domainname,
        links=_links(number, info, topology, bridges),
        argv=argv,
        environment=environment,
        user=host.user or image.user,
        working_dir=host.working_dir or image.working_dir,
        read_only=host.read_only,
        init=host.init,
        etc=names.etc(host, info, topology, blocks),
        mounts=tuple(_mount(mount, host) for mount in sorted(host.mounts, key=lambda each: each.target.count("/"))),
        preparation=image.preparation,
        capabilities=_capabilities(host),
        sysctls=_sysctls(host),
        ulimits={name: (limit.soft, limit.hard) for name, limit in host.ulimits.items()},
        cgroups=cgroups.get(host.name, ()),
        log=str(directory / "logs" / f"{host.name}.log"),
    )


def _links(number: int, info: HostInfo, topology: Topology, bridges: Mapping[str, BridgePlan]) -> tuple[LinkPlan, ...]:
    found: list[LinkPlan] = []
    for position, link in enumerate(info.links):
        gateway = topology.network(link.network).gateway if position == 0 else None
        found.append(
            LinkPlan(
                bridges[link.network].device,
                f"v{number}.{position}",
                link.device,
                link.address,
                link.prefix,
                link.mac,
                gateway if gateway not in info.addresses else None,
            )
        )
    return tuple(found)


def _capabilities(host: HostSpec) -> frozenset[int]:
    try:
        if machine_wide := capabilities.machine_wide(host.cap_add):
            raise LabError(
                f"{host.where}: service {host.service}: {machine_wide[0]} would reach this machine, not the lab alone",
                remedy=f"Docker can run it: docker compose -f {host.where.partition(':')[0]} up",
            )
        return capabilities.allowed(host.cap_add, host.cap_drop)
    except ValueError as error:
        raise LabError(f"{host.where}: service {host.service}: {error}", remedy="See capabilities(7).") from error


def _sysctls(host: HostSpec) -> tuple[tuple[str, str], ...]:
    outside = [name for name in host.sysctls if not re.match(r"net[./]", name)]
    if outside:
        raise LabError(
            f"{host.where}: service {host.service}: the sysctl {outside[0]} is not the network's: "
            "on the native driver it would be the machine's",
            remedy=f"Docker can run it: docker compose -f {host.where.partition(':')[0]} up",
        )
    return tuple((name[4:], value) for name, value in host.sysctls.items())


def _mount(mount: Mount, host: HostSpec) -> MountPlan:
    key = "" if mount.kind is MountKind.TMPFS else _key(mount, host)
    fresh = mount.kind is MountKind.VOLUME
    return MountPlan(mount.target, key, mount.read_only, mount.size, fresh, fresh and _has_content(mount.target))


def _has_content(target: str) -> bool:
    """Whether a folder holds what a package brought, as a volume in Docker takes over what an image brought.

    What is elsewhere, as in /var, is this machine's own data.
    """
    folder = Path(target)
    return target.startswith(_OF_PACKAGES) and folder.is_dir() and any(folder.iterdir())


def _key(mount: Mount, host: HostSpec) -> str:
    """Hosts that bind one source, or mount one volume, share the run's copy; a secret is a host's own."""
    if mount.kind is MountKind.CONTENT:
        text = f"{mount.kind} {host.name} {mount.target}"
    else:
        text = f"{mount.kind} {mount.source}"
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _volumes(spec: LabSpec) -> tuple[VolumePlan, ...]:
    found: dict[str, VolumePlan] = {}
    for host in spec.hosts:
        for mount in host.mounts:
            if mount.kind is not MountKind.TMPFS:
                found.setdefault(_key(mount, host), _volume(mount, host))
    return tuple(found.values())


def _volume(mount: Mount, host: HostSpec) -> VolumePlan:
    key = _key(mount, host)
    if mount.kind is MountKind.CONTENT:
        return VolumePlan(key, "", mount.content, mount.mode, mount.uid, mount.gid)
    if mount.kind is MountKind.VOLUME:
        return VolumePlan(key)
    source = Path(mount.source)
    if not (source.is_dir() or source.is_file()):
        problem = "is neither a file nor a folder" if source.exists() else "does not exist"
        raise LabError(
            f"{host.where}: service {host.service} mounts {source}, which {problem}",
            remedy="" if source.exists() else f"Create it: mkdir -p {source}",
        )
    return VolumePlan(key, str(source))
