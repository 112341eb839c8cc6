"""Names: hosts file, name servers that answer, fail or are silent, and what a cache makes of it."""

from __future__ import annotations

import errno
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import numpy as np
import pytest

from chaoskit.core.load import Connections
from chaoskit.core.naming import Dns, DnsCache, resolver
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.engine import Engine
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.servers import HELLO, answers, generate, job, naming, outcomes, record, refusal, serving
from tests.support.machine import until
from tests.support.ports import free_port


def loopback(query: dns.message.Message) -> dns.message.Message:
    """Everything is at 127.0.0.1 for a second."""
    return record(query, "127.0.0.1")


def test_the_hosts_file_comes_first() -> None:
    """A name in the client's hosts needs no name server."""
    with serving(answers(HELLO)) as port:
        client = Client("c", hosts={"shop": "127.0.0.1"})
        table, _ = generate(job(f"http://shop:{port}/", client=client))
    assert outcomes(table) == {"ok": 10}
    assert np.all(table.dns == -1)


@pytest.mark.parametrize(
    ("mode", "looked_up"),
    [(DnsCache.TTL, [True, False]), (DnsCache.FOREVER, [True, False]), (DnsCache.NONE, [True] * 2)],
)
def test_answers_are_kept_as_the_cache_says(mode: DnsCache, looked_up: list[bool]) -> None:
    """Within the time to live a name is asked for once, without a cache for every connection."""
    with serving(answers(HELLO)) as port, naming(loopback) as (server, asked):
        client = Client("c", nameservers=(server,))
        table, _ = generate(
            job(f"http://shop.example:{port}/", client=client, naming=Dns(mode), arrivals=constant("10/s"))
        )
    assert outcomes(table) == {"ok": 2}
    assert (table.dns >= 0).tolist() == looked_up
    assert len(asked) == looked_up.count(True)


def test_the_time_to_live_ends() -> None:
    """With a time to live of 1 s, new connections during 2.5 s need three look-ups; a cache for ever needs one."""
    with serving(answers(HELLO)) as port, naming(loopback) as (server, asked):
        client = Client("c", nameservers=(server,))
        url = f"http://shop.example:{port}/"
        table, _ = generate(
            job(url, name="ttl", client=client),
            job(url, name="forever", client=client, naming=Dns(DnsCache.FOREVER)),
            seconds=2.5,
        )
    fresh = {name: int((table.take(table.load.equals(name)).dns >= 0).sum()) for name in ("ttl", "forever")}
    assert fresh == {"ttl": 3, "forever": 1}
    assert len(asked) == 4


def test_kept_connections_do_not_follow_a_name_but_new_ones_do() -> None:
    """When the name moves, a kept connection serves on; with a life it is replaced by one to the new address."""
    current = ["127.0.0.1"]
    with (
        serving(answers(HELLO)) as port,
        naming(lambda query: record(query, current[0], 0)) as (server, _),
        socket.create_server(("127.0.0.2", port)),
    ):
        changes = {"client": Client("c", nameservers=(server,)), "connections": Connections.KEEP_ALIVE}
        url = f"http://shop.example:{port}/"
        kept = job(url, name="kept", timeout=NS // 4, **changes)
        lived = job(url, name="lived", timeout=NS // 4, connection_life=NS // 4, **changes)
        threading.Timer(0.12 + 1 / 3, current.__setitem__, (0, "127.0.0.2")).start()
        table, _ = generate(kept, lived, seconds=0.6)
    servers = {
        name: {table.server[row] for row in np.flatnonzero(table.load.equals(name)).tolist()}
        for name in ("kept", "lived")
    }
    assert servers == {"kept": {"127.0.0.1"}, "lived": {"127.0.0.1", "127.0.0.2"}}


def test_requests_share_a_look_up() -> None:
    """While a slow look-up is under way requests wait for it; only the first one shows its duration."""

    def slowly(query: dns.message.Message) -> dns.message.Message:
        time.sleep(0.3)
        return loopback(query)

    with serving(answers(HELLO)) as port, naming(slowly) as (server, asked):
        table, _ = generate(job(f"http://shop.example:{port}/", client=Client("c", nameservers=(server,))))
    assert outcomes(table) == {"ok": 10}
    assert len(asked) == 1
    assert int((table.dns >= 300_000).sum()) == 1
    assert int((table.dns == -1).sum()) == 9
    assert int(table.end.max()) >= 300_000


def test_a_machine_without_descriptors_is_not_taken_for_a_name_without_an_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look-up for which no socket could be made says nothing of the system."""

    def exhausted(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("chaoskit.loads.resolver.Resolver.reach", exhausted)
    table, _ = generate(job("http://shop.example/", client=Client("c", nameservers=("127.0.0.1",))))
    assert outcomes(table) == {"no port": 10}


@pytest.mark.parametrize("code", [dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOERROR])
def test_a_name_without_an_address(code: dns.rcode.Rcode) -> None:
    """NXDOMAIN, SERVFAIL, REFUSED and an empty answer are `no address`; nothing is connected to."""
    with naming(lambda query: refusal(query, code)) as (server, asked):
        # So far apart that no two wait for the same answer.
        client = Client("c", nameservers=(server,))
        table, _ = generate(job("http://shop.example/", client=client, arrivals=constant("8/s")), seconds=0.6)
    assert outcomes(table) == {"no address": len(table)}
    assert table.server[0] == ""
    final = code in (dns.rcode.NXDOMAIN, dns.rcode.NOERROR)
    assert len(asked) == (len(table) if final else 2 * len(table))


def test_no_name_server_there() -> None:
    """A name server whose host refuses (ICMP) fails at once, and one that is not configured as well."""
    # An address of its own: on 127.0.0.1 another test might take the port.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.77.0.1", 0))
        port = free.getsockname()[1]
    for servers in ((f"127.77.0.1#{port}",), ()):
        table, _ = generate(job("http://shop.example/", client=Client("c", nameservers=servers)))
        assert outcomes(table) == {"no address": 10}
        assert np.all(table.end < 500_000)


def test_a_silent_name_server() -> None:
    """Requests whose name server is silent are DNS time-outs after their own timeout."""
    with naming(lambda _query: None) as (server, asked):
        client = Client("c", nameservers=(server,))
        table, _ = generate(job("http://shop.example/", client=client, timeout=NS // 4))
    assert outcomes(table) == {"dns timeout": 10}
    assert np.all((table.end >= 250_000) & (table.end < 450_000))
    assert len(asked) == 1


def test_the_resolvers_patience() -> None:
    """With timeout:1 attempts:2 a silent server is asked twice, a second apart, and then given up."""
    with naming(lambda _query: None) as (server, asked):
        client = Client("c", nameservers=(server,), resolver_options=("timeout:1", "attempts:2"))
        table, _ = generate(job("http://shop.example/", client=client, timeout=5 * NS, arrivals=constant("5/s")))
    assert outcomes(table) == {"dns timeout": 1}
    assert 0.95 < asked[1] - asked[0] < 1.3
    assert len(asked) == 2
    assert 2_000_000 <= int(table.end[0]) < 2_400_000


def test_the_next_name_server_helps_out() -> None:
    """After SERVFAIL at once, after silence when the first one's time is up."""
    with serving(answers(HELLO)) as port, naming(loopback) as (good, _):
        for answer, least, most in ((None, 1_000_000, 1_400_000), (dns.rcode.SERVFAIL, 0, 300_000)):
            with naming(lambda query, answer=answer: answer and refusal(query, answer)) as (bad, _):
                client = Client("c", nameservers=(bad, good), resolver_options=("timeout:1",))
                table, _ = generate(
                    job(f"http://shop.example:{port}/", client=client, timeout=3 * NS, arrivals=constant("5/s"))
                )
            assert outcomes(table) == {"ok": 1}
            assert least <= int(table.dns[0]) < most


def test_rotate_takes_turns() -> None:
    """With `rotate` look-ups begin with the next server each time; without, always with the first."""
    with serving(answers(HELLO)) as port, naming(loopback) as (one, to_one), naming(loopback) as (two, to_two):
        for options in ((), ("rotate",)):
            client = Client("c", nameservers=(one, two), resolver_options=options)
            generate(job(f"http://shop.example:{port}/", client=client, naming=Dns(DnsCache.NONE)))
    assert (len(to_one), len(to_two)) == (15, 5)


def test_an_address_outside_the_lab_ends_the_load() -> None:
    """A name that resolves to an address outside the lab is refused before a connection is made."""
    with (
        naming(lambda query: record(query, "192.0.2.1")) as (server, _),
        pytest.raises(TargetRefused, match=r"load shop from c: 192\.0\.2\.1 is outside the lab"),
    ):
        generate(job("http://shop.example/", client=Client("c", nameservers=(server,))))


@contextmanager
def unbound(folder: Path) -> Iterator[str]:
    """A real resolver with two local names; gives its address."""
    port = free_port()
    config = folder / "unbound.conf"
    config.write_text(f"""server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  local-zone: "example." static
  local-data: "web.example. 7 IN A 127.0.0.1"
  local-data: "shop.example. 5 IN CNAME web.example."
remote-control:
  control-enable: no
""")
    process = subprocess.Popen(["unbound", "-d", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: _answers(port), 10)
        yield f"127.0.0.1#{port}"
    finally:
        process.terminate()
        process.wait(5)


def _answers(port: int) -> bool:
    probe = dns.message.make_query("web.example", "A").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, suppress(OSError):
        asking.settimeout(0.1)
        asking.connect(("127.0.0.1", port))
        asking.send(probe)
        return bool(asking.recv(512))
    return False


def test_a_real_resolver(tmp_path: Path) -> None:
    """Unbound's answers are understood, and its NXDOMAIN."""
    with unbound(tmp_path) as server, serving(answers(HELLO)) as port:
        client = Client("c", nameservers=(server,))
        found, _ = generate(job(f"http://web.example:{port}/", client=client))
        missing, _ = generate(job(f"http://nothing.example:{port}/", client=client))
    assert outcomes(found) == {"ok": 10}
    assert int((found.dns >= 0).sum()) == 1
    assert outcomes(missing) == {"no address": 10}


def addresses_of(query: dns.message.Message, *addresses: str, ttl: int = 1) -> dns.message.Message:
    """An answer with several addresses, in this order."""
    made = dns.message.make_response(query)
    made.answer = [dns.rrset.from_text(query.question[0].name, ttl, "IN", "A", address) for address in addresses]
    return made


@pytest.mark.parametrize(("pick", "served"), [("first", 1), ("random", 4)])
def test_which_address_of_an_answer_is_picked(pick: str, served: int) -> None:
    """The first one always, or each of four about equally often, also from the cache."""
    four = [f"127.0.0.{last}" for last in range(1, 5)]
    with serving(answers(HELLO)) as port, naming(lambda query: addresses_of(query, *four)) as (server, _):
        client = Client("c", nameservers=(server,))
        plain = {"client": client, "naming": resolver(pick=pick), "arrivals": constant("200/s")}
        table, _ = generate(job(f"http://shop.example:{port}/", **plain), seconds=0.5)
    counts = [int(table.server.equals(address).sum()) for address in four]
    assert sum(counts) == len(table) == 100
    assert sum(count > 0 for count in counts) == served
    if pick == "random":
        assert min(counts) >= 8  # 25 expected, 4.3 of standard deviation


@pytest.mark.parametrize(("words", "asked_for"), [({"min_ttl": "1h"}, 1), ({"max_ttl": "200ms"}, 3), ({}, 1)])
def test_bounds_on_the_time_to_live(words: dict[str, str], asked_for: int) -> None:
    """An answer for a minute: kept longer changes nothing here, at most 200 ms means three look-ups in 0.5 s."""
    with serving(answers(HELLO)) as port, naming(lambda query: record(query, "127.0.0.1", 60)) as (server, asked):
        client = Client("c", nameservers=(server,))
        table, _ = generate(job(f"http://shop.example:{port}/", client=client, naming=resolver(**words)), seconds=0.5)
    assert outcomes(table) == {"ok": 25}
    assert len(asked) == asked_for


def test_an_answer_that_must_not_be_kept_is_kept_at_least_so_long() -> None:
    """A time to live of 0 and a resolver that clamps it: one look-up in place of one for every connection."""
    with serving(answers(HELLO)) as port, naming(lambda query: record(query, "127.0.0.1", 0)) as (server, asked):
        client = Client("c", nameservers=(server,))
        url = f"http://shop.example:{port}/"
        generate(job(url, client=client, naming=resolver(min_ttl="10s")))
        assert len(asked) == 1
        generate(job(url, client=client))
        assert len(asked) == 11


STALE = {"stale": "1h", "stale_after": "100ms", "recheck": "300ms"}


@pytest.mark.parametrize("code", [None, dns.rcode.SERVFAIL])
def test_a_stale_answer_serves_while_name_servers_fail(code: dns.rcode.Rcode | None) -> None:
    """With silence as with SERVFAIL, for whoever serves stale; for others the name is gone when its time is up."""
    away = threading.Event()
    late_questions: list[str] = []

    def answer(query: dns.message.Message) -> dns.message.Message | None:
        if not away.is_set():
            return record(query, "127.0.0.1", 0)
        late_questions.append(str(query.question[0].name))
        return None if code is None else refusal(query, code)

    with serving(answers(HELLO)) as port, naming(answer) as (server, _):
        plain = {"client": Client("c", nameservers=(server,)), "timeout": NS // 2}
        table, _ = generate(
            job(f"http://stale.example:{port}/", name="stale", naming=resolver(**STALE), **plain),
            job(f"http://plain.example:{port}/", name="plain", **plain),
            seconds=1.2,
            meanwhile=(0.3, lambda _engine: away.set()),
        )
    late = table.intended > 4 * NS // 10
    serves_on, without = (table.take(late & table.load.equals(name)) for name in ("stale", "plain"))
    assert outcomes(serves_on) == {"ok": len(serves_on)}
    assert set(outcomes(without)) == {"dns timeout" if code is None else "no address"}
    assert int(serves_on.end.max()) < 350_000
    assert 1 <= late_questions.count("stale.example.") <= 8  # each 300 ms, twice for SERVFAIL; not for 45 connections


def test_a_name_that_is_gone_serves_on_for_nobody() -> None:
    """NXDOMAIN is an answer (RFC 8767 section 4): the stale address is not used any more."""
    gone = threading.Event()

    def answer(query: dns.message.Message) -> dns.message.Message:
        return refusal(query, dns.rcode.NXDOMAIN) if gone.is_set() else record(query, "127.0.0.1", 0)

    with serving(answers(HELLO)) as port, naming(answer) as (server, _):
        client = Client("c", nameservers=(server,))
        table, _ = generate(
            job(f"http://shop.example:{port}/", client=client, naming=resolver(**STALE)),
            seconds=0.8,
            meanwhile=(0.3, lambda _engine: gone.set()),
        )
    assert outcomes(table.take(table.intended < NS // 5)) == {"ok": 10}
    assert set(outcomes(table.take(table.intended > 4 * NS // 10))) == {"no address"}


def test_a_stale_answer_ends_where_a_new_one_comes() -> None:
    """After a name server is back the next check finds the new address, good or bad: here nobody listens there."""
    current: list[str | None] = ["127.0.0.1"]

    def answer(query: dns.message.Message) -> dns.message.Message:
        where = current[0]
        return refusal(query, dns.rcode.SERVFAIL) if where is None else record(query, where, 0)

    def back(_engine: Engine) -> None:
        current[0] = None
        threading.Timer(0.4, current.__setitem__, (0, "127.0.0.2")).start()

    with serving(answers(HELLO)) as port, naming(answer) as (server, _):
        client = Client("c", nameservers=(server,))
        found = resolver(**STALE)
        words = {"client": client, "naming": found}
        table, _ = generate(job(f"http://shop.example:{port}/", **words), seconds=1.6, meanwhile=(0.2, back))
    assert set(outcomes(table.take(table.intended < NS // 2))) == {"ok"}
    last = table.take(table.intended > 12 * NS // 10)
    assert {last.server[row] for row in range(len(last))} == {"127.0.0.2"}


def test_a_real_resolver_that_goes_away(tmp_path: Path) -> None:
    """Unbound is stopped in the middle: whoever serves stale does not notice, whoever follows its time to live does."""
    with ExitStack() as stack:
        port = stack.enter_context(serving(answers(HELLO)))
        stop = ExitStack()
        stack.callback(stop.close)
        server = stop.enter_context(unbound(tmp_path))
        plain = {"client": Client("c", nameservers=(server,)), "timeout": NS}
        url = f"http://web.example:{port}/"
        short = {"max_ttl": "100ms"}
        table, _ = generate(
            job(url, name="stale", naming=resolver(**short, **STALE), **plain),
            job(url, name="plain", naming=resolver(**short), **plain),
            seconds=1.5,
            meanwhile=(0.4, lambda _engine: stop.close()),
        )
    assert outcomes(table.take(table.load.equals("stale"))) == {"ok": 75}
    late = table.take(table.load.equals("plain") & (table.intended > 9 * NS // 10))
    assert set(outcomes(late)) == {"no address"}
