"""Our reading of Compose files, in the terms in which `oracle.py` puts that of Compose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.services import attachments
from chaoskit.labs.spec import HostSpec, LabSpec, Mount, MountKind


def service(host: HostSpec, spec: LabSpec, fields: Fields) -> dict[str, object]:
    """One service: its host, and of its fields what no host has."""
    return {
        "image": host.image,
        "command": _list(host.command),
        "entrypoint": _list(host.entrypoint),
        "environment": dict(host.environment),
        "healthcheck": host.healthcheck,
        "depends_on": {each.service: (each.condition, each.restart, each.required) for each in host.depends_on},
        "labels": dict(spec.topology.by_name[host.name].labels),
        "networks": dict(_networks(host, spec, fields)),
        "mounts": {mount.target: mount for mount in _mounts(host, fields)},
        "dns": list(host.dns),
        "dns_search": list(host.dns_search),
        "dns_opt": list(host.dns_opt),
        "sysctls": dict(host.sysctls),
        "ulimits": {name: (limit.soft, limit.hard) for name, limit in host.ulimits.items()},
        "user": host.user,
        "working_dir": host.working_dir,
        # A host has a name where the file gives none: its own.
        "hostname": host.hostname if fields.has("hostname") else None,
        "domainname": host.domainname,
        # Aliases of links are names of the hosts file as well; they are compared as links.
        "extra_hosts": {name: at for name, at in host.extra_hosts.items() if name in fields.at("extra_hosts").names},
        "cap_add": set(host.cap_add),
        "cap_drop": set(host.cap_drop),
        "init": host.init,
        "read_only": host.read_only,
        "stop_signal": host.stop_signal,
        "stop_grace": host.stop_grace,
        "restart": (host.restart.name, host.restart.max_retries),
        "cpus": host.cpus,
        "memory": host.memory,
        "replicas": sum(other.service == host.service for other in spec.hosts),
        "ports": {port for _, port in fields.at("ports").each() for port in _ports(port)},
        "expose": set(fields.texts("expose")),
        "links": set(fields.texts("links")),
        "container_name": fields.text("container_name"),
        "network_mode": fields.text("network_mode"),
        "profiles": set(fields.texts("profiles")),
    }


def networks(spec: LabSpec, root: Fields) -> dict[str, tuple[object, object, object]]:
    """Subnets, gateway and labels of each network; subnets that the file leaves open are ours to choose."""
    return {
        network.name: (
            [text for text in root.at("networks").at(network.name).at("ipam").at("config").names if text],
            network.gateway,
            dict(network.labels),
        )
        for network in spec.topology.networks
    }


def _networks(host: HostSpec, spec: LabSpec, fields: Fields) -> Iterator[tuple[str, dict[str, object]]]:
    links = {link.network: link for link in spec.topology.by_name[host.name].links}
    for network, entry in attachments(fields):
        link = links[network]
        asked = entry.has("ipv4_address")
        yield (
            network,
            {
                "address": link.address if asked else None,
                # Every host answers to its service's name.
                "aliases": {*link.aliases} - {host.service},
                "mac": link.mac if entry.has("mac_address") or fields.has("mac_address") else None,
                "priority": entry.integer("priority", 0),
            },
        )


def _mounts(host: HostSpec, fields: Fields) -> Iterator[Mount]:
    """Its mounts; a volume without a name gets one of its host's, which no file says."""
    for mount in host.mounts:
        named = mount.kind is not MountKind.VOLUME or fields.at("volumes").at(mount.target).has("source")
        yield mount if named else replace(mount, source="")


def _ports(port: Fields) -> Iterator[tuple[str, str, int, str]]:
    """A port, or each of a range as Compose writes it."""
    host, protocol = port.text("host_ip"), port.text("protocol") or "tcp"
    targets, published = _range(port.text("target")), _range(port.text("published"))
    for number, target in enumerate(targets):
        outside = published[number] if len(published) == len(targets) else port.text("published")
        yield host, str(outside), target, protocol


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1)) if first else []


def _list(value: tuple[str, ...] | None) -> list[str] | None:
    return None if value is None else list(value)
