"""Datagrams from host to host, numbered and timed, to measure what a packet fault does to them."""

from __future__ import annotations

import contextlib
import math
import random
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.action import Action, Planning
from chaoskit.core.step import Evidence, Prior
from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.steps.impair import DIVERSION, NETEM, RULES, Impair
from tests.wire import Wire, until

PORT = 9000
BY_PROCESS, BY_RULES = (NETEM, DIVERSION), (NETEM, RULES)
"""What a fault may be done by: netem where the machine has it, else the substitute."""
_STAMPS, _STAMP = 64, struct.Struct("=qq")
"""SO_TIMESTAMPNS_NEW: when the kernel took a datagram up, by the machine's clock (socket(7))."""
_BUFFER_BY_FORCE = 33
_Z = 4.5
"""Standard deviations to both sides: a right build is outside of them 7 times in a million."""


@dataclass(frozen=True)
class Arrival:
    """One datagram that arrived.

    Attributes:
        at: when, ns by the machine's clock.
        took: how long it was under way, in ns.
        whole: whether its content is what was sent.
    """

    number: int
    at: int
    took: int
    whole: bool


@contextlib.contextmanager
def in_force(wire: Wire, action: Action, *others: Action) -> Iterator[Impair]:
    """The first step of an action, with everything done and confirmed, undone at the end."""
    every = enumerate((action, *others))
    steps = [step for seed, each in every for step in each.steps(Planning(wire.topology, random.Random(seed), 60 * NS))]
    done = []
    try:
        for step in steps:
            prior = step.prepare(wire.lab)
            done.append((step, prior))
            step.do(wire.lab, prior)
            assert until(lambda step=step, prior=prior: step.confirm(wire.lab, prior).holds), step.confirm(
                wire.lab, prior
            )
        first = steps[0]
        assert isinstance(first, Impair)
        _PRIORS[first.id] = done[0][1]
        yield first
    finally:
        for step, prior in reversed(done):
            step.undo(wire.lab, prior)


_PRIORS: dict[str, Prior] = {}


def prior_of(step: Impair) -> Prior:
    """What a step in force was prepared with."""
    return _PRIORS[step.id]


def means_of(step: Impair) -> str:
    """What a step in force is done by."""
    return str(prior_of(step)["by"])


def evidence(wire: Wire, step: Impair) -> Evidence:
    """What a step in force shows now."""
    return step.confirm(wire.lab, prior_of(step))


def flight(
    wire: Wire,
    count: int,
    *,
    sender: str = "a",
    to: str = "b",
    gap_s: float = 0.0,
    quiet_s: float = 0.1,
    size: int = 64,
) -> list[Arrival]:
    """Send so many datagrams, then read what arrived, in its order, until nothing has come for a while."""
    filling = bytes(size)
    with _socket(wire, to) as listening, _socket(wire, sender) as speaking:
        listening.bind(("0.0.0.0", PORT))
        listening.setsockopt(socket.SOL_SOCKET, _BUFFER_BY_FORCE, 64 << 20)
        listening.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
        for number in range(count):
            speaking.sendto(struct.pack("=Iq", number, time.time_ns()) + filling, (wire.address(to), PORT))
            if gap_s:
                time.sleep(gap_s)
        listening.settimeout(quiet_s)
        arrived: list[Arrival] = []
        with contextlib.suppress(TimeoutError):
            while True:
                data, ancillary, _, _ = listening.recvmsg(1 << 16, 64)
                number, sent = struct.unpack_from("=Iq", data)
                seconds, ns = _STAMP.unpack(ancillary[0][2])
                at = seconds * NS + ns
                arrived.append(Arrival(number, at, at - sent, data[12:] == filling))
    return arrived


def _socket(wire: Wire, name: str) -> socket.socket:
    return in_network(wire.networks[name], lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))


def overtaken(arrivals: list[Arrival]) -> int:
    """How many came after one that was sent later."""
    latest, late = -1, 0
    for each in arrivals:
        late += each.number < latest
        latest = max(latest, each.number)
    return late


def is_share(hits: int, of: int, share: float) -> bool:
    """Whether so many hits are what a share may give by chance."""
    return abs(hits - of * share) <= _Z * math.sqrt(of * share * (1 - share))


def counter(network: Path, group: str, name: str) -> int:
    """A counter of /proc/net/snmp of a network."""
    lines = run_in_network(network, ["cat", "/proc/net/snmp"]).stdout.splitlines()
    names, values = (line.split() for line in lines if line.startswith(f"{group}:"))
    return int(values[names.index(name)])


def as_found(wire: Wire, name: str) -> str:
    """Everything a packet fault could have left in a host's network."""
    show = (["nft", "list", "ruleset"], ["tc", "qdisc", "show"], ["tc", "filter", "show", "dev", "eth0"])
    return "".join(run_in_network(wire.networks[name], list(argv)).stdout for argv in show)
