"""`delay`: packets that come late."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions.outbound import outbound
from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import Duration, duration


@action(longest="1h")
def delay(
    plan: Planning,
    hosts: Selector,
    by: Duration,
    *,
    jitter: Duration = 0,
    towards: Selector | None = None,
    on: Selector | None = None,
) -> Iterable[Step]:
    """Hold every packet that hosts send by their links for a while, as a long way does.

    One way: a round trip takes so much longer once, and twice so much where both ends are delayed. Done by netem where
    the kernel has it and the link has no queue discipline of its own, else by a process that nftables diverts the
    packets to (25,000 a second and more on a core; where it cannot keep up, or is not given its core in time, the
    action ends, and the run with it); the evidence says which. Packets that are held when it is undone are lost.
    Several delays towards different peers may be in force on one link.

    Args:
        plan: the lab.
        hosts: whose packets: those they send, and those they forward. What comes back to them is not changed.
        by: how long each packet waits.
        jitter: by how much that varies to both sides, evenly; each packet by itself, so that one may overtake another.
        towards: only packets to addresses of these hosts.
        on: only by links on these networks; by all of a host's where it is left out.

    Raises:
        UsageError: a time is none, the jitter exceeds the delay, or the hosts have no such link.
    """
    wait, around = duration(by), duration(jitter)
    if not wait or around > wait:
        raise UsageError(
            f"a delay of {by} ± {jitter} cannot be", remedy="Give a delay above zero, and a jitter up to it at most."
        )
    amounts = {"delay": wait, "jitter": around, "seed": plan.rng.getrandbits(31)}
    return outbound(plan, hosts, "delay", amounts, towards, on)
