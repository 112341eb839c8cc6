"""`listen_queues`: how many connections wait to be accepted, and how many may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.kernel.sock_diag import TcpSocket, TcpState, tcp_sockets

_ANY = ("0.0.0.0", "::")


@probe
def listen_queues(host: ProbeHost, port: int | None = None) -> Reader:
    """The queue of every listening TCP socket: `{"*:8080.queue": 3, "*:8080.limit": 128, "*:8080.admits": true}`.

    A key begins with the address and port it listens at, `*` for every address; where several sockets share
    them (SO_REUSEPORT) their queues and limits are added up, and each must admit. `queue` is the number of
    connections whose handshake is done and that no process has accepted; `limit` is the backlog as the kernel
    holds it, of which it admits one more (listen(2), sk_acceptq_is_full in net/sock.h): above its limit a queue
    is full and no longer `admits` anybody, SYNs are dropped. Read from the kernel by sock_diag(7).

    Args:
        host: whose sockets.
        port: sockets of this port only.
    """

    def read() -> Mapping[str, Json]:
        sharing: dict[str, list[TcpSocket]] = {}
        for one in tcp_sockets([TcpState.LISTEN]):
            if port in (None, one.local_port):
                sharing.setdefault(_key(one), []).append(one)
        return {name: value for key, sockets in sharing.items() for name, value in _fields(key, sockets)}

    return read


def _fields(key: str, sockets: Sequence[TcpSocket]) -> Iterator[tuple[str, Json]]:
    """Side by side, so that reports draw each as a line of its own."""
    yield f"{key}.queue", sum(one.queue for one in sockets)
    yield f"{key}.limit", sum(one.limit for one in sockets)
    yield f"{key}.admits", all(one.queue <= one.limit for one in sockets)


def _key(listener: TcpSocket) -> str:
    address = "*" if listener.local in _ANY else f"[{listener.local}]" if ":" in listener.local else listener.local
    return f"{address}:{listener.local_port}"
