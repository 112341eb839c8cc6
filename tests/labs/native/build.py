"""Labs built by hand for the driver's tests: what the parser would make of a small Compose file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.labs.change import HostChange
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import HostSpec, LabSpec

SLEEP = ("/bin/sleep", "1000")


def host(name: str, *command: str, image: str = "debian", **wanted: object) -> HostSpec:
    """A service of one instance; by default it sleeps."""
    base = HostSpec(name, name, image, f"lab.yaml:{len(name)}", command=command or SLEEP, stop_grace=200_000_000)
    return replace(base, **wanted)  # type: ignore[arg-type]


def lab(
    *hosts: HostSpec,
    name: str = "test",
    networks: Mapping[str, Sequence[str]] | None = None,
    gateways: Sequence[str] = (),
    aliases: Mapping[str, tuple[str, ...]] | None = None,
) -> LabSpec:
    """A lab in 198.18.0.0/16; every host is on network `a` unless `networks` says who is on which."""
    members = networks or {"a": [each.name for each in hosts]}
    known = {
        network: Network(network, f"198.18.{number}.0/24", f"198.18.{number}.1" if network in gateways else None)
        for number, network in enumerate(members)
    }
    links: dict[str, list[Link]] = {each.name: [] for each in hosts}
    for number, (network, names) in enumerate(members.items()):
        for position, member in enumerate(names):
            links[member].append(_link(member, network, len(links[member]), number, position, aliases or {}))
    infos = tuple(HostInfo(each.name, each.service, {}, tuple(links[each.name])) for each in hosts)
    return LabSpec(name, (Path("lab.yaml"),), Topology(name, infos, tuple(known.values())), hosts)


def _link(
    member: str, network: str, device: int, subnet: int, position: int, aliases: Mapping[str, tuple[str, ...]]
) -> Link:
    last = position + 10
    address = f"198.18.{subnet + last // 250}.{last % 250}"
    mac = "02:42:" + ":".join(f"{int(byte):02x}" for byte in address.split("."))
    return Link(member, network, f"eth{device}", address, 24, mac, aliases.get(member, ()))


@contextmanager
def up(
    spec: LabSpec, directory: Path, *, notify: Callable[[HostChange], None] = lambda _: None, timeout: float = 10
) -> Iterator[NativeLab]:
    """The lab, running; taken down at the end."""
    running = NativeLab(spec, directory, run_id="test-run", notify=notify)
    running.up(timeout)
    try:
        yield running
    finally:
        running.down()
