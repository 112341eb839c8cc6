"""What the native driver makes of each key it does not carry out: refused, or noted as changing nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.hosts import HOST_GATEWAY
from chaoskit.labs.compose.mistake import shown
from chaoskit.labs.compose.nodes import Scalar, Seq, text_of
from chaoskit.labs.spec import Note

_Test = Callable[[Fields, str], bool]


def _present(fields: Fields, key: str) -> bool:
    """Whether a key asks for something: it is not false, and not empty."""
    node = fields.node.get(key)
    if isinstance(node, Scalar):
        return text_of(node.value).lower() not in ("false", "")
    return bool(node.items if isinstance(node, Seq) else node and node.entries)


def _matches(pattern: str) -> _Test:
    return lambda fields, key: bool(re.fullmatch(pattern, fields.text(key)))


def _other_devices(fields: Fields, key: str) -> bool:
    """Whether a service asks for a device beside the one that every native host has."""
    short = (text.partition(":")[0] for text in fields.texts(key))
    long = (one.text("source") for one in fields.maps(key))
    return any(source != _TUN for source in (*short, *long))


_TUN = "/dev/net/tun"
"""Makes interfaces of a host's own network only (tun in the kernel's networking documentation)."""
_SHARED = r"(host|(service|container):.*)"

_REFUSED: Mapping[str, tuple[_Test, str]] = {
    "privileged": (_present, "a native host shares the kernel and gets no power over this machine; name capabilities"),
    "network_mode": (_matches(_SHARED), "a native host has a network namespace of its own"),
    "pid": (_present, "a native host has a process namespace of its own"),
    "ipc": (_matches(_SHARED), "a native host has an IPC namespace of its own"),
    "uts": (_matches("host"), "a native host has a hostname of its own"),
    "cgroup": (_matches("host"), "a native host does not see this machine's cgroups"),
    "devices": (_other_devices, f"native hosts get no devices of this machine but {_TUN}"),
    "device_cgroup_rules": (_present, "native hosts get no devices of this machine"),
    "gpus": (_present, "native hosts get no devices of this machine"),
    "volumes_from": (_present, "mounts are not taken over from other services; name a volume in both"),
    "external_links": (_present, "a lab cannot reach containers outside it"),
    "credential_spec": (_present, "it is for Windows containers"),
    "isolation": (_matches("hyperv|process"), "it is for Windows containers"),
    "runtime": (_matches("(?!(runc|crun|io.containerd.runc.v2)$).+"), "native hosts have no container runtime"),
    "provider": (_present, "nothing outside the lab is asked to provide a service"),
    "models": (_present, "nothing outside the lab is asked to provide a model"),
    "use_api_socket": (_present, "there is no Docker engine inside a native lab"),
    "group_add": (_present, "supplementary groups are not added to the user"),
    "post_start": (_present, "hooks are not run"),
    "pre_stop": (_present, "hooks are not run"),
}

_NOT_LIMITED = "the native driver sets no such limit"
_NOT_NEEDED = "it changes nothing natively"

_LIMITS = (
    *("blkio_config", "cpu_count", "cpu_percent", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpuset"),
    *("mem_reservation", "mem_swappiness", "memswap_limit", "oom_kill_disable", "oom_score_adj"),
    *("pids_limit", "storage_opt"),
)
_NEEDLESS = (
    *("annotations", "attach", "cgroup", "cgroup_parent", "develop", "ipc", "isolation", "logging", "platform"),
    *("pull_policy", "pull_refresh_after", "runtime", "stdin_open", "tty", "userns_mode"),
)

_NOTED: Mapping[str, str] = {
    **dict.fromkeys(_LIMITS, _NOT_LIMITED),
    **dict.fromkeys(_NEEDLESS, _NOT_NEEDED),
    "build": "nothing is built; the image's name decides which program of this machine it stands for",
    "container_name": "the host keeps the service's name, and other hosts find it by this one too",
    "expose": "every port of a host can be reached from its networks",
    "ports": "a lab has no uplink, so nothing is published on this machine; clients are inside the lab",
    "security_opt": "native hosts have a fixed security profile",
}

_DEPLOY_NOTED = ("mode", "endpoint_mode", "labels", "placement", "rollback_config", "update_config")
_OURS = "chaoskit/"
_OWN_FOLDERS = re.compile(r"/|/(proc|sys|dev|run|boot)(/.*)?|/var/run(/.*)?|/var/lib/(docker|containerd)(/.*)?")


def remedy(files: Sequence[Path]) -> str:
    """The commands that can run what the native driver refuses."""
    names = " ".join(f"-f {shown(file)}" for file in files)
    return f"`docker compose {names} up` can run it."


def service_refusals(name: str, service: Fields) -> Iterator[Note]:
    """Keys of a service that the native driver cannot honour."""
    for key, (applies, text) in _REFUSED.items():
        if service.has(key) and applies(service, key):
            yield note(service, name, key, text)
    reservations = service.at("deploy").at("resources").at("reservations")
    if reservations.has("devices"):
        yield note(reservations, name, "devices", "native hosts get no devices of this machine")
    yield from _mount_refusals(name, service)
    yield from _network_refusals(name, service)


def _mount_refusals(name: str, service: Fields) -> Iterator[Note]:
    for _, entry in service.at("volumes").each():
        kind, source = entry.text("type"), entry.text("source")
        if kind in ("cluster", "npipe", "image"):
            yield note(entry, name, "type", f"a mount of type {kind} needs an engine that has such things")
        elif kind == "bind" and source.endswith("docker.sock"):
            yield note(entry, name, "source", "there is no Docker engine inside a native lab")
        elif kind == "bind" and _OWN_FOLDERS.fullmatch(source):
            yield note(entry, name, "source", f"{source} belongs to this machine, and mounts are copies for the run")
        elif entry.at("volume").has("subpath"):
            yield note(entry.at("volume"), name, "subpath", "volumes are mounted whole")


def _network_refusals(name: str, service: Fields) -> Iterator[Note]:
    for _, entry in service.at("networks").each():
        for key in ("ipv6_address", "link_local_ips"):
            if entry.has(key):
                yield note(entry, name, key, "native networks have one IPv4 subnet")
    hosts = service.at("extra_hosts")
    for host in hosts.names:
        if HOST_GATEWAY in hosts.texts(host):
            yield note(hosts, name, host, "a lab cannot reach the machine it runs on")


def service_notes(name: str, service: Fields) -> Iterator[Note]:
    """Keys of a service that change nothing on the native driver."""
    refused = {item.key for item in service_refusals(name, service)}
    for key, text in _NOTED.items():
        # What the build of an image of ours would make is what stands for it.
        needless = key == "build" and service.text("image").startswith(_OURS)
        if _present(service, key) and key not in refused and not needless:
            yield note(service, name, key, text)
    deploy = service.at("deploy")
    for key in _DEPLOY_NOTED:
        if deploy.has(key):
            yield note(deploy, name, key, "it is for clusters")
    for key in ("limits", "reservations"):
        for limit in deploy.at("resources").at(key).names:
            if (key, limit) not in (("limits", "cpus"), ("limits", "memory"), ("reservations", "devices")):
                yield note(deploy.at("resources").at(key), name, limit, _NOT_LIMITED)
    for _, entry in service.at("networks").each():
        for key in ("driver_opts", "gw_priority"):
            if entry.has(key):
                yield note(entry, name, key, "interfaces are ordinary ones, in the order of priority and name")


def note(fields: Fields, service: str, key: str, text: str) -> Note:
    """A note at a key: its path below the service, its file and line."""
    node = fields.node.entries.get(key)
    below = fields.path[2:] if fields.path[:1] == ("services",) else fields.path
    return Note(str(node.where if node else fields.node.where), service, ".".join((*below, key)), text)
