"""Users on real connections: their addresses, connections and cookies, as servers see them."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Connections
from chaoskit.core.population import Population, zipf
from chaoskit.core.request import get
from chaoskit.core.tls import Tls
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.arrivals.bursty import bursty
from chaoskit.loads.work import Client
from tests.loads.authority import Authority, over_tls
from tests.loads.nginx import await_port, nginx
from tests.loads.servers import HELLO, generate, job, outcomes, requests_on, serving
from tests.support.ports import free_port

pytestmark = pytest.mark.usefixtures("each_transport")
KEPT = Connections.KEEP_ALIVE
FAST = constant("200/s")


class Book:
    """What a server saw: for each connection, who was at its other end and the heads of its requests.

    Attributes:
        given: who got each answer, in the order of answers.
    """

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers or (HELLO,)
        self._lock = threading.Lock()
        self.given: list[str] = []
        self.connections: list[tuple[str, list[bytes]]] = []

    def behave(self, connection: socket.socket) -> None:
        """Answer every request, with each answer in turn."""
        heads: list[bytes] = []
        (source, _) = connection.getpeername()
        with self._lock:
            self.connections.append((source, heads))
        for head in requests_on(connection):
            with self._lock:
                heads.append(head)
                answer = self._answers[len(self.given) % len(self._answers)]
                self.given.append(source)
            connection.sendall(answer)

    @property
    def sources(self) -> Counter[str]:
        """How many connections came from each address."""
        return Counter(source for source, _ in self.connections)


def test_users_keep_their_address_and_their_connection() -> None:
    """With as many addresses as users, each address has one kept connection, and all its requests are on it."""
    book = Book()
    with serving(book.behave) as port:
        who = Population(users=20, sources="127.77.0.0/24")
        table, _ = generate(
            job(f"http://127.0.0.1:{port}/", connections=KEPT, arrivals=FAST, population=who), seconds=1
        )
    assert outcomes(table) == {"ok": 200}
    assert set(book.sources) == {f"127.77.0.{number}" for number in range(1, 21)}
    # A request that comes while its user's last one has no answer yet takes a further connection.
    assert sum(book.sources.values()) == int((table.connect >= 0).sum()) < 60
    assert sum(len(heads) for _, heads in book.connections) == 200


def test_users_behind_a_proxy_share_its_connections() -> None:
    """One address for all, and no more connections than there were requests at a time."""
    book = Book()
    with serving(book.behave) as port:
        who = Population(users=20, sources="127.77.0.0/24", proxy=True)
        table, _ = generate(
            job(f"http://127.0.0.1:{port}/", connections=KEPT, arrivals=FAST, population=who), seconds=1
        )
    assert outcomes(table) == {"ok": 200}
    assert set(book.sources) == {"127.77.0.1"}
    assert sum(book.sources.values()) < 40


def test_a_few_addresses_are_big_where_users_are_spread_by_zipf() -> None:
    """The first address of the prefix has the most requests, and many have none."""
    book = Book()
    with serving(book.behave) as port:
        who = Population(users=1000, sources="127.77.0.0/20", spread=zipf(1.3))
        generate(job(f"http://127.0.0.1:{port}/", arrivals=constant("400/s"), population=who), seconds=1)
    (first, count), *_ = book.sources.most_common()
    assert first == "127.77.0.1"
    assert 60 < count < 300
    assert len(book.sources) < 300


def test_the_connection_idle_longest_makes_room() -> None:
    """Thirty users may have ten connections: no request waits, and there are never more."""
    book = Book()
    with serving(book.behave) as port:
        who = Population(users=30, connections=10)
        table, _ = generate(
            job(f"http://127.0.0.1:{port}/", connections=KEPT, arrivals=FAST, population=who), seconds=1
        )
    assert outcomes(table) == {"ok": 200}
    assert 60 < len(book.connections) < 180


def test_requests_beyond_the_limit_wait_for_room_and_for_their_own_connection() -> None:
    """A server that takes its time with two connections for many users still gets every request, each user's own."""

    def slowly(connection: socket.socket) -> None:
        for _ in requests_on(connection):
            time.sleep(0.005)
            connection.sendall(HELLO)

    with serving(slowly) as port:
        who = Population(users=8, connections=2)
        load = job(
            f"http://127.0.0.1:{port}/", connections=KEPT, arrivals=poisson("250/s"), timeout=5 * NS, population=who
        )
        table, _ = generate(load, seconds=0.5)
    assert set(outcomes(table)) == {"ok"}
    assert int((table.connect >= 0).sum()) > 10


def test_clients_divide_users_and_addresses() -> None:
    """Two client hosts have the two halves of the prefix, and no address is both's."""
    book = Book()
    with serving(book.behave) as port:
        who = Population(users=40, sources="127.77.0.0/24")
        both = (Client("one"), Client("two"))
        load = job(f"http://127.0.0.1:{port}/", arrivals=FAST, clients=both, population=who)
        table, _ = generate(load, seconds=1)
    assert outcomes(table) == {"ok": 200}
    numbers = {int(source.rsplit(".", 1)[1]) for source in book.sources}
    assert numbers <= {*range(1, 21), *range(129, 149)}
    assert len(numbers & {*range(1, 21)}) > 15
    assert len(numbers & {*range(129, 149)}) > 15


def test_cookies_are_sent_back_by_the_user_they_were_given_to() -> None:
    """Every answer brings a new identity, and a user sends those that were given to its own address alone."""
    given = [HELLO.replace(b"\r\n\r\n", b"\r\nSet-Cookie: id=%d; Path=/\r\n\r\n" % number) for number in range(200)]
    book = Book(*given)
    with serving(book.behave) as port:
        who = Population(users=10, sources="127.77.0.0/24", cookies=True)
        load = job(f"http://127.0.0.1:{port}/", connections=KEPT, arrivals=constant("100/s"), population=who)
        table, _ = generate(load, seconds=1)
    assert outcomes(table) == {"ok": 100}
    sent: dict[str, list[str]] = defaultdict(list)
    for source, heads in book.connections:
        sent[source] += [found[1] for head in heads if (found := re.search(r"Cookie: id=(\d+)", head.decode()))]
    assert all(book.given[int(number)] == source for source, numbers in sent.items() for number in numbers)
    # Without one are a user's first request, and those that come before its answer.
    assert 70 < sum(len(numbers) for numbers in sent.values()) <= 100 - len(sent)
    assert all(len(set(numbers)) > len(numbers) / 2 for numbers in sent.values())  # the next answer's replaces it


def test_a_cookie_goes_with_new_connections_too() -> None:
    """And nobody has one before the server gave it."""
    book = Book(HELLO.replace(b"\r\n\r\n", b"\r\nSet-Cookie: seen=1; Path=/\r\n\r\n"))
    with serving(book.behave) as port:
        who = Population(users=1, cookies=True)
        generate(job(f"http://127.0.0.1:{port}/", population=who), seconds=0.4)
    carried = ["Cookie: seen=1" in heads[0].decode() for _, heads in book.connections]
    assert carried == [False, *[True] * 19]


@pytest.mark.parametrize("secure", [False, True])
def test_users_who_connect_at_once_send_each_its_own_cookies(tmp_path: Path, secure: bool) -> None:
    """The cookie names the address it was given to, and never comes from another, whoever connects meanwhile."""
    attributes = "; Secure" if secure else ""
    carried: list[tuple[str, str]] = []

    def behave(connection: socket.socket) -> None:
        (source, _) = connection.getpeername()
        for head in requests_on(connection):
            carried.append((source, head.decode().partition("Cookie: from=")[2]))
            cookie = f"\r\nSet-Cookie: from={source}{attributes}\r\n\r\n"
            connection.sendall(HELLO.replace(b"\r\n\r\n", cookie.encode()))

    authority = Authority(tmp_path)
    served = over_tls(authority.sign("IP:127.0.0.1"), behave) if secure else behave
    with serving(served) as port:
        who = Population(users=50, sources="127.77.0.0/24", cookies=True)
        sealed = get(f"https://127.0.0.1:{port}/", tls=Tls(ca=str(authority.file)))
        request = sealed if secure else get(f"http://127.0.0.1:{port}/")
        table, _ = generate(
            job(
                request,
                arrivals=bursty("3000/s", on="20ms", off="80ms", periods="fixed"),
                timeout=5 * NS,
                population=who,
            )
        )
    assert set(outcomes(table)) == {"ok"}
    assert len(carried) == len(table) > 50
    assert {sent for _, sent in carried} > {""}
    assert all(sent in ("", source) for source, sent in carried)


@contextmanager
def haproxy(folder: Path, *backends: int) -> Iterator[int]:
    """A balancer that deals users out in turn and keeps them by a cookie; gives its port."""
    port = free_port()
    servers = [f"  server s{i} 127.0.0.1:{backend} cookie s{i}" for i, backend in enumerate(backends)]
    lines = [
        "defaults",
        "  mode http",
        "  timeout connect 2s",
        "  timeout client 5s",
        "  timeout server 5s",
        "listen shop",
        f"  bind 127.0.0.1:{port}",
        "  balance roundrobin",
        "  option forwardfor",
        "  cookie SRV insert indirect nocache",
        *servers,
    ]
    (folder / "haproxy.cfg").write_text("\n".join(lines) + "\n")
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    process = subprocess.Popen([program, "-db", "-f", str(folder / "haproxy.cfg")], stderr=subprocess.DEVNULL)
    try:
        await_port("127.0.0.1", port)
        yield port
    finally:
        process.terminate()
        process.wait(5)


@pytest.mark.skipif(not Path("/usr/sbin/haproxy").exists() and not shutil.which("haproxy"), reason="HAProxy is missing")
@pytest.mark.parametrize("cookies", [True, False])
def test_a_sticky_balancer_keeps_users_with_cookies(tmp_path: Path, cookies: bool) -> None:
    """HAProxy sends a user's requests to one server, but for those before its first answer; else to both in turn."""
    one, two = Book(), Book()
    with serving(one.behave) as first, serving(two.behave) as second, haproxy(tmp_path, first, second) as port:
        who = Population(users=20, sources="127.77.0.0/24", cookies=cookies)
        load = job(f"http://127.0.0.1:{port}/", connections=KEPT, arrivals=constant("400/s"), population=who)
        table, _ = generate(load, seconds=1)
    assert outcomes(table) == {"ok": 400}
    served = [_forwarded(book) for book in (one, two)]
    assert sum(served[0].values()) + sum(served[1].values()) == 400
    astray = sum(min(served[0][user], served[1][user]) for user in set(served[0]) & set(served[1]))
    assert astray <= 20 if cookies else astray >= 100
    assert min(len(served[0]), len(served[1])) >= 5


def _forwarded(book: Book) -> Counter[str]:
    """Requests by the address of the user, as a balancer names it."""
    heads = [head.decode() for _, heads in book.connections for head in heads]
    return Counter(found[1] for head in heads if (found := re.search(r"(?i)x-forwarded-for: (\S+)", head)))


def test_addresses_that_the_host_does_not_own_are_a_usage_error() -> None:
    """Before anything is sent; the remedy is the route."""
    with pytest.raises(UsageError, match=r"198\.19\.16\.1, .* is no address of client-1") as refused:
        generate(job("http://127.0.0.1:9/", population=Population(5, "198.19.16.0/20")))
    assert "ip route add local 198.19.16.0/20 dev lo" in refused.value.remedy


def test_a_request_with_cookies_of_its_own_is_a_usage_error() -> None:
    """Whose cookies it has must be clear."""
    request = get("http://127.0.0.1:9/", headers={"Cookie": "a=1"})
    with pytest.raises(UsageError, match="has a Cookie header"):
        generate(job(request, population=Population(5, cookies=True)))


@pytest.mark.slow
def test_fifty_thousand_addresses_in_one_run(tmp_path: Path) -> None:
    """Each a user's, and each seen by nginx, whose log has as many requests as the load had answers."""
    log = tmp_path / "sources.log"
    with nginx(tmp_path, log=str(log)) as server:
        who = Population(users=1_000_000, sources="127.16.0.0/12")
        load = job(f"http://127.0.0.1:{server.port}/", arrivals=constant("5000/s"), timeout=5 * NS, population=who)
        table, _ = generate(load, seconds=11)
    assert outcomes(table) == {"ok": 55_000}
    sources = Counter(log.read_text().split())
    assert sum(sources.values()) == 55_000
    assert len(sources) >= 50_000
    assert max(sources.values()) <= 6
