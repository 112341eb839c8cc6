"""What a driver owes of its networks: each demand is made of a lab that is up, and leaves it as it was."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chaoskit.core.host import HostState
from chaoskit.kernel import nft
from chaoskit.kernel.links import set_link
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.tools import find_tool
from chaoskit.testing.driver import frames
from chaoskit.testing.driver.bench import HEARD, Bench, demand, until

_STRANGER = "198.19.77.7"
"""Of a client population, which is on no lab's subnet (chaoskit.labs.ipam)."""
_MACHINE = "198.19.254.1"
"""An address that this machine has while it is tried whether a lab reaches it."""
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_REPEATED_EVERY_S = 0.002
_TABLE = f"{nft.PREFIX}conformance"


def a_partition_is_silence(on: Bench) -> None:
    """A table in a host's namespace drops what it names, on both drivers and through a crash, until it is deleted."""
    web, client = on.host("web"), on.host("client")
    rule = f"chain in {{ type filter hook input priority 0; ip saddr {client.info.addresses[0]} drop; }}\n"
    nft.load(web.netns(), f"table {nft.FAMILY} {_TABLE} {{ {rule} }}")
    try:
        demand(on.answer() == "TimeoutError", f"through a partition the client gets {on.answer()}")
        web.kill(signal.SIGKILL)
        until(lambda: web.status().state is HostState.EXITED, "the crash is told")
        demand(on.answer() == "TimeoutError", "a crash undid the partition")
    finally:
        nft.delete(web.netns(), _TABLE)
        web.start()
    on.await_answer("echo")


def a_link_down_is_silence(on: Bench) -> None:
    """A link that is set down carries nothing; set up again it carries everything, and the other link all the time."""
    web, db = on.host("web"), on.host("db")
    upper, lower = on.link("web", "upper"), on.link("web", "lower")
    set_link(web.netns(), upper.device, up=False)
    try:
        demand(on.answer() in ("TimeoutError", "OSError"), f"through a link that is down the client gets {on.answer()}")
        reached = db.run(["bash", "-c", f"exec 3<>/dev/tcp/{lower.address}/7; echo hi >&3; cat <&3"], timeout=5)
        demand(reached.stdout == "hi\n", f"the other link carries nothing: {reached}")
    finally:
        set_link(web.netns(), upper.device, up=True)
    on.await_answer("echo")


def a_strange_source_passes(on: Bench) -> None:
    """A packet whose source lies outside the network's subnet reaches its target: populations, routes, bogons."""
    client = on.host("client")
    link, target = on.link("client", "upper"), on.link("web", "upper")
    frame = frames.udp(target.mac, link.mac, _STRANGER, target.address, HEARD, b"stranger")

    with in_network(client.netns(), lambda: frames.on(link.device)) as sender:
        sender.send(frame)
    words = f"heard stranger from {_STRANGER}"
    until(lambda: words in on.lab.logs("web").read_text(), "the server hears a packet with a strange source", 3)


def a_returning_host_forwards_nothing(on: Bench) -> None:
    """A host that is started again hands on nobody's packets before its own settings hold; where they let it, then."""
    web, client, loop = on.host("web"), on.link("client", "upper"), on.link("loop", "upper")
    by_way_of_web = frames.udp(on.link("web", "upper").mac, client.mac, client.address, loop.address, HEARD, b"by web")
    with _sight(on, "loop", client.address) as seen, _repeated(on, "client", by_way_of_web):
        web.power_off()
        web.start()
        on.await_answer("echo")
        demand(not seen(), f"a host that came back handed on {seen()} packets, and forwarding is off in it")
        in_network(web.netns(), lambda: _FORWARDING.write_text("1"))
        try:
            until(lambda: seen() > 0, "a host that forwards hands a packet on", 5)
        finally:
            in_network(web.netns(), lambda: _FORWARDING.write_text("0"))


@contextmanager
def _sight(on: Bench, host: str, source: str) -> Iterator[Callable[[], int]]:
    """How many packets with this source came to a host's link from web."""
    link, mac = on.link(host, "upper"), on.link("web", "upper").mac
    wanted = bytes.fromhex(mac.replace(":", "")) + b"\x08\x00"
    with in_network(on.host(host).netns(), lambda: frames.on(link.device)) as heard:
        heard.setblocking(False)
        count = 0

        def seen() -> int:
            nonlocal count
            for frame in frames.waiting(heard):
                count += frame[6:14] == wanted and frame[26:30] == socket.inet_aton(source)
            return count

        yield seen


@contextmanager
def _repeated(on: Bench, host: str, frame: bytes) -> Iterator[None]:
    """A frame that a host sends again and again."""
    over = threading.Event()
    with in_network(on.host(host).netns(), lambda: frames.on(on.link(host, "upper").device)) as sender:

        def send() -> None:
            while not over.wait(_REPEATED_EVERY_S):
                sender.send(frame)

        thread = threading.Thread(target=send, name="repeated frame")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def nothing_leaves(on: Bench) -> None:
    """Neither by a route to nowhere nor by ARP does a host reach this machine, though this machine reaches itself."""
    client = on.host("client")
    device = client.info.links[0].device
    with _listening() as (server, port):
        _connect(port)
        server.accept()[0].close()
        demand(_fails(on, port), "the client reaches an address of this machine without a route")
        ip = find_tool("ip", "iproute2")
        run_in_network(client.netns(), [ip, "route", "add", f"{_MACHINE}/32", "dev", device])
        try:
            demand(_fails(on, port), "the client reaches an address of this machine by ARP")
        finally:
            run_in_network(client.netns(), [ip, "route", "del", f"{_MACHINE}/32", "dev", device])
        server.settimeout(0.1)
        try:
            server.accept()[0].close()
        except TimeoutError:
            return
        demand(False, "a connection came out of the lab")


@contextmanager
def _listening() -> Iterator[tuple[socket.socket, int]]:
    """This machine has one address more, and listens there."""
    ip = find_tool("ip", "iproute2")
    here = Path("/proc/self/ns/net")
    run_in_network(here, [ip, "address", "add", f"{_MACHINE}/32", "dev", "lo"])
    try:
        with socket.create_server((_MACHINE, 0)) as server:
            server.settimeout(2)
            yield server, server.getsockname()[1]
    finally:
        run_in_network(here, [ip, "address", "del", f"{_MACHINE}/32", "dev", "lo"])


def _fails(on: Bench, port: int) -> bool:
    def attempt() -> bool:
        try:
            _connect(port)
        except OSError:
            return True
        return False

    return in_network(on.host("client").netns(), attempt)


def _connect(port: int) -> None:
    socket.create_connection((_MACHINE, port), 0.5).close()


DEMANDS = (
    a_partition_is_silence,
    a_link_down_is_silence,
    a_strange_source_passes,
    a_returning_host_forwards_nothing,
    nothing_leaves,
)
