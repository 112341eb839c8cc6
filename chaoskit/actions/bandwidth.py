"""`bandwidth`: links that carry less."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions.outbound import outbound
from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import Duration, bit_rate, duration


@action(longest="1h")
def bandwidth(
    plan: Planning,
    hosts: Selector,
    rate: str | int,
    *,
    queue: Duration = "100ms",
    towards: Selector | None = None,
    on: Selector | None = None,
) -> Iterable[Step]:
    """Limit what hosts can send by their links: more waits in a queue, and what finds the queue full is dropped.

    A token bucket of the kernel's counts whole frames, link header included. Without `towards` everything the link
    carries has to fit (tbf), with it what goes to those peers, together (a class of htb, whose queue holds at least
    the 64 KiB that a host may hand over at once). It takes the place of the link's default queue, and is refused where
    somebody has set another; other packet faults may join it, not precede it on a kernel that does them by netem.

    Args:
        plan: the lab.
        hosts: whose packets: those they send, and those they forward. What comes back to them is not changed.
        rate: bits a second: `"10Mbit/s"`.
        queue: how long a packet waits at most at this rate; it decides how many bytes may wait.
        towards: only packets to addresses of these hosts.
        on: only by links on these networks; by all of a host's where it is left out.

    Raises:
        UsageError: it is no bit rate, a queue of no time, or the hosts have no such link.
    """
    wait = duration(queue)
    if not wait:
        raise UsageError("a queue of no time holds no packet", remedy='Write one such as "100ms".')
    return outbound(plan, hosts, "bandwidth", {"rate": bit_rate(rate), "queue": wait}, towards, on)
