"""A fixed list of servers."""

from __future__ import annotations

import socket

import pytest

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.load import Connections, load
from chaoskit.core.naming import Dns, DnsCache
from chaoskit.core.request import get
from chaoskit.core.selector import role
from chaoskit.loads.arrivals import constant
from chaoskit.loads.namings.fixed import fixed
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client, Job
from tests.loads.echo import Echo, echo, repeats
from tests.loads.servers import HELLO, answers, generate, job, outcomes, serving
from tests.support.ports import free_port

__all__ = ["echo"]


def test_new_connections_take_turns_and_nobody_is_asked() -> None:
    """Two servers of their own ports share the requests of a name that no name server knows."""
    with (
        serving(answers(HELLO)) as one,
        serving(answers(HELLO.replace(b"web-1", b"web-2"))) as two,
    ):
        listed = fixed(f"127.0.0.1:{one}", f"127.0.0.1:{two}")
        table, _ = generate(job("http://shop.example/", naming=listed))
    assert outcomes(table) == {"ok": 10}
    assert [int(table.instance.equals(name).sum()) for name in ("web-1", "web-2")] == [5, 5]
    assert set(table.dns.tolist()) == {-1}


def test_a_dead_address_of_the_list_keeps_its_share() -> None:
    """The client knows nothing of health: half of the requests are refused, on the port that the request names."""
    with serving(answers(HELLO)) as port:
        with socket.create_server(("127.0.0.2", port)):
            pass  # nobody listens there any more
        table, _ = generate(job(f"http://shop.example:{port}/", naming=fixed("127.0.0.1", "127.0.0.2")))
    assert outcomes(table) == {"ok": 5, "refused": 5}


@pytest.mark.usefixtures("echo")
def test_client_libraries_use_the_list_as_well() -> None:
    """A session that asks for its host's address gets the next one of the list."""
    with serving(repeats()) as port:
        table, _ = generate(job(Echo("shop.example", port), naming=fixed("127.0.0.1")))
    assert outcomes(table) == {"ok": 10}


@pytest.mark.usefixtures("echo")
def test_a_port_of_the_list_counts_for_client_libraries_too() -> None:
    """Nobody listens at the port that the request names."""
    closed = free_port()
    with serving(repeats()) as port:
        table, _ = generate(job(Echo("shop.example", closed), naming=fixed(f"127.0.0.1:{port}")))
    assert outcomes(table) == {"ok": 10}


def test_an_address_outside_the_lab_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(TargetRefused, match=r"load shop from client-1: 192\.0\.2\.1 is outside the lab"):
        generate(job("http://shop.example/", naming=fixed("127.0.0.1", "192.0.2.1")))


@pytest.mark.parametrize("text", ["shop.example", "127.0.0.1:x", "127.0.0.1:", "[::1", ""])
def test_what_is_no_address(text: str) -> None:
    """Names, and ports that are no number, are errors where they are written."""
    if text == "127.0.0.1:":  # as in a URL, an empty port is none
        assert fixed(text).places == (("127.0.0.1", 0),)
        return
    with pytest.raises(UsageError, match="is no address"):
        fixed(text)


def test_addresses_of_both_families() -> None:
    """With and without a port; the plan shows them as they are."""
    listed = fixed("::1", "[::1]:80", "127.0.0.1")
    assert listed.places == (("::1", 0), ("::1", 80), ("127.0.0.1", 0))
    with pytest.raises(UsageError, match="at least one"):
        fixed()


def test_a_load_says_how_it_finds_its_server() -> None:
    """By DNS with a cache unless told otherwise; `dns_cache` is short for that, and both together make no sense."""
    words = {"request": get("http://a/"), "arrivals": constant("1/s"), "clients": role("client")}
    assert load(**words).naming == Dns(DnsCache.TTL)
    assert load(**words, dns_cache=DnsCache.NONE).naming == Dns(DnsCache.NONE)
    listed = fixed("127.0.0.1")
    made = load(**words, naming=listed, connections=Connections.NEW)
    assert Job.of("a", made, [Client("c")]).naming is listed
    assert [naming.fresh for naming in (Dns(), Dns(DnsCache.NONE), listed)] == [False, True, False]
    assert [naming.title for naming in (Dns(), listed)] == ["DNS, cache ttl", "fixed: 127.0.0.1"]
    with pytest.raises(DefinitionError, match="not both"):
        load(**words, naming=listed, dns_cache=DnsCache.TTL)
    with pytest.raises(UsageError, match="is no naming"):
        generate(job("http://shop.example/", naming=7))
