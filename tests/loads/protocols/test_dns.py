"""Look-ups as load, against real name servers and servers that fail in one known way."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import numpy as np
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import load
from chaoskit.core.selector import role
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.generator import Generator, Job, Work
from chaoskit.loads.protocols.dns import lookup
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.servers import Behaviour, generate, job, naming, outcomes, record, refusal, serving
from tests.support.ports import free_port

CONFIG = """server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
database:
    storage: {folder}
log:
  - target: stderr
    any: error
zone:
  - domain: example.com
    file: {folder}/example.com.zone
"""
ZONE = """$TTL 5
@ SOA ns hostmaster 1 3600 600 86400 5
@ NS ns
ns A 127.0.0.1
*.shop A 198.18.0.80
*.shop AAAA fd00::80
alias CNAME x.shop
empty TXT nothing
{many}
"""


@contextmanager
def knot(folder: Path) -> Iterator[str]:
    """An authoritative server with a wildcard, and a name whose addresses do not fit a datagram; gives its address."""
    port = free_port()
    many = "\n".join(f"many A 198.18.{i // 250}.{i % 250 + 1}" for i in range(600))
    (folder / "example.com.zone").write_text(ZONE.format(many=many))
    config = folder / "knot.conf"
    config.write_text(CONFIG.format(port=port, folder=folder))
    process = subprocess.Popen(["knotd", "-c", str(config)], stderr=subprocess.DEVNULL)
    question = dns.message.make_query("x.shop.example.com", "A")
    deadline = time.monotonic() + 20
    try:
        while True:
            assert process.poll() is None, "knotd ended"
            try:
                dns.query.udp(question, "127.0.0.1", timeout=0.2, port=port)
                break
            except (OSError, dns.exception.Timeout):
                assert time.monotonic() < deadline, "knotd did not answer"
                time.sleep(0.02)
        yield f"127.0.0.1#{port}"
    finally:
        process.terminate()
        process.wait(5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Knot for all tests of this file."""
    with knot(tmp_path_factory.mktemp("knot")) as address:
        yield address


ANSWERS = [
    ("a.shop.example.com", "A", "ok", "198.18.0.80", 0),
    ("a.shop.example.com", "AAAA", "ok", "fd00::80", 0),
    ("alias.example.com", "A", "ok", "198.18.0.80", 0),
    ("nothing.example.com", "A", "no address", "", 3),
    ("empty.example.com", "A", "no address", "", 0),
    ("other.test", "A", "no address", "", 5),
]
"""Name, type, outcome, value, response code."""


def test_an_answer_has_its_outcome(server: str) -> None:
    """Type, first address, name server and response code are in the row; what has no address says so."""
    client = Client("c", nameservers=(server,))
    asked = [job(lookup(name, kind), name=f"{kind} {name}", client=client) for name, kind, *_ in ANSWERS]
    table, _ = generate(*asked)
    for name, kind, outcome, value, code in ANSWERS:
        part = table.take(table.load.equals(f"{kind} {name}"))
        assert outcomes(part) == {outcome: 10}
        assert (part.op[0], part.value[0], part.server[0]) == (kind, value, "127.0.0.1")
        assert set(part.status.tolist()) == {code}
    assert np.all((table.sent >= 0) & (table.lag <= table.sent) & (table.sent <= table.end))
    assert np.all(table.connect == -1)


def test_an_answer_that_does_not_fit_a_datagram_is_fetched_by_tcp(server: str) -> None:
    """600 addresses come over TCP: the row has a handshake, and the name's first address."""
    table, _ = generate(job(lookup("many.example.com", ok="198.18.0.0/15", server=server)))
    assert outcomes(table) == {"ok": 10}
    assert np.all(table.connect >= 0)


def test_truncation_without_tcp_is_no_address() -> None:
    """A server that truncates and whose TCP port is closed has not answered."""

    def cut(query: dns.message.Message) -> dns.message.Message:
        made = record(query, "198.18.0.1")
        made.flags |= dns.flags.TC
        return made

    with naming(cut) as (address, _):
        table, _ = generate(job(lookup("shop.example", server=address)))
    assert outcomes(table) == {"no address": 10}


@contextmanager
def truncating(by_tcp: Behaviour, cut: int = 0) -> Iterator[str]:
    """A server whose datagrams are truncated, the last so many bytes missing, and that does this over TCP."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        made = record(query, "198.18.0.1")
        made.flags |= dns.flags.TC
        return _Cut(made, cut)  # type: ignore[return-value]

    port = free_port()
    with naming(answer, port) as (address, _), serving(by_tcp, port=port):
        yield address


class _Cut:
    """A message that lacks its end."""

    def __init__(self, message: dns.message.Message, cut: int) -> None:
        self._wire = message.to_wire()
        self._left = len(self._wire) - cut

    def to_wire(self) -> bytes:
        """What is left."""
        return self._wire[: self._left]


def whole_by_tcp(connection: socket.socket) -> None:
    """Answer with an address."""
    data = connection.recv(65536)
    wire = record(dns.message.from_wire(data[2:]), "198.18.0.7").to_wire()
    for byte in len(wire).to_bytes(2, "big") + wire:  # in pieces of any size
        connection.sendall(bytes([byte]))


@pytest.mark.parametrize("cut", [0, 1, 5, 16])
def test_a_truncated_answer_is_asked_for_by_tcp_wherever_it_is_cut(cut: int) -> None:
    """The record may be there, in part or not at all."""
    with truncating(whole_by_tcp, cut) as address:
        table, _ = generate(job(lookup("shop.example", server=address)))
    assert outcomes(table) == {"ok": 10}
    assert {table.value[row] for row in range(10)} == {"198.18.0.7"}


def floods(start: bytes) -> Behaviour:
    """Send zeros behind a start, as fast as they are taken and without an end."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(bytes(1 << 20))

    return behave


@pytest.mark.parametrize("start", [b"", b"\0\1", b"\xff\xff"])
def test_a_server_that_floods_by_tcp_holds_nobody_up(server: str, start: bytes) -> None:
    """Whatever length it announces: its look-ups end in time, those of others are neither late nor slow."""
    with truncating(floods(start)) as address:
        flood, other = (job(lookup("a.shop.example.com", server=at), name=at) for at in (address, server))
        table, _ = generate(flood, other, seconds=0.5)
    flooded, spared = (table.take(table.load.equals(at)) for at in (address, server))
    assert outcomes(flooded) == {"no address": 25}
    assert outcomes(spared) == {"ok": 25}
    assert int(table.lag.max()) < 500_000
    assert int(flooded.end.max()) < 1_300_000


@contextmanager
def pouring() -> Iterator[str]:
    """A server that answers whoever asked last with datagrams that answer something else, one after the other."""
    with socket.socket(type=socket.SOCK_DGRAM) as pours:
        pours.bind(("127.0.0.1", 0))
        pours.settimeout(0.1)
        ended = threading.Event()

        def pour() -> None:
            peer = None
            while not ended.is_set():
                try:
                    peer = pours.recvfrom(4096)[1] if peer is None else peer
                    pours.sendto(bytes(12), peer)
                except TimeoutError:
                    continue
                except OSError:
                    peer = None

        thread = threading.Thread(target=pour)
        thread.start()
        yield f"127.0.0.1#{pours.getsockname()[1]}"
        ended.set()
        thread.join(5)


def test_a_server_that_pours_datagrams_holds_nobody_up(server: str) -> None:
    """None of them is an answer: the look-up ends with its time-out, those of others are neither late nor slow."""
    with pouring() as address:
        poured = job(lookup("a.shop.example.com", server=address), name="poured", arrivals=constant("5/s"))
        table, _ = generate(poured, job(lookup("a.shop.example.com", server=server)), seconds=0.5)
    flooded, spared = (table.take(table.load.equals(name)) for name in ("poured", "shop"))
    assert set(outcomes(flooded)) == {"dns timeout"}
    assert outcomes(spared) == {"ok": 25}
    assert int(table.end.max()) < 1_900_000


def test_each_arrival_may_ask_for_a_name_of_its_own() -> None:
    """With `{n}` no two questions of a run are for the same name, whatever load or client asks."""
    names: list[str] = []

    def answer(query: dns.message.Message) -> dns.message.Message:
        names.append(query.question[0].name.to_text())
        return record(query, "198.18.0.1")

    with naming(answer) as (address, _):
        clients = (Client("a", nameservers=(address,)), Client("b", nameservers=(address,)))
        request = lookup("{n}.shop.example.com")
        table, _ = generate(job(request, clients=clients), job(request, name="more", clients=clients), seconds=0.4)
    assert outcomes(table) == {"ok": 40}
    assert sorted(names) == sorted(f"{n}.shop.example.com." for n in range(1, 41))


def test_an_answer_that_is_not_the_expected_one_is_bad(server: str) -> None:
    """`ok=` names addresses or ranges of which the first address must be one."""
    inside, _ = generate(job(lookup("x.shop.example.com", ok=["10.0.0.1", "198.18.0.80"], server=server)))
    outside, _ = generate(job(lookup("x.shop.example.com", ok="198.18.16.0/20", server=server)))
    assert (outcomes(inside), outcomes(outside)) == ({"ok": 10}, {"bad": 10})


def test_silence_is_a_time_out_and_the_next_server_helps_out(server: str) -> None:
    """By the client's resolv.conf: a dead first server costs its time-out; a load that waits less gives up before."""
    with naming(lambda _query: None) as (mute, _):
        client = Client("c", nameservers=(mute, server), resolver_options=("timeout:1",))
        request = lookup("x.shop.example.com")
        patient, _ = generate(job(request, client=client, timeout=3 * NS, arrivals=constant("10/s")))
        hasty, _ = generate(job(request, client=client, timeout=NS // 4))
    assert outcomes(patient) == {"ok": 2}
    assert np.all((patient.end >= 1_000_000) & (patient.end < 1_500_000))
    assert outcomes(hasty) == {"dns timeout": 10}
    assert np.all((hasty.sent >= 0) & (hasty.end >= 250_000))


def test_a_failure_is_tried_again(server: str) -> None:
    """SERVFAIL once, then an answer: one arrival, two attempts."""
    first = threading.Lock()

    def answer(query: dns.message.Message) -> dns.message.Message:
        good = not first.acquire(blocking=False)
        return record(query, "198.18.0.1") if good else refusal(query, dns.rcode.SERVFAIL)

    with naming(answer) as (address, _):
        client = Client("c", nameservers=(address,), resolver_options=("attempts:1",))
        table, _ = generate(job(lookup("shop.example"), client=client, retries=1))
    assert outcomes(table) == {"ok": 10}
    assert sorted(table.attempts.tolist()) == [1] * 9 + [2]


def test_a_name_server_outside_the_lab_is_refused() -> None:
    """Before anything is asked there."""
    with pytest.raises(TargetRefused, match=r"name server of client-1: 192\.0\.2\.53 is outside the lab"):
        generate(job(lookup("shop.example", server="192.0.2.53")))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"name": "a..b"}, "is no domain name"),
        ({"name": "a.b", "record": "MX"}, "there are A and AAAA"),
        ({"name": "a.b", "ok": "shop"}, "does not appear to be an IPv4 or IPv6 network"),
        ({"name": "a.b", "server": "127.0.0.1#²"}, "is no name server"),
        ({"name": "a.b", "server": "127.0.0.1#0"}, "is no name server"),
        ({"name": "a.b", "server": "127.0.0.1#65536"}, "is no name server"),
        ({"name": "a.b", "server": "ns.example"}, "does not appear to be an IPv4 or IPv6 address"),
    ],
)
def test_a_question_that_makes_no_sense(words: dict[str, str], message: str) -> None:
    """What could never be asked is an error where it is written."""
    with pytest.raises(UsageError, match=message):
        lookup(**words)


def test_an_experiments_look_ups_go_through_the_generator(server: str) -> None:
    """As an experiment writes it: a load, a job, a generator's process; every arrival is accounted for."""
    words = load(lookup("{n}.shop.example.com"), poisson("200/s"), clients=role("client"))
    made = Job.of("fresh", words, [Client("c", nameservers=(server,))])
    batches = []
    with Generator() as generator:
        generator.open()
        generator.start(Work(time.monotonic_ns() + NS // 4, NS // 2, 1, (made,)), batches.append)
        (account,) = generator.wait(20)
        assert generator.totals is not None
        assert generator.totals.requests == account.recorded == account.scheduled == sum(map(len, batches))
    assert {batch.value[0] for batch in batches} == {"198.18.0.80"}
