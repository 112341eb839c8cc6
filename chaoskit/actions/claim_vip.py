"""`claim_vip`: a host takes an address that somebody else may hold."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.claim_address import ClaimAddress


@action(longest="10m")
def claim_vip(plan: Planning, address: str, by: Selector, *, announce: bool = True) -> Iterable[Step]:
    """Have a host take an address onto its interface on the network that the address belongs to.

    Whoever held it before is not told: there are two owners then, as after a split of a pair or when two machines are
    configured with one address. Announced, callers that know the address go over to the claimant at once (gratuitous
    ARP, RFC 5227); not announced, only those that ask anew, and get whichever answer counts with them. Undoing takes
    the address off again, and callers find that out by themselves. A claimant that holds the address already is an
    error: nothing would change.

    Keepalived as a backup lets a claimed address be. Where it has become master meanwhile, undoing takes the address
    off its rightful holder: keepalived sees that, falls back to backup, and one of the pair becomes master again.

    Args:
        plan: the lab.
        address: IPv4, in the subnet of one of the claimant's networks.
        by: the claimant; several claim it all.
        announce: whether gratuitous ARP is sent.
    """
    links = [plan.topology.link_to(address, host) for host in plan.hosts(by)]
    return [ClaimAddress(link.host, link.network, link.device, address, announce) for link in links]
