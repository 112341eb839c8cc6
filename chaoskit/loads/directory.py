"""Names for threads that may not look them up themselves.

getaddrinfo(3) reads the resolv.conf of this process, not of the client host, and knows no deadline. So a
worker asks here: cached addresses are read at once, look-ups are made by the engine's loop.
"""

from __future__ import annotations

from _queue import Empty, SimpleQueue
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.loads.lookup import Resolved
from chaoskit.loads.naming import Place, Vantage, open_finder
from chaoskit.loads.session import Failed

if TYPE_CHECKING:
    from chaoskit.core.naming import Naming
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client


class Directory:
    """Where the hosts of one load are, as one client host sees it. `find` is for workers, the rest for the engine.

    Raises:
        TargetRefused: a host, or a name server that will be asked, lies outside the lab.
    """

    def __init__(self, engine: Engine, stream: Stream, client: Client, hosts: tuple[str, ...], naming: Naming) -> None:
        self._loop = engine.loop
        self._vantages = {host: Vantage(engine, stream, client, host) for host in hosts}
        self._finders = {host: open_finder(naming, vantage) for host, vantage in self._vantages.items()}

    def known(self, host: str) -> Place | None:
        """Where a host is, if nothing need be asked for that.

        Raises:
            TargetRefused: it lies outside the lab.
        """
        place = self._finders[host].known(monotonic_ns())
        if place is None:
            return None
        self._vantages[host].require(place[0])
        return place

    def find(self, host: str, patience: float) -> tuple[Place, int]:
        """Ask where a host is; also the ns that took, -1 where the question was another's.

        Raises:
            Failed: it has none.
            TimeoutError: no answer within so many seconds.
            TargetRefused: it lies outside the lab.
        """
        found: SimpleQueue[tuple[Resolved, int]] = SimpleQueue()
        self._loop.post(lambda: self._ask(host, found))
        try:
            resolved, took = found.get(timeout=patience)
        except Empty:
            raise TimeoutError from None
        if resolved.address is None:
            raise Failed(resolved.failure)
        self._vantages[host].require(resolved.address)
        return (resolved.address, resolved.port), took

    def _ask(self, host: str, found: SimpleQueue[tuple[Resolved, int]]) -> None:
        """In the engine's thread: what another asked may have been answered since."""
        place = self._finders[host].known(monotonic_ns())
        if place is not None:
            found.put((Resolved(place[0], port=place[1]), -1))
        else:
            self._finders[host].find(lambda resolved, took: found.put((resolved, took)))

    def forget(self) -> None:
        """The client host came back: its cache is empty."""
        for finder in self._finders.values():
            finder.forget()

    def close(self) -> None:
        """Let go of look-ups under way."""
        for finder in self._finders.values():
            finder.close()
