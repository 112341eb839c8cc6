"""What the kernel's network can do, and what is used where it cannot."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.engine.doctor.fact import MISSING, OK, SUBSTITUTE, Fact
from chaoskit.engine.doctor.trial import trial

_FACILITIES = (
    ("netem", "nftables for loss and duplicates, a process of chaoskit's for delay, reordering and corruption"),
    ("egress rules", "netem for packet faults, where the kernel has it"),
    ("tbf", ""),
    ("IPVS", "nft numgen and jhash balance at layer 4"),
    ("WireGuard", "wireguard-go in user space"),
    ("VLAN", "a bridge each"),
    ("dummy", "a veth pair with one end unused"),
    ("bridge", ""),
    ("veth", ""),
)
"""Facility, as `trial` names it, and its substitute; without one nothing stands in."""

_NEEDED = ("bridge", "veth")


def facts() -> Iterator[Fact]:
    """Each facility, tried in a network namespace of its own."""
    for name, substitute in _FACILITIES:
        refused = trial().get(name, "not tried, for want of namespaces")
        needed = name in _NEEDED
        if not refused:
            yield Fact(name, "facility", OK, "works", needed=needed)
        elif substitute:
            yield Fact(name, "facility", SUBSTITUTE, "not in this kernel", substitute)
        else:
            means = "no native lab runs" if needed else "bandwidth cannot be limited"
            yield Fact(name, "facility", MISSING, "not in this kernel", means, needed=needed)
