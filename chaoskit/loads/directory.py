"""Names for threads that may not look them up themselves.

getaddrinfo(3) reads the resolv.conf of this process, not of the client host, and knows no deadline. So a
worker asks here: cached addresses are read at once, look-ups are made by the engine's loop.
"""

from __future__ import annotations

from _queue import Empty, SimpleQueue
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.loads.lookup import Resolved
from chaoskit.loads.naming import Naming
from chaoskit.loads.resolver import Resolver
from chaoskit.loads.session import Failed
from chaoskit.loads.targets import literal

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client, Job


class Directory:
    """Where the hosts of one load are, as one client host sees it. `find` is for workers, the rest for the engine.

    Raises:
        TargetRefused: a host, or a name server that will be asked, lies outside the lab.
    """

    def __init__(self, engine: Engine, stream: Stream, job: Job, client: Client, hosts: tuple[str, ...]) -> None:
        self._loop = engine.loop
        self._targets = stream.targets
        self._what = f"load {job.name} from {client.host}"
        self._resolver = Resolver(client, stream.network, engine.networks, engine.loop)
        self._namings = {host: Naming(host, job.dns_cache, client, self._resolver) for host in hosts}
        if any(literal(host) is None and host not in client.hosts for host in hosts):
            for server, _ in self._resolver.servers:
                self._targets.require(server, f"load {job.name}, name server of {client.host}")
        for naming in self._namings.values():
            address = naming.known(0)
            if address is not None:
                self._targets.require(address, self._what)

    def find(self, host: str, patience: float) -> tuple[str, int]:
        """A host's address, and the ns its look-up took: -1 where there was none, or it was another's.

        Raises:
            Failed: it has none.
            TimeoutError: no answer within so many seconds.
            TargetRefused: it lies outside the lab.
        """
        naming = self._namings[host]
        address, took = naming.known(monotonic_ns()), -1
        if address is None:
            found: SimpleQueue[tuple[Resolved, int]] = SimpleQueue()
            self._loop.post(lambda: naming.find(lambda resolved, took: found.put((resolved, took))))
            try:
                resolved, took = found.get(timeout=patience)
            except Empty:
                raise TimeoutError from None
            if resolved.address is None:
                raise Failed(resolved.failure)
            address = resolved.address
        self._targets.require(address, self._what)
        return address, took

    def forget(self) -> None:
        """The client host came back: its cache is empty."""
        for naming in self._namings.values():
            naming.forget()

    def close(self) -> None:
        """Let go of look-ups under way."""
        self._resolver.close()
