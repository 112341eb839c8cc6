"""nftables tables of packet faults, at the egress of one device (family netdev, Linux 5.16).

A packet that has passed a stage carries a mark that says so, for it may come by again: a copy of it, or itself after
it was held. The sets of addresses have a timeout, with which the kernel ends the fault by itself.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from chaoskit.core.errors import LabError, StepError
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel import nft
from chaoskit.kernel.diversion import LOOPBACK
from chaoskit.steps.packets.fault import MILLION, PacketFault

FAMILY = "netdev"
EVERYBODY = "0.0.0.0/0"
_MET, _HIT, _PASSED = "met", "hit", "sent_on"


class Rules:
    """Loss and duplicates by nftables alone; satisfies `chaoskit.steps.packets.means.Means`."""

    def prepare(self, fault: PacketFault, network: Path) -> Prior:
        """See that the kernel would take the table, and that no fault of this kind meets the same packets."""
        see_that_it_can_be(fault, network)
        return {"table": table_of(fault)}

    def do(self, fault: PacketFault, network: Path, prior: Prior, left: int) -> None:
        """Load the table in one transaction, in place of the same one from before."""
        del prior
        nft.load(network, render(fault, left, owned=False))

    def look(self, fault: PacketFault, network: Path, prior: Prior) -> Evidence:
        """Read the table back, with its counters."""
        del prior
        return look(fault, network, "by nftables")

    def undo(self, fault: PacketFault, network: Path | None, prior: Prior) -> None:
        """Delete the table; nothing happens when it is gone."""
        if network is not None:
            nft.delete(network, str(prior["table"]), family=FAMILY)
        del fault

    def ended(self, fault: PacketFault, prior: Prior) -> str:
        """Never: the kernel keeps a table."""
        del fault, prior
        return ""


def table_of(fault: PacketFault) -> str:
    """The name of its table."""
    return f"{nft.PREFIX}{fault.fault}_{fault.id}"


def render(fault: PacketFault, left: int, *, owned: bool) -> str:
    """The ruleset that puts it in force.

    Args:
        fault: what to do to packets.
        left: ns after which the kernel empties the set.
        owned: the table ends with the socket that loads it.
    """
    first, last = fault.passed
    addresses = _set_of(fault)
    peers = ", ".join(fault.peers or (EVERYBODY,))
    share = fault.amounts.get("share", MILLION)
    some = f"numgen random mod {MILLION} < {share} " if share < MILLION else ""
    timeout = max(1, left // 1_000_000)
    # Loaded again, its rules would stand there twice; what is owned is never there before its owner.
    instead = "" if owned else nft.removal(table_of(fault), FAMILY)
    counters = "\n".join(f"counter {name} {{ }}" for name in (_MET, _HIT, _PASSED))
    return f"""\
{instead}table {FAMILY} {table_of(fault)} {{
{"flags owner;" if owned else ""}
{counters}
set {addresses} {{ type ipv4_addr; flags interval,timeout; timeout {timeout}ms; elements = {{ {peers} }}; }}
chain out {{
type filter hook egress device "{fault.device}" priority {fault.stage}; policy accept;
meta mark {fault.mark:#x} counter name {_PASSED} accept
meta mark {first:#x}-{last:#x} accept
ip daddr @{addresses} counter name {_MET}
ip daddr @{addresses} {some}counter name {_HIT} {_verdict(fault)}
}}
}}
"""


def _set_of(fault: PacketFault) -> str:
    """The name of its set, which says on which device: nft lists a chain without it."""
    return f"peers_{hashlib.blake2s(fault.device.encode(), digest_size=4).hexdigest()}"


def _verdict(fault: PacketFault) -> str:
    """What becomes of a packet that is hit.

    Dropped at the egress, the sender would be told, and a TCP sender would try again as if it had never sent; on the
    loopback device, addressed to nobody there, it is thrown away without a word.
    """
    mark = f"meta mark set {fault.mark:#x}"
    if fault.fault == "duplicate":
        return f'{mark} dup to "{fault.device}"'
    return f'fwd to "{LOOPBACK}"' if fault.fault == "loss" else f'{mark} fwd to "{LOOPBACK}"'


def see_that_it_can_be(fault: PacketFault, network: Path) -> None:
    """Have the kernel check the table without keeping it, and look for faults of this kind on the same packets.

    Raises:
        StepError: the kernel would not take it, or another action's fault meets the same packets.
    """
    for table in nft.tables(network, family=FAMILY):
        kind, _, own = table.removeprefix(nft.PREFIX).partition("_")
        if kind == fault.fault:
            _refuse_same_mark(fault, own)
            held = nft.read(network, table, family=FAMILY)
            refuse_twice(fault, frozenset() if held is None else held.elements.get(_set_of(fault), frozenset()))
    try:
        nft.check(network, render(fault, 1_000_000_000, owned=False))
    except LabError as error:
        raise StepError(
            f"{fault.link}: {fault.effect} cannot be had here: {error.args[0]}",
            remedy="It takes netem, or nftables at the egress of a device (Linux 5.16 with CONFIG_NETFILTER_EGRESS "
            "and the modules nft_fwd_netdev, nft_dup_netdev and nft_numgen): `chaoskit doctor` says what there is.",
        ) from error


def refuse_twice(fault: PacketFault, others: frozenset[str]) -> None:
    """A packet can meet each kind of fault once.

    Args:
        fault: the one that is to be.
        others: the addresses that one in force is about.

    Raises:
        StepError: some packets would meet both.
    """
    both = EVERYBODY in others or (others and not fault.peers) or others.intersection(fault.peers)
    if both:
        raise StepError(
            f"{fault.link}: a {fault.fault} of another action is in force for the same packets",
            remedy="Let the other action end first, or give both different peers with towards=.",
        )


def _refuse_same_mark(fault: PacketFault, other: str) -> None:
    if other[:4] == fault.id[:4]:
        raise StepError(
            f"{fault.link}: a {fault.fault} of another action has drawn the same mark for its packets",
            remedy="It happens once in 65,536 times: another --seed draws others.",
        )


def look(fault: PacketFault, network: Path, by: str) -> Evidence:
    """Read the table back: every address, and what its counters say."""
    held = nft.read(network, table_of(fault), family=FAMILY)
    where = f"{fault.link}: {by}, table {FAMILY} {table_of(fault)}"
    if held is None:
        return Evidence(False, f"{where} is not there")
    present = held.elements.get(_set_of(fault), frozenset())
    wanted = frozenset(fault.peers or (EVERYBODY,))
    if not wanted <= present:
        return Evidence(False, f"{where} holds {len(wanted & present)} of {len(wanted)} addresses")
    counts = {name: held.counters.get(name, 0) for name in (_MET, _HIT, _PASSED)}
    what = f"{fault.effect}{fault.whom}; of {counts[_MET]:,} packets {counts[_HIT]:,} hit"
    more = "" if fault.fault in ("loss", "duplicate") else f", {counts[_PASSED]:,} sent on"
    return Evidence(True, f"{where}: {what}{more}")
