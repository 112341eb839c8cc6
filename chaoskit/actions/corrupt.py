"""`corrupt`: packets with one bit wrong."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions.outbound import outbound, share_of
from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step


@action(longest="1h")
def corrupt(
    plan: Planning,
    hosts: Selector,
    share: str | float,
    *,
    towards: Selector | None = None,
    on: Selector | None = None,
) -> Iterable[Step]:
    """Turn one bit over in a share of the packets that hosts send by their links; check sums stay as they were.

    The receiver finds nearly all of them out by the check sums of IP, TCP or UDP and drops them (InCsumErrors,
    InHdrErrors): to TCP it is a loss, but one that counters tell. Packets in a tunnel that checks nothing arrive wrong.
    Done by netem where the kernel has it and the link has no queue discipline of its own, else by a process that
    nftables diverts the share to; the evidence says which. netem may hit the link's header as well, the process any bit
    from the IP header on.

    Args:
        plan: the lab.
        hosts: whose packets: those they send, and those they forward. What comes back to them is not changed.
        share: of the packets, each drawn by itself: `0.1`, `"10%"`.
        towards: only packets to addresses of these hosts.
        on: only by links on these networks; by all of a host's where it is left out.

    Raises:
        UsageError: it is no share, or the hosts have no such link.
    """
    return outbound(plan, hosts, "corrupt", {"share": share_of(share), "seed": plan.rng.getrandbits(31)}, towards, on)
