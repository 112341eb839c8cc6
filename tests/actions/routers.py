"""Two FRR routers that speak BGP to each other, for tests of what is advertised."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from chaoskit.core.action import Action, Planning
from chaoskit.core.step import Prior, Step
from chaoskit.core.units import NS
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import Healthcheck, HostSpec, Mount, MountKind
from tests.labs.native.build import host, lab, up
from tests.wire import until

PREFIX = "198.18.40.0/24"

_CONF = """\
ip route {prefix} blackhole
router bgp {number}
 no bgp ebgp-requires-policy
 timers bgp 1 3
 neighbor {peer} remote-as external
 address-family ipv4 unicast
{lines} exit-address-family
"""
_ESTABLISHED = "vtysh -c 'show bgp summary json' | grep -q Established"


def _router(name: str, number: int, peer: str, lines: str = "") -> HostSpec:
    conf = _CONF.format(prefix=PREFIX if name == "near" else "198.18.41.0/24", number=number, peer=peer, lines=lines)
    files = {
        "frr.conf": conf,
        "daemons": "bgpd=yes\nvtysh_enable=yes\n",
        "vtysh.conf": "service integrated-vtysh-config\n",
    }
    mounts = tuple(
        Mount(MountKind.CONTENT, f"/etc/frr/{file}", content=text.encode(), mode=0o644) for file, text in files.items()
    )
    check = Healthcheck(("sh", "-c", _ESTABLISHED), interval=NS // 5, retries=50)
    spec = host(name, image="chaoskit/frr", mounts=mounts, cap_add=("NET_ADMIN", "SYS_ADMIN"), healthcheck=check)
    return HostSpec(**{**spec.__dict__, "command": None})


@contextmanager
def routers(folder: Path, *, network: bool) -> Iterator[NativeLab]:
    """`near` has a static route to the prefix, and with `network` advertises it from the start; `far` listens."""
    lines = f"  network {PREFIX}\n" if network else ""
    near, far = _router("near", 65001, "198.18.0.11", lines), _router("far", 65002, "198.18.0.10")
    with up(lab(near, far), folder, timeout=30) as running:
        yield running


def heard(running: NativeLab) -> bool:
    """Whether `far` has the prefix from its neighbour."""
    done = running.hosts["far"].run(["vtysh", "-c", f"show bgp ipv4 unicast {PREFIX} json"], timeout=5)
    told: dict[str, Any] = json.loads(done.stdout)
    return bool(told.get("paths"))


def configured(running: NativeLab) -> bool:
    """Whether `near` has the line."""
    done = running.hosts["near"].run(["vtysh", "-c", "show running-config"], timeout=5)
    return f"network {PREFIX}" in done.stdout


def done(action: Action, running: NativeLab) -> list[tuple[Step, Prior]]:
    """The action's steps, done and confirmed."""
    steps = [(step, step.prepare(running)) for step in action.steps(Planning(running.topology, Random(1), 30 * NS))]
    for step, prior in steps:
        step.do(running, prior)
        assert until(lambda: step.confirm(running, prior).holds), step.confirm(running, prior).what  # noqa: B023
    return steps


def undo_twice(steps: list[tuple[Step, Prior]], running: NativeLab) -> None:
    """As the ledger would, and once more."""
    for step, prior in (*reversed(steps), *reversed(steps)):
        step.undo(running, prior)
