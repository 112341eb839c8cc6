"""`block_port`: a firewall before a port, as somebody's rule change puts it there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.kernel.nft import PREFIX
from chaoskit.steps.nft import MARGIN, Nft

_HIGHEST = 65535


@action(longest="10m")
def block_port(
    plan: Planning, hosts: Selector, port: int, *, protocol: Literal["tcp", "udp"] = "tcp"
) -> Iterable[Step]:
    """Drop, at each host, every IPv4 packet from outside to one of its ports; nobody is told.

    Callers see what a firewall shows them: attempts that time out while the host answers otherwise. Established
    connections to the port are cut as well; the host reaches itself. The kernel ends it soon after the action's time.

    Args:
        plan: the lab.
        hosts: before whose port.
        port: 1 to 65535.
        protocol: `tcp` or `udp`.

    Raises:
        UsageError: there is no such port or protocol.
    """
    if not 1 <= port <= _HIGHEST or protocol not in ("tcp", "udp"):
        raise UsageError(f"{protocol} {port} is no port", remedy="Give tcp or udp, and a port from 1 to 65535.")
    rule = f'iifname != "lo" ip daddr @guarded {protocol} dport {port} counter drop;'
    chain = f"chain firewall {{ type filter hook prerouting priority raw; policy accept; {rule} }}"
    lasting = plan.lasting + MARGIN
    for host in plan.hosts(hosts):
        seed = f"{host.name} {protocol} {port} {plan.rng.getrandbits(64)}"
        table = PREFIX + hashlib.blake2s(seed.encode(), digest_size=4).hexdigest()
        yield Nft(host.name, table, f"drops {protocol} to port {port}", {"guarded": host.addresses}, (chain,), lasting)
