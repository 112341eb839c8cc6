"""`duplicate`: packets that arrive twice."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions.outbound import outbound, share_of
from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step


@action(longest="1h")
def duplicate(
    plan: Planning,
    hosts: Selector,
    share: str | float,
    *,
    towards: Selector | None = None,
    on: Selector | None = None,
) -> Iterable[Step]:
    """Send a share of the packets that hosts send by their links twice.

    The copy follows at once. TCP takes it for nothing new (TCPDSACKOldSent); UDP services get the datagram twice. Done
    by netem where the kernel has it and the link has no queue discipline of its own, else by nftables; the evidence
    says which.

    Args:
        plan: the lab.
        hosts: whose packets: those they send, and those they forward. What comes back to them is not changed.
        share: of the packets, each drawn by itself: `0.1`, `"10%"`.
        towards: only packets to addresses of these hosts.
        on: only by links on these networks; by all of a host's where it is left out.

    Raises:
        UsageError: it is no share, or the hosts have no such link.
    """
    return outbound(plan, hosts, "duplicate", {"share": share_of(share)}, towards, on)
