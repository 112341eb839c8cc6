"""A list of addresses in the client's own configuration: nobody is asked, and nobody tells of a change.

    load(get("http://price/"), ..., naming=fixed("198.18.0.31", "198.18.0.32"))

New connections take turns, dead addresses included: the client knows nothing of their health.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from itertools import cycle

from chaoskit.core.errors import UsageError
from chaoskit.loads.naming import Found, Place, Vantage


@dataclass(frozen=True)
class Fixed:
    """A list that never changes."""

    places: tuple[Place, ...]

    @property
    def fresh(self) -> bool:
        """Nothing is ever asked."""
        return False

    @property
    def title(self) -> str:
        """The list."""
        return f"fixed: {', '.join(f'{address}:{port}' if port else address for address, port in self.places)}"

    def open_finder(self, vantage: Vantage) -> FixedFinder:
        """Begin to take turns."""
        for address, _ in self.places:
            vantage.require(address)
        return FixedFinder(self.places)


class FixedFinder:
    """Takes turns through a list."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        self._turns = cycle(places)

    def known(self, now: int) -> Place:
        """The next one."""
        return next(self._turns)

    def find(self, found: Found) -> None:
        """Never called: everything is known."""
        raise AssertionError("a fixed list has nothing to find")

    def forget(self) -> None:
        """A configuration outlives its host's network."""

    def close(self) -> None:
        """Nothing is under way."""


def fixed(*places: str) -> Fixed:
    """Connect to these addresses in turn, `198.18.0.31` or `198.18.0.31:8080`, whatever host the request names.

    Raises:
        UsageError: there is none, or one is no address.
    """
    if not places:
        raise UsageError("a fixed list names at least one address")
    return Fixed(tuple(map(place_of, places)))


def place_of(text: str) -> Place:
    """Read `198.18.0.31`, `198.18.0.31:8080`, `fd00::1` or `[fd00::1]:8080`.

    Raises:
        UsageError: it is no address, or the port is no number.
    """
    host, port = text, ""
    if text.startswith("[") or text.count(":") == 1:
        host, _, port = text.rpartition(":")
        host = host.strip("[]")
    try:
        return str(ip_address(host)), int(port or 0)
    except ValueError:
        raise UsageError(f"{text!r} is no address", remedy="Write ADDRESS or ADDRESS:PORT.") from None
