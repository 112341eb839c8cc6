"""A lab's Compose files as a `LabSpec`: what a driver brings up, with every address decided."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from chaoskit.core.lab import Lab
from chaoskit.core.topology import HostInfo, Network, Topology
from chaoskit.labs import ipam
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.hosts import Context, host_spec
from chaoskit.labs.compose.labels import check_given, labels
from chaoskit.labs.compose.links import links
from chaoskit.labs.compose.naming import project_name
from chaoskit.labs.compose.project import Project, read_project
from chaoskit.labs.compose.refusals import remedy, service_notes, service_refusals
from chaoskit.labs.compose.services import Services, chosen, instances
from chaoskit.labs.compose.shared import shared_notes, shared_refusals
from chaoskit.labs.compose.subnets import Subnet, subnets
from chaoskit.labs.find import lab_files
from chaoskit.labs.spec import LabSpec, Note


def load_lab(lab: Lab) -> LabSpec:
    """Read, merge and check a lab's Compose files.

    Variables come from the lab's own environment, then the caller's, then `.env` beside the first file.

    Raises:
        LabError: a file is not valid; the message gives file, line, service, key and what to do.
        UsageError: there is no such lab, or its roles and regions name no service.
    """
    found = lab_files(lab)
    caller = Environment({**os.environ, **lab.environment})
    name = project_name(found.files, found.name, caller)
    project = read_project(found.files, Environment({**caller.variables, "COMPOSE_PROJECT_NAME": name}))
    services = chosen(project.fields, {*lab.profiles, *project.environment.profiles})
    check_given(lab, services)
    block = ipam.BLOCKS.get(found.name, ipam.OTHERS) if lab.is_shipped else ipam.OTHERS
    used = subnets(name, block, project.fields, services)
    topology = Topology(name, _hosts(lab, project, services, used), _networks(used))
    context = Context(name, project.fields, project.folder, project.environment, _by_service(topology))
    hosts = tuple(host_spec(each, topology.by_name[each.name], context) for each in instances(services))
    return LabSpec(
        name,
        found.files,
        topology,
        hosts,
        _notes(project, services, used),
        _refused(project, services, used),
        dict(lab.environment),
        tuple(lab.profiles),
        lab.egress == "allow",
    )


def _networks(used: Mapping[str, Subnet]) -> tuple[Network, ...]:
    return tuple(
        Network(
            name,
            str(subnet.network),
            str(subnet.gateway) if subnet.gateway else None,
            subnet.fields.pairs("labels"),
        )
        for name, subnet in used.items()
    )


def _hosts(lab: Lab, project: Project, services: Services, used: Mapping[str, Subnet]) -> tuple[HostInfo, ...]:
    every = instances(services)
    named = {name: labels(name, fields, lab, project.environment) for name, fields in services.items()}
    wired = links(every, used, {host.name: named[host.service] for host in every})
    return tuple(HostInfo(host.name, host.service, named[host.service], wired[host.name]) for host in every)


def _by_service(topology: Topology) -> dict[str, tuple[HostInfo, ...]]:
    names = dict.fromkeys(host.service for host in topology.hosts)
    return {name: tuple(host for host in topology.hosts if host.service == name) for name in names}


def _refused(project: Project, services: Services, used: Mapping[str, Subnet]) -> tuple[Note, ...]:
    """Every refusal, with the commands that can run the file."""
    found = [note for name, fields in services.items() for note in service_refusals(name, fields)]
    found += shared_refusals(project.fields, services, used)
    how = remedy(project.files)
    return tuple(replace(note, text=f"{note.text}; {how}") for note in found)


def _notes(project: Project, services: Services, used: Mapping[str, Subnet]) -> tuple[Note, ...]:
    found = [note for name, fields in services.items() for note in service_notes(name, fields)]
    found += shared_notes(project.fields, used)
    unset = project.unset.places.items()
    found += [Note(str(where), "", name, "the variable is not set, and became empty") for name, where in unset]
    return tuple(found)
