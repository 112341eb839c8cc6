"""Probes of systems elsewhere, read from this machine: a DNS server and an HTTP server of its loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from types import SimpleNamespace

import dns.message
import dns.resolver
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import THIS_MACHINE, Probe, Reader
from chaoskit.core.topology import Topology
from chaoskit.probes.dns_answers import dns_answers
from chaoskit.probes.http_json import http_json
from tests.loads.servers import naming, record
from tests.probes.daemons import Observed
from tests.probes.test_http_json import Page


def here(probe: Probe) -> Reader:
    """The probe as it is read from this machine."""
    return probe.open(Observed(THIS_MACHINE, Topology("elsewhere", (), ()), 2.0))


@pytest.fixture
def url() -> Iterator[str]:
    """A server whose pages are those of `test_http_json`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_service_elsewhere_says_of_itself(url: str) -> None:
    """Below the path its URL has; the port of the URL counts, not the probe's own."""
    assert here(http_json("/counters", url=url))() == {"strays": 3, "of": {"a": 1}}
    with pytest.raises(OSError, match="status 404"):
        here(http_json("/counters", url=f"{url}/app"))()


def test_a_url_that_is_none_is_refused() -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match="is no URL"):
        here(http_json("/counters", url="checkout.example.com"))


def test_a_name_server_is_asked_by_its_address_and_port() -> None:
    """As it is written in a load's naming."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        return record(query, "203.0.113.7", ttl=9)

    with naming(answer) as (server, asked):
        assert here(dns_answers("shop.example.com", server=server))() == {
            "addresses": ["203.0.113.7"],
            "ttl": 9,
            "rcode": "NOERROR",
        }
    assert len(asked) == 1


def test_by_default_it_is_this_machines_own_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of resolv.conf; here one that nobody listens at, so that nothing leaves the machine."""
    monkeypatch.setattr(dns.resolver, "Resolver", lambda: SimpleNamespace(nameservers=["127.0.0.2", "127.0.0.3"]))
    read = here(dns_answers("shop.example.com"))
    with pytest.raises(ConnectionRefusedError):
        read()


def test_a_machine_without_a_resolver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""

    def none() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", none)
    with pytest.raises(UsageError, match="no resolver") as caught:
        here(dns_answers("shop.example.com"))
    assert "server=" in str(caught.value)


@pytest.mark.parametrize("server", ["resolver.example.com", "127.0.0.1#dns", ""])
def test_a_server_that_is_no_address_is_refused(server: str) -> None:
    """Who would resolve its name?"""
    with pytest.raises(UsageError, match="is no name server"):
        here(dns_answers("shop.example.com", server=server))
