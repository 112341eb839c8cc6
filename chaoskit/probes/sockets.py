"""`sockets`: how many TCP connections a host holds, by state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.kernel.sock_diag import EVERY, TcpState, tcp_sockets

_COUNTED = tuple(state for state in EVERY if state not in (TcpState.LISTEN, TcpState.CLOSE, TcpState.NEW_SYN_RECV))


@probe
def sockets(host: ProbeHost, port: int | None = None, *, peer: str = "") -> Reader:
    """Connections by state: `{"established": 36, "syn_sent": 0, ..., "time_wait": 210, "held": 41}`.

    Every state has a field, also when no connection is in it. `held` is how many the host still has to end
    itself, established or closed by the peer only (`close_wait`): what requests under way hold. A connection
    that waits in a listen queue is established, and counts. Read from the kernel by sock_diag(7).

    Args:
        host: whose connections.
        port: those whose own end has this port only: of a service, connections of its callers.
        peer: those whose other end is this host of the lab only.

    Raises:
        UsageError: the lab has no host of that name.
    """
    if peer and peer not in host.topology.by_name:
        known = ", ".join(host.topology.by_name)
        raise UsageError(f"the lab has no host {peer!r}", remedy=f"Its hosts: {known}.")
    addresses = host.topology.by_name[peer].addresses if peer else ()

    def read() -> Mapping[str, Json]:
        counts = Counter(
            one.state
            for one in tcp_sockets(_COUNTED)
            if port in (None, one.local_port) and (not peer or one.remote in addresses)
        )
        held = counts[TcpState.ESTABLISHED] + counts[TcpState.CLOSE_WAIT]
        return {**{state.name.lower(): counts[state] for state in _COUNTED}, "held": held}

    return read
