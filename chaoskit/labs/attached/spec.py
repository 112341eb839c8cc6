"""A running Compose project as a `LabSpec`: its hosts by Compose's labels, its links by their namespaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace

import docker

from chaoskit.core.errors import LabError
from chaoskit.core.lab import Lab
from chaoskit.core.topology import REGION, ROLE, HostInfo, Link, Topology
from chaoskit.core.units import NS
from chaoskit.labs.attached.client import mac_of
from chaoskit.labs.attached.links import links
from chaoskit.labs.attached.naming import client_name, host_names
from chaoskit.labs.attached.networks import Joined, client_network, networks_of
from chaoskit.labs.attached.project import COMPOSE, Instance, Project, find_project
from chaoskit.labs.attachment import Attachment, Client, Container, EngineFacts, Permit, Standing
from chaoskit.labs.compose.labels import check_given, given_to
from chaoskit.labs.docker.engine import about, api_errors, engine, is_local, url
from chaoskit.labs.spec import Healthcheck, HostSpec, LabSpec, Note, RestartPolicy

_CLIENT_ROLE = "client"
_CLIENT_OUTLASTS_S = 300
"""Seconds by which a client host may outlast the longest run: bringing up, last requests, taking down."""
_SHARED = "container:"


def attached_spec(attachment: Attachment, lab: Lab) -> LabSpec:
    """The project as it is now, with a client host that is not there yet.

    Args:
        attachment: which project.
        lab: the experiment's own lab: only its roles and regions count, by service.

    Raises:
        UsageError: there is no such project, or no such network, or a role or region names no service.
        LabError: the engine does not answer, is not this machine's and may not be used, or a namespace cannot be read.
    """
    with closing(engine()) as client:
        known = _engine_facts(client, attachment)
        project = find_project(client, attachment.project)
        joined = networks_of(client, project.running)
        return _spec(attachment, lab, project, joined, known)


def _engine_facts(client: docker.DockerClient, attachment: Attachment) -> EngineFacts:
    known = about(client)
    with api_errors("the Docker engine does not say its name"):
        name = str(client.api.info()["Name"])
    facts = EngineFacts(name, known.version, url(), is_local(known))
    if not facts.local and Permit.REMOTE_ENGINE not in attachment.permits:
        raise LabError(
            f"the Docker engine {name} at {facts.where} ({known.system}) is not this machine's",
            remedy="Run chaoskit beside it (compose/chaoskit.yaml), or act by the engine's API alone: "
            f"{Permit.REMOTE_ENGINE.flag}.",
        )
    return facts


def _spec(attachment: Attachment, lab: Lab, project: Project, joined: Sequence[Joined], known: EngineFacts) -> LabSpec:
    check_given(replace(lab, source=f"project {project.name}"), dict.fromkeys(each.service for each in project.running))
    names = host_names(project.running)
    entry = client_network(attachment.client_network, joined, project.running)
    client = _client(attachment, entry, names)
    usable = tuple(each for each in joined if each.subnet is not None)
    by_id = {each.id: each.name for each in usable}
    infos = [_info(each, names[each.id], lab, by_id, local=known.local) for each in project.running]
    hosts = (*infos, _client_info(client, entry))
    standing = Standing(
        known,
        {names[each.id]: Container(each.id, each.name) for each in project.running},
        client,
        dict(_entangled(project.running, names)),
        {names[each.id]: each.unsteady for each in project.running if each.unsteady},
    )
    return LabSpec(
        project.name,
        (),
        Topology(project.name, hosts, tuple(each.as_network() for each in usable)),
        (*(_host_spec(each, names[each.id]) for each in project.running), _client_spec(client)),
        notes=(*map(_idle, project.idle), *(_unsteady(each) for each in project.running if each.unsteady)),
        egress=True,
        attachment=attachment,
        standing=standing,
    )


def _info(instance: Instance, name: str, lab: Lab, networks: Mapping[str, str], *, local: bool) -> HostInfo:
    labels = {key: value for key, value in instance.labels.items() if not key.startswith(COMPOSE)}
    for key, given in ((ROLE, lab.roles), (REGION, lab.regions)):
        value = given_to(instance.service, given)
        labels |= {} if value is None else {key: value}
    found = links(instance, name, networks, labels) if local else ()
    return HostInfo(name, instance.service, labels, found)


def _client(attachment: Attachment, entry: Joined, names: Mapping[str, str]) -> Client:
    address = entry.next_address()
    lasts = attachment.longest // NS + _CLIENT_OUTLASTS_S
    return Client(client_name(names.values()), entry.id, address, mac_of(address), lasts)


def _client_info(client: Client, entry: Joined) -> HostInfo:
    assert entry.subnet is not None  # what load comes from has one
    labels = {ROLE: _CLIENT_ROLE}
    link = Link(client.host, entry.name, "eth0", client.address, entry.subnet.prefixlen, client.mac, (), labels)
    return HostInfo(client.host, client.host, labels, (link,))


def _entangled(running: Sequence[Instance], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Hosts that use the network of the machine, or of another container."""
    found: list[tuple[str, str]] = []
    for each in running:
        mode = str(each.raw["HostConfig"]["NetworkMode"])
        if each.shares_machine:
            found.append((names[each.id], "this machine"))
        elif mode.startswith(_SHARED):
            owner = mode.removeprefix(_SHARED)
            found.append((names[each.id], names.get(owner, owner[:12])))
    return found


def _host_spec(instance: Instance, name: str) -> HostSpec:
    """What a container was started with, but for its environment, arguments and files, which are not written down."""
    config, policy = instance.raw["Config"], instance.raw["HostConfig"].get("RestartPolicy") or {}
    grace = config.get("StopTimeout")
    return HostSpec(
        name,
        instance.service,
        str(config["Image"]),
        where=f"container {instance.name}",
        healthcheck=_healthcheck(config.get("Healthcheck") or {}),
        stop_signal=str(config.get("StopSignal") or "SIGTERM"),
        stop_grace=(10 if grace is None else int(grace)) * NS,
        restart=RestartPolicy(policy.get("Name") or "no", policy.get("MaximumRetryCount") or None),
    )


def _healthcheck(config: Mapping[str, object]) -> Healthcheck | None:
    """Its rhythm; zero means Docker's default (Docker Engine API, HealthConfig). What it runs may hold passwords."""
    test = config.get("Test")
    if not isinstance(test, list) or test[:1] in ([], ["NONE"]):
        return None

    def number(key: str, otherwise: int) -> int:
        value = config.get(key)
        return value if isinstance(value, int) and value else otherwise

    default = Healthcheck(())
    return Healthcheck(
        (),
        number("Interval", default.interval),
        number("Timeout", default.timeout),
        number("Retries", default.retries),
        number("StartPeriod", default.start_period),
        number("StartInterval", default.start_interval),
    )


def _client_spec(client: Client) -> HostSpec:
    return HostSpec(client.host, client.host, "chaoskit/client", where="the client host")


def _idle(instance: Instance) -> Note:
    status = instance.raw["State"]["Status"]
    return Note(f"container {instance.name}", instance.service, "state", f"it is {status}, and no host of this run")


def _unsteady(instance: Instance) -> Note:
    where = f"container {instance.name}"
    return Note(where, instance.service, "state", f"it {instance.unsteady}: nothing is expected of it")
