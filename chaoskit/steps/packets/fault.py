"""One fault of the packets that leave a host by one of its links, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaoskit.core.units import show_bit_rate, show_duration, show_share

STAGES = ("duplicate", "loss", "corrupt", "reorder", "delay", "bandwidth")
"""In the order in which a packet meets them, where several are in force on its link."""

MILLION = 1_000_000
_MARK = 0xC4 << 24
"""The highest byte of the mark on every packet of ours; then the stage it has passed, then the fault."""


@dataclass(frozen=True)
class PacketFault:
    """What happens to IPv4 packets that a host sends, or forwards, by one link.

    Attributes:
        host: whose packets.
        network: by the link on which network.
        device: the link's name inside the host.
        fault: one of `STAGES`.
        amounts: `delay`, `jitter` and `queue` in ns, `share` in millionths, `rate` in bits a second, `seed`.
        peers: only packets to these IPv4 addresses; all where there are none.
        id: eight hexadecimal digits of its own.
        lasting: ns from `prepare` after which the kernel lets go where it can by itself.
    """

    host: str
    network: str
    device: str
    fault: str
    amounts: Mapping[str, int]
    peers: tuple[str, ...]
    id: str
    lasting: int

    @property
    def link(self) -> str:
        """`HOST/NETWORK`."""
        return f"{self.host}/{self.network}"

    @property
    def stage(self) -> int:
        """Where among the stages, from 1 on."""
        return STAGES.index(self.fault) + 1

    @property
    def mark(self) -> int:
        """What a packet carries that has passed this fault."""
        return _MARK | self.stage << 16 | int(self.id[:4], 16)

    @property
    def passed(self) -> tuple[int, int]:
        """The marks of packets that have passed this stage, first and last: they are not for it any more."""
        return _MARK | self.stage << 16, _MARK | 0xFFFFFF

    @property
    def effect(self) -> str:
        """What it does, in words."""
        amount = self.amounts
        share = show_share(amount["share"] / MILLION) if "share" in amount else ""
        match self.fault:
            case "delay":
                jitter = f" ± {show_duration(amount['jitter'])}" if amount.get("jitter") else ""
                return f"delay of {show_duration(amount['delay'])}{jitter}"
            case "reorder":
                return f"{share} of packets {show_duration(amount['delay'])} late, overtaken by others"
            case "bandwidth":
                return f"bandwidth of {show_bit_rate(amount['rate'])}, {show_duration(amount['queue'])} of queue"
            case "loss":
                return f"{share} of packets lost"
            case "duplicate":
                return f"{share} of packets twice"
            case _:
                return f"{share} of packets with one bit wrong"

    @property
    def whom(self) -> str:
        """To whom, in words; empty for everybody."""
        return f" to {', '.join(self.peers)}" if self.peers else ""
