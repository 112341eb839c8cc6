"""`reorder`: packets that are overtaken."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions.outbound import outbound, share_of
from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import Duration, duration


@action(longest="1h")
def reorder(
    plan: Planning,
    hosts: Selector,
    share: str | float,
    *,
    by: Duration = "10ms",
    towards: Selector | None = None,
    on: Selector | None = None,
) -> Iterable[Step]:
    """Hold a share of the packets that hosts send by their links for a moment, in which those behind overtake them.

    TCP answers with duplicate acknowledgements, and takes late packets for lost ones if they come late enough
    (TCPSACKReorder, TCPOFOQueue). Done by netem where the kernel has it and the link has no queue discipline of its
    own, else by a process that nftables diverts the share to; the evidence says which.

    Args:
        plan: the lab.
        hosts: whose packets: those they send, and those they forward. What comes back to them is not changed.
        share: of the packets, each drawn by itself: `0.1`, `"10%"`.
        by: how late these packets are; nothing is overtaken where packets are further apart than that.
        towards: only packets to addresses of these hosts.
        on: only by links on these networks; by all of a host's where it is left out.

    Raises:
        UsageError: it is no share, or the hosts have no such link.
    """
    return outbound(plan, hosts, "reorder", {"share": share_of(share), "delay": duration(by)}, towards, on)
