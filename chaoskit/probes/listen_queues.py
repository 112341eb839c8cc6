"""`listen_queues`: how many connections wait to be accepted, and how many may."""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.host import HostState
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.kernel.sock_diag import TcpSocket, TcpState, tcp_sockets

_ANY = ("0.0.0.0", "::")


@probe
def listen_queues(host: ProbeHost, port: int | None = None) -> Reader:
    """The queue of every listening TCP socket: `{"*:8080": {"queue": 3, "limit": 128, "full": false}}`.

    A key is the address and port it listens at, `*` for every address; where several sockets share them
    (SO_REUSEPORT) their queues and limits are added up. `queue` is the number of connections whose handshake
    is done and that no process has accepted; `limit` is the backlog as the kernel holds it, of which it
    admits one more (listen(2), sk_acceptq_is_full in net/sock.h): a queue is full above its limit, and then
    SYNs are dropped. Read from the kernel by sock_diag(7).

    Args:
        host: whose sockets.
        port: sockets of this port only.
    """

    def read() -> Mapping[str, Json]:
        if host.status().state is HostState.OFF:
            raise ConnectionResetError(f"{host.info.name} is off, its sockets are gone")
        sums: dict[str, tuple[int, int]] = {}
        for one in tcp_sockets([TcpState.LISTEN]):
            if port in (None, one.local_port):
                queue, limit = sums.get(_key(one), (0, 0))
                sums[_key(one)] = queue + one.queue, limit + one.limit
        return {key: {"queue": n, "limit": limit, "full": n > limit} for key, (n, limit) in sums.items()}

    return read


def _key(listener: TcpSocket) -> str:
    address = "*" if listener.local in _ANY else f"[{listener.local}]" if ":" in listener.local else listener.local
    return f"{address}:{listener.local_port}"
