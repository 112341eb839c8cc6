"""Packet faults by the kernel's queueing disciplines: netem where there is one, tbf and htb for bandwidth.

    to everybody          to some peers
    eth0 -- netem, tbf    eth0 -- prio -- 1: the rest         eth0 -- htb -- the rest
                                     `--- 2: netem                      `--- class -- bfifo
                                          ^ u32: ip dst PEER                 ^ u32: ip dst PEER

The root discipline has a handle of ours, c400: and the fault's stage. It takes the place of the kernel's default one,
which comes back when it is deleted; one that somebody has put there is never replaced. A device without a queue gets a
length for one from the kernel on the way, which is put back as well.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chaoskit.core.errors import StepError
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netlink import Netlink, Request
from chaoskit.kernel.tc import (
    Qdisc,
    class_options,
    delete_qdisc,
    filtered_addresses,
    new_class,
    new_qdisc,
    qdiscs,
    root_of,
    to_address,
)
from chaoskit.kernel.tc_options import Netem, Shape, bfifo, htb, htb_class_rate, prio, tbf_rate_and_limit
from chaoskit.kernel.tx_queue import set_tx_queue, tx_queue
from chaoskit.steps.packets.fault import MILLION, PacketFault

T = TypeVar("T")

OURS = 0xC400
_ROOT_BELONGS_TO_US = range(OURS, OURS + 16)
_BELOW = 0x0100
"""What the handle of the discipline below a root of ours has more than it."""
_SECOND = 2
"""The class of the root that peers' packets go to."""
_LONGEST = 64 << 10
"""Bytes of the longest packet inside a host: a card, where there is one, cuts it (generic segmentation offload)."""
_SHORTEST_BURST, _LONGEST_BURST = 16 << 10, 1 << 20
_BURST_PARTS = 50
"""A burst is what a 50th of a second carries: short enough to be a link's, long enough for the kernel's timers."""


@dataclass(frozen=True)
class Disciplines:
    """Satisfies `chaoskit.steps.packets.means.Means`."""

    def prepare(self, fault: PacketFault, network: Path) -> Prior:
        """See that the link has no discipline but the kernel's default.

        Raises:
            StepError: it has one.
        """
        root = read_root(network, fault.device)
        if root is not None and not root.is_default:
            whose = "of another action, or of another run" if is_ours(root) else "that somebody else has set"
            raise StepError(
                f"{fault.link} has a queueing discipline {whose} already: {root.name}",
                remedy="It is not replaced. Let the other action end first; where both are to be in force, begin with "
                "bandwidth.",
            )
        return {"handle": _handle(fault), "queue": in_network(network, lambda: tx_queue(fault.device))}

    def do(self, fault: PacketFault, network: Path, prior: Prior, left: int) -> None:
        """Add the disciplines; all of them or none, and nothing where they are."""
        del prior, left

        def add(netlink: Netlink, index: int) -> None:
            if _stands(fault, netlink, index):  # a host that came back twice in a row is told of twice
                return
            try:
                netlink.do(list(_requests(fault, index)))
            except OSError:
                if _stands(fault, netlink, index):
                    netlink.do([delete_qdisc(index, handle=_handle(fault))])
                raise

        _on(network, fault.device, add)

    def look(self, fault: PacketFault, network: Path, prior: Prior) -> Evidence:
        """Read the disciplines, their parameters and counters back."""
        del prior
        return _on(network, fault.device, lambda netlink, index: _look(fault, netlink, index))

    def undo(self, fault: PacketFault, network: Path | None, prior: Prior) -> None:
        """Delete the root, if it is the one that was added; the default one comes back, and the length it had."""
        if network is None:
            return

        def remove(netlink: Netlink, index: int) -> None:
            root = root_of(qdiscs(netlink, index))
            if root is not None and root.handle == prior["handle"]:
                netlink.do([delete_qdisc(index, handle=root.handle)])
                root = root_of(qdiscs(netlink, index))
            length = prior["queue"]
            if isinstance(length, int) and (root is None or root.is_default) and tx_queue(fault.device) != length:
                set_tx_queue(fault.device, length)

        try:
            _on(network, fault.device, remove)
        except OSError as error:
            if error.errno != errno.ENODEV:  # a device that is gone took its disciplines along
                raise

    def ended(self, fault: PacketFault, prior: Prior) -> str:
        """Never: a discipline lasts as long as its link."""
        del fault, prior
        return ""


def read_root(network: Path, device: str) -> Qdisc | None:
    """The discipline that everything which leaves a device goes through.

    Raises:
        OSError: there is no such device.
    """
    return _on(network, device, lambda netlink, index: root_of(qdiscs(netlink, index)))


def read_peers(network: Path, device: str, root: Qdisc) -> frozenset[str]:
    """The addresses that a root of ours is about; empty where it is about all."""
    return _on(network, device, lambda netlink, index: filtered_addresses(netlink, index, root.handle))


def is_ours(root: Qdisc) -> bool:
    """Whether it is of a packet fault."""
    return root.handle >> 16 in _ROOT_BELONGS_TO_US


def stage_of(root: Qdisc) -> int:
    """The stage of the fault that a root of ours is of."""
    return (root.handle >> 16) - OURS


def netem_of(fault: PacketFault) -> Netem:
    """What netem is told; it sends a share at once where others are to be overtaken, so the rest is what is left."""
    amount = fault.amounts
    match fault.fault:
        case "delay":
            return Netem(delay=amount["delay"], jitter=amount["jitter"])
        case "reorder":
            return Netem(delay=amount["delay"], in_time=MILLION - amount["share"])
        case "loss":
            return Netem(loss=amount["share"])
        case "duplicate":
            return Netem(duplicate=amount["share"])
        case _:
            return Netem(corrupt=amount["share"])


def shape_of(fault: PacketFault) -> Shape:
    """What the bucket is told; for some peers it must hold a packet as long as a host makes it, for htb cuts none."""
    rate = fault.amounts["rate"] // 8
    burst = min(max(rate // _BURST_PARTS, _SHORTEST_BURST), _LONGEST_BURST)
    least = _LONGEST + burst if fault.peers else burst
    return Shape(rate, burst, max(rate * fault.amounts["queue"] // 1_000_000_000, least))


def _handle(fault: PacketFault) -> int:
    return OURS + fault.stage << 16


def _stands(fault: PacketFault, netlink: Netlink, index: int) -> bool:
    root = root_of(qdiscs(netlink, index))
    return root is not None and root.handle == _handle(fault)


def _requests(fault: PacketFault, index: int) -> Iterator[Request]:
    root = _handle(fault)
    below, peers = root + (_BELOW << 16), root + _SECOND
    if fault.fault == "bandwidth":
        shape = shape_of(fault)
        if not fault.peers:
            yield new_qdisc(index, "tbf", shape.tbf(), handle=root)
            return
        yield new_qdisc(index, "htb", htb(), handle=root)
        yield new_class(index, "htb", shape.htb_class(), classid=peers, parent=root)
        yield new_qdisc(index, "bfifo", bfifo(shape.limit), handle=below, parent=peers)
    else:
        options = netem_of(fault).encode()
        if not fault.peers:
            yield new_qdisc(index, "netem", options, handle=root)
            return
        yield new_qdisc(index, "prio", prio(), handle=root)
        yield new_qdisc(index, "netem", options, handle=below, parent=peers)
    for address in fault.peers:
        yield to_address(index, address, parent=root, classid=peers)


def _look(fault: PacketFault, netlink: Netlink, index: int) -> Evidence:
    listed = qdiscs(netlink, index)
    wanted = _handle(fault) + (_BELOW << 16 if fault.peers else 0)
    worker = next((each for each in listed if each.handle == wanted), None)
    if worker is None:
        root = root_of(listed)
        return Evidence(False, f"{fault.link}: the root discipline is {root.name if root else 'none'}")
    as_asked, said = _parameters(fault, worker, class_options(netlink, index, _handle(fault) + _SECOND))
    if fault.peers:
        missing = set(fault.peers) - filtered_addresses(netlink, index, _handle(fault))
        as_asked = as_asked and not missing
        said += f", {len(missing)} of {len(fault.peers)} peers without a filter" if missing else fault.whom
    counts = f"{worker.packets:,} packets sent on, {worker.dropped:,} dropped, {worker.waiting:,} waiting"
    return Evidence(as_asked, f"{fault.link}: by the kernel's {worker.name} {said}; {counts}")


def _parameters(fault: PacketFault, worker: Qdisc, peers: bytes | None) -> tuple[bool, str]:
    """Whether the kernel lists what was asked for, and what it lists.

    Args:
        fault: what was asked for.
        worker: the discipline that does it.
        peers: the options of the class that peers' packets go to.
    """
    if worker.kind == "netem":
        listed, asked = Netem.decode(worker.options), netem_of(fault)
        return listed == asked, f"{fault.effect if listed == asked else listed}"
    if worker.kind == "tbf":
        rate, limit = tbf_rate_and_limit(worker.options)
        shape = shape_of(fault)
        return (rate, limit) == (shape.rate, shape.limit), f"with {rate * 8:,} bit/s and a queue of {limit:,} bytes"
    if peers is None:
        return False, "without the class of htb above it"
    rate = htb_class_rate(peers)
    return rate == shape_of(fault).rate, f"below a class of htb with {rate * 8:,} bit/s"


def _on(network: Path, device: str, act: Callable[[Netlink, int], T]) -> T:
    def inside() -> T:
        with Netlink() as netlink:
            return act(netlink, netlink.index(device))

    return in_network(network, inside)
