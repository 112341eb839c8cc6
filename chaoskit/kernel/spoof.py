"""IP packets on a link from a host that is not their source, by Scapy.

Who imports this pays for Scapy, some 0.3 s.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from scapy.config import conf
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

from chaoskit.core.errors import LabError

_NOTHING = 0x88B5
"""An EtherType for experiments, which nobody here uses (IEEE 802): the socket is for sending alone."""


class Spoofer:
    """Sends packets that say they are from somebody else; for a thread inside the network of the host that does it.

    The frames carry the hardware address of the interface that sends them, as behind a router. With the source's own
    the bridge would learn that the source is over here, and take its frames here until it speaks again. Neighbour
    tables learn from ARP alone (RFC 826), so this way nothing but the packet itself reaches anybody.
    """

    def __init__(self, device: str) -> None:
        """Open an interface.

        Raises:
            LabError: there is no such interface, or this process may not send raw packets (CAP_NET_RAW).
        """
        try:
            self._socket = conf.L2socket(iface=device, type=_NOTHING, promisc=False)
        except (OSError, ValueError) as error:
            raise LabError(f"raw packets cannot be sent from {device}: {error}") from error
        self.mac: str = self._socket.ins.getsockname()[4].hex(":")

    def send(self, packet: bytes, mac: str) -> None:
        """Send an IP packet as it stands, byte for byte, to a station of the link."""
        self._socket.send(Ether(src=self.mac, dst=mac) / IP(packet))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()
