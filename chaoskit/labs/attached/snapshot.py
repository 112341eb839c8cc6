"""How a project was found: its containers, their namespaces and their networks, for a comparison afterwards.

It is written into the run directory before anything is done, so that whoever is left can tell what differs. Values of
the environment, arguments and labels are in it as salted digests only.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import docker

from chaoskit.core.errors import LabError
from chaoskit.kernel.network_state import State, read_state
from chaoskit.labs.attached.networks import networks_of
from chaoskit.labs.attached.project import Instance, instances
from chaoskit.labs.attached.volatile import Fields, fields

FILE = "as-found.json"
"""The snapshot in a run directory."""

_AT_ONCE = 4
_STEADY_AFTER_S = 10.0
_MEMBERS, _COUNTS = "Containers", "Status"
"""Of a network: who is on it; how many addresses are given out."""


@dataclass(frozen=True)
class Seen:
    """One container.

    Attributes:
        name: as `docker ps` shows it.
        started: when its daemon was started, in the engine's words.
        inspected: what `docker inspect` says, without what is never compared.
        network: what is configured in its network namespace; None where it runs not, or elsewhere, or has none of its
            own: what becomes of the machine's network is no word on the project, and nothing of a run is done there.
        restarting: its restart policy starts it again and again: whatever is seen of it is of a moment.
    """

    name: str
    started: str
    inspected: Fields
    network: State | None
    restarting: bool = False


@dataclass(frozen=True)
class SeenNetwork:
    """One network of the project, and the names of its containers on it."""

    name: str
    inspected: Fields
    members: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """A project at one moment; containers and networks by the engine's ids.

    Attributes:
        salt: of the digests, in hexadecimal digits; two snapshots are compared only if they have the same.
        enters: whether the network namespaces were read.
    """

    salt: str
    enters: bool
    containers: Mapping[str, Seen]
    networks: Mapping[str, SeenNetwork]


def take(client: docker.DockerClient, project: str, *, enters: bool, salt: str = "") -> Snapshot:
    """Look at a project.

    Args:
        client: its engine.
        project: its name.
        enters: whether namespaces can be read: the engine is this machine's.
        salt: of the snapshot this one is to be compared with; a new one by default.

    Raises:
        LabError: the engine does not answer, or a namespace cannot be read.
    """
    salt = salt or secrets.token_hex(16)
    found = instances(client, project)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = tuple(pool.map(lambda each: _seen(each, salt, enters=enters), found))
    joined = networks_of(client, found)
    own = {each.id for each in found}
    return Snapshot(
        salt,
        enters,
        {each.id: one for each, one in zip(found, seen, strict=True)},
        {one.id: _network(one.raw, salt, own) for one in joined},
    )


def _seen(instance: Instance, salt: str, *, enters: bool) -> Seen:
    network = None
    if enters and instance.is_running and not instance.shares_machine:
        try:
            network = read_state(Path(f"/proc/{instance.pid}/ns/net"))
        except LabError:
            if Path(f"/proc/{instance.pid}").exists():
                raise
    raw = instance.raw
    return Seen(
        instance.name, str(raw["State"]["StartedAt"]), fields(raw, salt), network, keeps_restarting(raw, time.time())
    )


def keeps_restarting(raw: Mapping[str, Any], now: float) -> bool:
    """Whether the restart policy is starting a container again and again.

    The engine waits longer before each start, unless a daemon lived for ten seconds (restartmanager of moby).

    Args:
        raw: what `docker inspect` says.
        now: when it said so, seconds since the epoch.
    """
    state = raw["State"]
    if state.get("Restarting") or not (raw.get("RestartCount") and state.get("Running")):
        return bool(state.get("Restarting"))
    started = datetime.fromisoformat(f"{str(state['StartedAt'])[:19]}+00:00").timestamp()
    return now - started < _STEADY_AFTER_S


def _network(raw: Mapping[str, Any], salt: str, own: Collection[str]) -> SeenNetwork:
    """A network with the project's containers on it; who else joins or leaves it is nobody's business here."""
    members = sorted(str(one["Name"]) for key, one in raw[_MEMBERS].items() if key in own)
    rest = {key: value for key, value in raw.items() if key not in (_MEMBERS, _COUNTS)}
    return SeenNetwork(str(raw["Name"]), fields(rest, salt), tuple(members))


def write(snapshot: Snapshot, directory: Path) -> None:
    """Bring it to the disk; only its owner may read it.

    Raises:
        LabError: the disk would not take it.
    """
    data = json.dumps(asdict(snapshot), indent=1).encode()
    try:
        fd = os.open(directory / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LabError(f"how the project was found cannot be written down: {error}") from error


def read(directory: Path) -> Snapshot | None:
    """The snapshot of a run directory; None where none was taken, or it was torn: nothing had been done yet."""
    try:
        data = json.loads((directory / FILE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Snapshot(
        data["salt"],
        data["enters"],
        {key: _seen_of(one) for key, one in data["containers"].items()},
        {
            key: SeenNetwork(one["name"], one["inspected"], tuple(one["members"]))
            for key, one in data["networks"].items()
        },
    )


def _seen_of(data: Mapping[str, Any]) -> Seen:
    network = data["network"]
    state = None if network is None else {section: tuple(lines) for section, lines in network.items()}
    return Seen(data["name"], data["started"], data["inspected"], state, data.get("restarting", False))
