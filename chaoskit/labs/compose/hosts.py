"""One host of a lab from the fields of its service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.topology import HostInfo, Link
from chaoskit.core.units import NS
from chaoskit.labs.compose import health, resources
from chaoskit.labs.compose.dotenv import read_env_file
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.mistake import shown
from chaoskit.labs.compose.mounts import mounts
from chaoskit.labs.compose.nodes import Scalar, text_of
from chaoskit.labs.compose.services import Instance
from chaoskit.labs.spec import Dependency, HostSpec

HOST_GATEWAY = "host-gateway"
"""Docker's word for the address of the machine itself, which no lab can reach."""


@dataclass(frozen=True)
class Context:
    """What all hosts of one lab share.

    Attributes:
        hosts: every host's topology, by service.
    """

    lab: str
    root: Fields
    folder: Path
    environment: Environment
    hosts: Mapping[str, tuple[HostInfo, ...]]


def host_spec(instance: Instance, info: HostInfo, context: Context) -> HostSpec:
    """The host with everything the file says of it.

    Raises:
        LabError: a value cannot be read, or a file the service needs.
    """
    fields, name = instance.fields, instance.name
    return HostSpec(
        name=name,
        service=instance.service,
        image=_image(instance, context.lab),
        where=fields.where,
        entrypoint=_argv(fields, "entrypoint"),
        command=_argv(fields, "command"),
        environment=environment(fields, context.environment),
        hostname=fields.text("hostname", name),
        domainname=fields.text("domainname"),
        dns=fields.texts("dns"),
        dns_search=fields.texts("dns_search"),
        dns_opt=fields.texts("dns_opt"),
        extra_hosts={**_linked(fields, info, context.hosts), **_extra_hosts(fields)},
        mounts=mounts(fields, context.root, name, context.environment, context.folder),
        cap_add=_capabilities(fields.texts("cap_add")),
        cap_drop=_capabilities(fields.texts("cap_drop")),
        sysctls=fields.pairs("sysctls"),
        ulimits=resources.ulimits(fields),
        healthcheck=health.healthcheck(fields),
        depends_on=_present(health.dependencies(fields), context.hosts),
        init=fields.flag("init"),
        user=fields.text("user"),
        working_dir=fields.text("working_dir"),
        read_only=fields.flag("read_only"),
        stop_signal=resources.stop_signal(fields),
        stop_grace=fields.duration("stop_grace_period", 10 * NS),
        restart=health.restart_policy(fields),
        cpus=resources.cpus(fields),
        memory=resources.memory(fields),
    )


def environment(service: Fields, outer: Environment) -> dict[str, str]:
    """`env_file` in order, then `environment`; a name without a value takes the caller's, if there is one.

    Raises:
        LabError: a file that is required cannot be read.
    """
    found: dict[str, str] = {}
    for entry in service.maps("env_file"):
        found.update(_env_file(entry, outer, found))
    for name, node in service.node.section("environment").entries.items():
        value = node.value if isinstance(node, Scalar) else None
        inherited = outer.get(name)
        if value is not None:
            found[name] = text_of(value)
        elif inherited is not None:
            found[name] = inherited
        else:
            found.pop(name, None)
    return found


def _env_file(entry: Fields, outer: Environment, earlier: Mapping[str, str]) -> dict[str, str]:
    file = Path(entry.text("path"))
    if not file.is_file():
        if entry.flag("required", default=True):
            raise entry.mistake("path", f"there is no file {shown(file)}", "Write it, or add required: false.")
        return {}
    known = Environment({**earlier, **outer.variables})
    return read_env_file(file, known.get, raw=entry.text("format") == "raw")


def _image(instance: Instance, lab: str) -> str:
    """The image as written; one that is only built has the name Compose would give it."""
    fields = instance.fields
    if not fields.has("image") and not fields.has("build"):
        raise fields.mistake("", "it has neither an image nor a build", "Add image: NAME.")
    return fields.text("image") or f"{lab}-{instance.service}"


def _argv(fields: Fields, key: str) -> tuple[str, ...] | None:
    return fields.texts(key) if fields.has(key) else None


def _capabilities(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.upper().removeprefix("CAP_") for name in names))


def _extra_hosts(fields: Fields) -> dict[str, str]:
    """Names by their first address."""
    entries = fields.at("extra_hosts")
    first = {name: entries.texts(name)[0] for name in entries.names if entries.texts(name)}
    return {name: address for name, address in first.items() if address != HOST_GATEWAY}


def _linked(fields: Fields, info: HostInfo, hosts: Mapping[str, tuple[HostInfo, ...]]) -> dict[str, str]:
    """What `links: [db:database]` adds: the alias, at the other's address on a network both are on."""
    found: dict[str, str] = {}
    own = {link.network for link in info.links}
    for text in fields.texts("links"):
        service, _, alias = text.partition(":")
        shared: list[Link] = [link for host in hosts.get(service, ()) for link in host.links if link.network in own]
        if alias and shared:
            found[alias] = shared[0].address
    return found


def _present(wanted: Iterable[Dependency], hosts: Mapping[str, tuple[HostInfo, ...]]) -> tuple[Dependency, ...]:
    """Dependencies that have a host: one scaled to nothing, or optional and not chosen, is not waited for."""
    return tuple(each for each in wanted if hosts.get(each.service))
