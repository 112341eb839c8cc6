"""Where load may go: the lab's networks and loopback.

Elsewhere only where the author of the load wrote `any_target=True` or wrote it for a system elsewhere; and, where
there is a way out at all, only if whoever runs it says that the target is theirs: `--i-own-the-target`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network

from chaoskit.core.errors import UsageError

_SAY_SO = "Nothing was sent there. If the load is meant to go there, write load(..., any_target=True)"
_OWN_IT = "Nothing was sent there. If that system is yours to put load on, say so with --i-own-the-target."


class TargetRefused(UsageError):
    """A load would have left the lab."""


def literal(host: str) -> str | None:
    """The host if it is an address, None if it is a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


class Targets:
    """The addresses a load may connect to.

    Args:
        networks: ranges (CIDR) that are allowed beside loopback.
        anything: the load was written to go anywhere.
        owned: whoever runs it said that what it goes to is theirs, or there is no way out of the lab.
    """

    def __init__(self, networks: Iterable[str], *, anything: bool = False, owned: bool = True) -> None:
        self._networks = [ip_network(network, strict=False) for network in networks]
        self._anything = anything and owned
        self._remedy = _OWN_IT if anything else f"{_SAY_SO}{'' if owned else ' and run it with --i-own-the-target'}."
        self.allows = lru_cache(maxsize=4096)(self._allows)

    def _allows(self, address: str) -> bool:
        ip = ip_address(address)
        return self._anything or ip.is_loopback or any(ip in network for network in self._networks)

    def require(self, address: str, what: str) -> None:
        """Pass an allowed address.

        Args:
            address: an IPv4 or IPv6 address.
            what: who wants to go there, for the message.

        Raises:
            TargetRefused: the address is outside the lab and outside loopback.
        """
        if not self.allows(address):
            ranges = ", ".join(map(str, self._networks)) or "none"
            raise TargetRefused(
                f"{what}: {address} is outside the lab (its networks: {ranges}) and outside loopback",
                remedy=self._remedy,
            )


def is_port(text: str) -> bool:
    """Whether it is a number from 1 to 65535, in ASCII's digits."""
    return text.isascii() and text.isdigit() and len(text) <= len("65535") and 0 < int(text) < 1 << 16
