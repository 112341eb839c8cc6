"""Read a Compose file as a lab: its hosts and networks, what changes nothing, and what cannot be honoured."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.commands.lab import _options
from chaoskit.cli.output import say, say_json, say_table
from chaoskit.cli.status import ERROR, PASS
from chaoskit.labs.native import preflight

if TYPE_CHECKING:
    from chaoskit.labs.spec import LabSpec, Note

HELP = "read a Compose file as a lab; starts nothing"
EXAMPLES = """\
  chaoskit lab check gslb                                     a shipped lab
  chaoskit lab check ./compose.yaml                           yours
  chaoskit lab check ./compose.yaml -f compose.staging.yaml   with an overlay merged over it
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    _options.lab_file(parser)
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what was read; a lab that cannot be run here is an error, so that a CI server notices."""
    spec = _options.read(args)
    problem = preflight.problem(spec)
    status = ERROR if problem else PASS
    if args.json:
        say_json(_as_json(spec, problem))
        return status
    say(f"lab {spec.name}: {', '.join(str(file) for file in spec.files)}")
    say("\nnetworks")
    say_table([(net.name, net.subnet, net.gateway or "no router") for net in spec.topology.networks], indent="  ")
    say("\nhosts")
    images = {host.name: host.image for host in spec.hosts}
    say_table(
        [
            (host.name, host.role or "-", host.region or "-", images[host.name], ", ".join(host.addresses))
            for host in spec.topology.hosts
        ],
        header=("name", "role", "region", "image", "addresses"),
        indent="  ",
    )
    _say_notes("changes nothing here", spec.notes)
    _say_notes("cannot be honoured", spec.refused)
    say(f"\nnative driver: {'can run it' if not problem else 'cannot run it here'}")
    if problem:
        say(problem)
    return status


def _say_notes(title: str, notes: Sequence[Note]) -> None:
    if notes:
        say(f"\n{title}")
        say_table([(note.where, note.service, note.key, note.text) for note in notes], indent="  ")


def _as_json(spec: LabSpec, problem: str) -> dict[str, object]:
    def notes(of: Sequence[Note]) -> list[dict[str, str]]:
        return [{"where": n.where, "service": n.service, "key": n.key, "text": n.text} for n in of]

    return {
        "name": spec.name,
        "files": [str(file) for file in spec.files],
        "networks": [
            {"name": net.name, "subnet": net.subnet, "gateway": net.gateway} for net in spec.topology.networks
        ],
        "hosts": [
            {"name": h.name, "service": h.service, "role": h.role, "region": h.region, "addresses": list(h.addresses)}
            for h in spec.topology.hosts
        ],
        "notes": notes(spec.notes),
        "refused": notes(spec.refused),
        "native": not problem,
        "problem": problem,
    }
