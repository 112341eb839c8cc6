"""What the packet faults have in common: which links, which peers, which share.

Each of them acts on the IPv4 packets that a host sends, or forwards, by its links: outbound, one way. Both ways are
two actions, or one on both hosts.

    delay(role("web"), "50ms", towards=role("db"))      web --50 ms--> db      web <------- db
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.topology import HostInfo, Link
from chaoskit.core.units import fraction
from chaoskit.steps.impair import Impair
from chaoskit.steps.nft import MARGIN
from chaoskit.steps.packets.fault import MILLION


def outbound(
    plan: Planning,
    hosts: Selector,
    fault: str,
    amounts: Mapping[str, int],
    towards: Selector | None,
    on: Selector | None,
) -> Iterator[Impair]:
    """A step for each link of each host.

    Args:
        plan: the lab.
        hosts: whose packets.
        fault: the word the step has for it.
        amounts: how much, in the step's units.
        towards: only packets to addresses of these hosts; to everybody where it is None. A peer on a network of the
            host's is reached by that link, any other one by whichever link the host's routes say: all have the fault.
        on: only by links on these networks.

    Raises:
        UsageError: no host has such a link, or none a peer but itself.
    """
    networks = None if on is None else {network.name for network in plan.networks(on)}
    peers = () if towards is None else plan.hosts(towards)
    found = False
    for host in plan.hosts(hosts):
        for link in host.links:
            addresses = _addresses(host, link, peers)
            if (networks is None or link.network in networks) and (towards is None or addresses):
                found = True
                own = f"{plan.rng.getrandbits(32):08x}"
                where = (host.name, link.network, link.device)
                yield Impair(*where, fault, amounts, addresses, own, plan.lasting + MARGIN)
    if not found:
        to = f" towards {towards}" if towards else ""
        raise UsageError(
            f"{hosts} sends nothing{to}{f' on {on}' if on else ''}",
            remedy="Choose hosts that have a link there, and peers that are other hosts.",
        )


def share_of(text: str | float) -> int:
    """Of a million packets, how many.

    Raises:
        UsageError: it is no share, or less than one in a million.
    """
    share = round(fraction(text) * MILLION)
    if share < 1:
        raise UsageError(f"{text!r} of the packets are none", remedy='Write a share such as 0.1 or "0.5%".')
    return share


def _addresses(host: HostInfo, link: Link, peers: tuple[HostInfo, ...]) -> tuple[str, ...]:
    """Those of the peers' addresses that packets by this link may go to."""
    mine = {each.network for each in host.links}
    theirs = (each for peer in peers if peer.name != host.name for each in peer.links)
    return tuple(each.address for each in theirs if each.network == link.network or each.network not in mine)
