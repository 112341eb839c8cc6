"""Servers that misbehave in one known way each, on loopback, and a way to put load on them in-process."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rrset

from chaoskit.core.history import TEXT_COLUMNS, Generated, Requests, concatenate
from chaoskit.core.load import OUTCOMES, Connections
from chaoskit.core.request import HttpRequest, get
from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network
from chaoskit.loads.arrivals import constant
from chaoskit.loads.columns import columns, pack, unpack
from chaoskit.loads.engine import Engine
from chaoskit.loads.work import Client, Job, Work

Behaviour = Callable[[socket.socket], None]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Instance: web-1\r\n\r\nhello"


@contextmanager
def serving(behave: Behaviour, *, port: int = 0, netns: Path | None = None) -> Iterator[int]:
    """A server whose every connection gets a thread with this behaviour; gives its port."""

    def listen() -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=1024)

    listener = in_network(netns, listen) if netns else listen()
    held: list[socket.socket] = []

    def attend(connection: socket.socket) -> None:
        try:
            behave(connection)
        except OSError:
            return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            threading.Thread(target=attend, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for connection in held:
            connection.close()


def requests_on(connection: socket.socket) -> Iterator[bytes]:
    """Heads of the requests that come on a connection."""
    buffer = b""
    while data := connection.recv(65536):
        buffer += data
        while b"\r\n\r\n" in buffer:
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            yield head


def answers(*texts: bytes, close: bool = False) -> Behaviour:
    """Answer every request with these bytes, in so many pieces; then close, if told to."""

    def behave(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in requests_on(connection):
            for text in texts:
                connection.sendall(text)
                time.sleep(0.001 if len(texts) > 1 else 0)
            if close:
                connection.shutdown(socket.SHUT_RDWR)

    return behave


def resets(connection: socket.socket) -> None:
    """Reset the connection when a request comes."""
    next(requests_on(connection))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silent(connection: socket.socket) -> None:
    """Read requests and say nothing."""
    for _ in requests_on(connection):
        pass


@contextmanager
def namespace() -> Iterator[Path]:
    """A network namespace with nothing but loopback; needs root."""
    holder = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep 60"], stdout=-1
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        yield Path(f"/proc/{holder.pid}/ns/net")
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()


@contextmanager
def naming(
    answer: Callable[[dns.message.Message], dns.message.Message | None], port: int = 0
) -> Iterator[tuple[str, list[float]]]:
    """A DNS server that answers as told, None for silence; gives its address, and the times of queries."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    asked: list[float] = []

    def serve() -> None:
        while True:
            data, peer = server.recvfrom(4096)
            if not data:
                return
            asked.append(time.monotonic())
            made = answer(dns.message.from_wire(data))
            if made is not None:
                server.sendto(made.to_wire(), peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = server.getsockname()[1]
    try:
        yield f"127.0.0.1#{port}", asked
    finally:
        server.sendto(b"", ("127.0.0.1", port))
        thread.join(5)
        server.close()


def record(query: dns.message.Message, address: str, ttl: int = 1) -> dns.message.Message:
    """An answer with one A record."""
    made = dns.message.make_response(query)
    made.answer = [dns.rrset.from_text(query.question[0].name, ttl, "IN", "A", address)]
    return made


def refusal(query: dns.message.Message, code: dns.rcode.Rcode) -> dns.message.Message:
    """An answer with a response code and nothing else."""
    made = dns.message.make_response(query)
    made.set_rcode(code)
    return made


def job(target: str | HttpRequest, *, client: Client | None = None, **changes: Any) -> Job:
    """A load of 50/s with a timeout of 1 s and new connections, but for what is changed."""
    request = get(target) if isinstance(target, str) else target
    plain = {
        "name": "shop",
        "arrivals": constant("50/s"),
        "timeout": NS,
        "connections": Connections.NEW,
        "clients": (client or Client("client-1"),),
    }
    return Job(request=request, **(plain | changes))


def generate(
    *jobs: Job,
    seconds: float = 0.2,
    stop_after: float | None = None,
    networks: tuple[str, ...] = (),
    meanwhile: tuple[float, Callable[[Engine], None]] | None = None,
    attempts: list[Requests] | None = None,
) -> tuple[Requests, tuple[Generated, ...]]:
    """Run the engine in a thread of its own; gives the rows and the account, and to `attempts` those that failed."""
    work = Work(time.monotonic_ns() + NS // 3, round(seconds * NS), 1, jobs, networks)
    result: list[Any] = []

    def body() -> None:
        raw: list[bytes] = []
        tried: list[bytes] = []
        try:
            engine = Engine(work, raw.append, tried.append)
            if stop_after is not None:
                threading.Timer(stop_after + 1 / 3, engine.stop).start()
            if meanwhile is not None:
                threading.Timer(meanwhile[0] + 1 / 3, meanwhile[1], [engine]).start()
            account = engine.run()
        except BaseException as error:  # noqa: BLE001  raised below, in the test's thread
            result.append(error)
            return
        if engine.failure is not None:
            result.append(engine.failure)
            return
        known = {column: [""] for column in TEXT_COLUMNS} | engine.labels.since({})
        parts = [unpack(pack(columns(data, engine.rows.combinations, work.origin)), known) for data in raw]
        more = [unpack(pack(columns(data, engine.attempts.combinations, work.origin)), known) for data in tried]
        result.append((concatenate(parts), account, concatenate(more)))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "the engine did not end"
    if isinstance(result[0], BaseException):
        raise result[0]
    table, account, failed = result[0]
    if attempts is not None:
        attempts.append(failed)
    for row in account:
        assert row.scheduled == row.recorded
    assert sum(row.recorded - row.abandoned for row in account) == len(table)
    return table, account


def outcomes(table: Requests) -> dict[str, int]:
    """How many rows have each outcome."""
    codes = table.outcome.tolist()
    return {str(outcome): codes.count(code) for code, outcome in enumerate(OUTCOMES) if code in codes}
