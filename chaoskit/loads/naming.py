"""The contract of naming: from the host that a request names to the address a client connects to.

A naming is a value of the load, `naming=fixed("198.18.0.5", ...)`; on each client host it opens a `Finder`.
The engine asks whenever a connection is needed: first for what is known, else to find out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chaoskit.core.errors import UsageError
from chaoskit.core.naming import Dns, Naming
from chaoskit.loads.lookup import Resolved

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client

Place = tuple[str, int]
"""Address and port; 0 for the port that the request names."""

Found = Callable[[Resolved, int], None]
"""Gets the answer, and the ns its look-up took: -1 for one that was another's."""


@dataclass(frozen=True)
class Vantage:
    """Where a finder looks from: one host's name, as one load on one client host is to find it."""

    engine: Engine
    stream: Stream
    client: Client
    host: str

    def require(self, address: str, what: str = "") -> None:
        """Pass an address that the load may be sent to; `what` it is, if not a target of the requests themselves.

        Raises:
            TargetRefused: it lies outside the lab and outside loopback.
        """
        role = f", {what} of" if what else " from"
        self.stream.targets.require(address, f"load {self.stream.name}{role} {self.client.host}")


class Finder(Protocol):
    """One load's idea of where a host is, on one client host. Used in the engine's thread, but for `known`.

    What is known to lie outside the lab when it is opened, it refuses then (`Vantage.require`).
    """

    def known(self, now: int) -> Place | None:
        """Where to connect to, if nothing need be asked for that; may be called by any thread."""
        ...

    def find(self, found: Found) -> None:
        """Ask, or share what somebody is asking already; `found` is called once, from the loop or at once."""
        ...

    def forget(self) -> None:
        """The client host came back with a new network: nothing is known any more that has to be asked for."""
        ...

    def close(self) -> None:
        """Let go of what is under way; nobody is told."""
        ...


@runtime_checkable
class Opens(Protocol):
    """What a naming of `chaoskit.loads.namings`, or another distribution's, has beside its title."""

    def open_finder(self, vantage: Vantage) -> Finder:
        """Begin to find a host.

        Raises:
            TargetRefused: what will be asked, or is known already, lies outside the lab.
        """
        ...


def open_finder(naming: Naming, vantage: Vantage) -> Finder:
    """Begin to find a host the way a load says.

    Raises:
        TargetRefused: what will be asked, or is known already, lies outside the lab.
        UsageError: the naming is none of a load's.
    """
    if isinstance(naming, Dns):  # the core's default, which knows nothing of loads
        from chaoskit.loads.namings.dns import DnsFinder  # noqa: PLC0415  it implements this module's contract

        return DnsFinder(naming, vantage)
    if not isinstance(naming, Opens):
        raise UsageError(f"{naming!r} is no naming", remedy="Use Dns(...), fixed(...) or registry(...).")
    return naming.open_finder(vantage)
