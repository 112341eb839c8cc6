"""A fence around a lab's bridges: nftables tables of the run, in the machine's own namespace.

An internal network keeps packets from being routed on. What is sent to an address of this machine itself is not
forwarded but delivered, and a bridge answers ARP for any of the machine's addresses, whether it has one or not:
the table drops both ways. Frames that stay on a bridge pass.

But for one kind. For some 80 ms after its links are there a new container's network has the machine's sysctls, where
an engine has turned forwarding on: a host that comes back would hand on packets of others, and whoever they reach would
ask their senders for an answer's way, which corrects neighbours' ARP entries that an experiment wants stale. A port of
a bridge on which no daemon is known to run passes only frames from the addresses planned for its host; `admitted` is
the group (ip-link(8), group) of the ports that pass everything, which a port gets when its host has started.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from chaoskit.core.topology import Link
from chaoskit.kernel import nft

_HERE = Path("/proc/self/ns/net")
_FAMILIES = ("inet", "bridge")
_BEFORE_ROUTING, _BEFORE_FILTERS = -310, -10
"""Priorities of the hooks: before connection tracking, and before the machine's own filters (nft(8), priorities)."""
ADMITTED = 0x636B
"""The group of a bridge's ports behind which a host has started; the engine's own are in group 0."""


def put_up(run: str, bridges: Sequence[str], links: Iterable[Link]) -> None:
    """Let nothing pass between these bridges and anything else of this machine, and nothing strange too early.

    Args:
        run: whose bridges they are.
        bridges: their devices, which need not be there yet.
        links: of the lab's hosts.

    Raises:
        LabError: nft refuses.
    """
    if not bridges:
        return
    name = _table(run)
    nft.load(_HERE, _apart(name, bridges) + _not_yet(name, links))


def _apart(name: str, bridges: Sequence[str]) -> str:
    """Frames between the bridges and the machine."""
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
    return _table_of("inet", name, body)


def _not_yet(name: str, links: Iterable[Link]) -> str:
    """Frames of hosts that have not started, with others' addresses.

    By the hosts' MACs, which no other network of the engine has, since they are made from addresses of their own: not
    every kernel knows the bridge of a frame (nft_meta_bridge).
    """
    own = {(link.mac, link.address) for link in links}
    if not own:
        return ""
    body = f"""
    set hosts {{ type ether_addr; elements = {{ {", ".join(sorted({mac for mac, _ in own}))} }} }}
    set own {{
        type ether_addr . ipv4_addr;
        elements = {{ {", ".join(f"{mac} . {address}" for mac, address in sorted(own))} }}
    }}
    chain early {{
        type filter hook prerouting priority {_BEFORE_ROUTING};
        iifgroup {ADMITTED} accept;
        ether saddr != @hosts accept;
        ether type ip ether saddr . ip saddr != @own drop;
        ether type arp ether saddr . arp saddr ip != @own drop;
    }}
    """
    return _table_of("bridge", name, body)


def _table_of(family: str, name: str, body: str) -> str:
    return f"add table {family} {name}\ndelete table {family} {name}\ntable {family} {name} {{{body}}}\n"


def take_down(run: str) -> None:
    """Take the run's fence down; nothing happens when there is none.

    Raises:
        LabError: nft refuses.
    """
    for family in _FAMILIES:
        nft.delete(_HERE, _table(run), family=family)


def left(run: str) -> tuple[str, ...]:
    """The run's tables that are there."""
    found = [(family, nft.tables(_HERE, family=family)) for family in _FAMILIES]
    return tuple(f"nftables table {family} {_table(run)}" for family, names in found if _table(run) in names)


def _table(run: str) -> str:
    return f"{nft.PREFIX}{hashlib.blake2s(run.encode(), digest_size=8).hexdigest()}"
