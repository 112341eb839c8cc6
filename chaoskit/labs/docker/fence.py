"""A fence between a lab's bridges and this machine: an nftables table of the run, in the machine's own namespace.

An internal network keeps packets from being routed on. What is sent to an address of this machine itself is not
forwarded but delivered, and a bridge answers ARP for any of the machine's addresses, whether it has one or not:
the table drops both ways. Frames that stay on a bridge pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from chaoskit.kernel import nft

_HERE = Path("/proc/self/ns/net")
_BEFORE_ROUTING, _BEFORE_FILTERS = -310, -10
"""Priorities of the hooks: before connection tracking, and before the machine's own filters (nft(8), priorities)."""


def put_up(run: str, bridges: Sequence[str]) -> None:
    """Let nothing pass between these bridges and anything else of this machine.

    Raises:
        LabError: nft refuses.
    """
    if not bridges:
        return
    names = ", ".join(f'"{bridge}"' for bridge in bridges)
    body = f"""
    set bridges {{ type ifname; elements = {{ {names} }} }}
    chain in {{ type filter hook prerouting priority {_BEFORE_ROUTING}; iifname @bridges fib daddr type local drop; }}
    chain forward {{
        type filter hook forward priority {_BEFORE_FILTERS};
        iifname @bridges oifname != @bridges drop;
        oifname @bridges iifname != @bridges drop;
    }}
    chain out {{ type filter hook output priority {_BEFORE_FILTERS}; oifname @bridges drop; }}
    """
    name = _table(run)
    nft.load(_HERE, f"add table inet {name}\ndelete table inet {name}\ntable inet {name} {{{body}}}\n")


def take_down(run: str) -> None:
    """Take the run's fence down; nothing happens when there is none.

    Raises:
        LabError: nft refuses.
    """
    nft.delete(_HERE, _table(run))


def left(run: str) -> tuple[str, ...]:
    """The run's table, if it is there."""
    return tuple(f"nftables table {name}" for name in nft.tables(_HERE) if name == _table(run))


def _table(run: str) -> str:
    return f"{nft.PREFIX}{hashlib.blake2s(run.encode(), digest_size=8).hexdigest()}"
