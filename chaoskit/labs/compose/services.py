"""Which services a lab has, how many hosts each is, and whether what they name exists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from chaoskit.core.errors import LabError
from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.health import dependencies
from chaoskit.labs.compose.mistake import nearest

Services = Mapping[str, Fields]
"""The services of the chosen profiles by name, in the file's order."""


@dataclass(frozen=True)
class Instance:
    """One host to be: a service, or one of its replicas."""

    name: str
    service: str
    fields: Fields


def chosen(root: Fields, profiles: Collection[str]) -> Services:
    """The services without a profile, and those of the profiles asked for.

    Raises:
        LabError: no service is left, or a service depends on one that does not exist or is not chosen.
    """
    everything = dict(root.at("services").each())
    services = {name: fields for name, fields in everything.items() if _is_chosen(fields, profiles)}
    if not services:
        declared = sorted({profile for fields in everything.values() for profile in fields.texts("profiles")})
        hint = f"Choose profiles among {', '.join(declared)}." if declared else "Declare one under `services:`."
        raise LabError(f"{root.where}: there is no service to run", remedy=hint)
    for name, fields in services.items():
        _check_dependencies(name, fields, services, everything)
    _check_cycles(services)
    return services


def instances(services: Services) -> tuple[Instance, ...]:
    """Every host: `web`, or `web-1`, `web-2`, ... where the service has several replicas.

    Raises:
        LabError: a replica's name is that of another service.
    """
    found: dict[str, Instance] = {}
    for name, fields in services.items():
        count = replicas(fields)
        for host in [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]:
            other = found.get(host)
            if other is not None or (host != name and host in services):
                raise fields.mistake("", f"its replica {host} has the name of another service", "Rename one of them.")
            found[host] = Instance(host, name, fields)
    return tuple(found.values())


def replicas(service: Fields) -> int:
    """`deploy.replicas`, else `scale`, else 1.

    Raises:
        LabError: it is no whole number from 0 up.
    """
    deploy = service.at("deploy")
    fields, key = (deploy, "replicas") if deploy.has("replicas") else (service, "scale")
    count = fields.integer(key, 1)
    if count is None or count < 0:
        raise fields.mistake(key, "it is a whole number from 0 up")
    return count


def _is_chosen(service: Fields, profiles: Collection[str]) -> bool:
    own = service.texts("profiles")
    return not own or "*" in profiles or any(profile in profiles for profile in own)


def _check_dependencies(name: str, fields: Fields, services: Services, everything: Services) -> None:
    for needed in dependencies(fields):
        if needed.service in services or not needed.required:
            continue
        key = "depends_on" if needed.service in fields.at("depends_on").names else "links"
        if needed.service in everything:
            own = ", ".join(everything[needed.service].texts("profiles"))
            text = f"{needed.service!r} is in a profile that is not chosen ({own})"
            raise fields.mistake(key, text, f"Choose the profile, or write required: false in {name}.")
        raise fields.mistake(key, f"there is no service {needed.service!r}", nearest(needed.service, everything))


def _check_cycles(services: Services) -> None:
    done: set[str] = set()
    for name in services:
        _visit(name, (), services, done)


def _visit(name: str, trail: tuple[str, ...], services: Services, done: set[str]) -> None:
    if name in trail:
        steps = " -> ".join((*trail[trail.index(name) :], name))
        raise services[name].mistake("depends_on", f"the dependencies come back to themselves: {steps}")
    if name in done:
        return
    for needed in dependencies(services[name]):
        if needed.service in services:
            _visit(needed.service, (*trail, name), services, done)
    done.add(name)


def attachments(service: Fields) -> Iterator[tuple[str, Fields]]:
    """The networks a service joins, in the order of its interfaces: higher `priority` first, then by name.

    A service that names none joins `default`; `network_mode: none` and the like join nothing.

    Raises:
        LabError: both `networks` and `network_mode` are given.
    """
    listed = dict(service.at("networks").each())
    if listed and service.has("network_mode"):
        raise service.mistake("network_mode", "it cannot stand beside networks", "Leave one of them out.")
    if service.text("network_mode") not in ("", "bridge"):
        return
    if not listed:
        network = service.text("network_mode") or "default"
        listed = {network: service.at("networks").at(network)}
    yield from sorted(listed.items(), key=lambda item: (-(item[1].number("priority", 0) or 0), item[0]))
