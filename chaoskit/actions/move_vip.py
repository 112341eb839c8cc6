"""`move_vip`: the holder of an address yields it, in order."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.move_address import MoveAddress
from chaoskit.steps.yield_address import YieldAddress


@action(longest="10m")
def move_vip(
    plan: Planning, address: str, holder: Selector, to: Selector | None = None, *, track_file: str = ""
) -> Iterable[Step]:
    """Move an address from its holder to another host without there ever being two: an orderly failover.

    An address that no daemon manages is moved to `to`: taken off the holder, added to the other, announced by
    gratuitous ARP, in this order. Undoing moves it back in the same way.

    One that keepalived manages is not anybody else's to move: it notices that its address was deleted, falls
    back to backup and adds it again once it is master (keepalived from 2.0.0 on), beside the one that was moved. It is
    asked instead, by the `track_file` that its configuration watches with weight 1, and its peer takes the address
    over. Undoing makes it eligible again; with `nopreempt` the address then stays where it went.

    Args:
        plan: the lab.
        address: IPv4.
        holder: the one host that holds it; `found_by(holds_address(...).at(...), "holds")` finds it when it is time.
        to: the one host that gets it; not with `track_file`.
        track_file: the path, inside the holder, of keepalived's track file; not with `to`.

    Raises:
        UsageError: neither or both of `to` and `track_file` are given, or a selector means several hosts.
    """
    if (to is None) == (not track_file):
        raise UsageError(
            f"move_vip({address}) goes to a host, or is asked of keepalived", remedy="Give one of to= and track_file=."
        )
    old = _one(plan, holder)
    if to is None:
        return [YieldAddress(old, address, track_file)]
    new = plan.topology.link_to(address, plan.topology.by_name[_one(plan, to)])
    if new.host == old:
        raise UsageError(f"move_vip({address}) from {old} to {old} moves nothing")
    return [MoveAddress(old, new.host, new.device, address)]


def _one(plan: Planning, selector: Selector) -> str:
    hosts = plan.hosts(selector)
    if len(hosts) > 1:
        raise UsageError(f"{selector} means {', '.join(host.name for host in hosts)}, and an address has one holder")
    return hosts[0].name
