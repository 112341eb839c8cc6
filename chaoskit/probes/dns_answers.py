"""`dns_answers`: what a resolver tells its clients, asked as they ask."""

from __future__ import annotations

import secrets
import socket
import time
import weakref
from collections.abc import Mapping
from ipaddress import ip_address

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import THIS_MACHINE, ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.suggest import did_you_mean

_PORT = 53
_PAYLOAD = 1232
"""EDNS buffer size that fits every path without fragments (dnsflagday.net/2020)."""


@probe
def dns_answers(
    host: ProbeHost, name: str, record: str = "A", network: str | None = None, *, server: str | None = None
) -> Reader:
    """What the resolver on the host answers: `{"addresses": ["198.18.1.30"], "ttl": 2, "rcode": "NOERROR"}`.

    It asks over UDP with EDNS, and again over TCP when the answer is truncated. The question goes to the
    host's own address through the resolver's cache, exactly as a client's does: the TTL counts down, and
    an answer that changed upstream shows when the cached one has expired, and asking fills the cache, as
    clients do. A resolver that does not answer in time, or refuses the packet, is an error reading; NXDOMAIN
    and SERVFAIL are answers.

    Read `.from_here(...)` it asks this machine's own resolver, or the `server` it is given.

    Args:
        host: where the resolver runs.
        name: what to ask for, taken as fully qualified.
        record: the record type.
        network: ask at the host's address on this network; by default at its first address.
        server: ask this address instead, `203.0.113.53`, or `127.0.0.1#5353` with its port.

    Raises:
        UsageError: there is no such record type, the host is not on that network, the server is no address, or this
            machine has no resolver.
    """
    return _Asking(_server(host, network, server), name, _type(record), host.timeout).read


class _Asking:
    """One socket and one question, asked again and again."""

    def __init__(self, server: tuple[str, int], name: str, record: dns.rdatatype.RdataType, timeout: float) -> None:
        self.server, self.port = server
        self.timeout = timeout
        self.record = record
        self.query = dns.message.make_query(name, record, use_edns=0, payload=_PAYLOAD)
        self.socket = socket.socket(socket.AF_INET6 if ":" in self.server else socket.AF_INET, socket.SOCK_DGRAM)
        # Connected: the kernel filters others' packets, and says at once when nobody listens.
        self.socket.connect(server)
        weakref.finalize(self, self.socket.close)

    def read(self) -> Mapping[str, Json]:
        deadline = time.monotonic() + self.timeout
        self.query.id = secrets.randbelow(1 << 16)
        try:
            self.socket.send(self.query.to_wire())
            answer = self._receive(deadline)
            if answer.flags & dns.flags.TC:
                left = max(0.001, deadline - time.monotonic())
                answer = dns.query.tcp(self.query, self.server, port=self.port, timeout=left)
        except dns.exception.Timeout as error:
            raise TimeoutError(f"{self.server} did not answer within {self.timeout:g} s") from error
        except dns.exception.DNSException as error:
            raise OSError(f"{self.server} answered what is no DNS message: {error}") from error
        return self._reading(answer)

    def _receive(self, deadline: float) -> dns.message.Message:
        """The answer to this question; late ones to earlier questions are passed over."""
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                wire = self.socket.recv(65535)
            except TimeoutError:
                break
            answer = dns.message.from_wire(wire, ignore_trailing=True, raise_on_truncation=False)
            if self.query.is_response(answer):
                return answer
        raise TimeoutError(f"{self.server} did not answer within {self.timeout:g} s")

    def _reading(self, answer: dns.message.Message) -> Mapping[str, Json]:
        wanted = [str(item) for rrset in answer.answer if rrset.rdtype == self.record for item in rrset]
        ttl = min((rrset.ttl for rrset in answer.answer), default=None)
        return {"addresses": sorted(wanted), "ttl": ttl, "rcode": dns.rcode.to_text(answer.rcode())}


def _type(record: str) -> dns.rdatatype.RdataType:
    try:
        return dns.rdatatype.from_text(record)
    except dns.exception.DNSException:
        known = [kind.name for kind in dns.rdatatype.RdataType]
        raise UsageError(
            f"there is no DNS record type {record!r}", remedy=f"{did_you_mean(record.upper(), known)}For example A."
        ) from None


def _server(host: ProbeHost, network: str | None, server: str | None) -> tuple[str, int]:
    """Whom to ask, address and port."""
    if server is not None:
        return _given(server)
    return (_own_resolver() if host.info is THIS_MACHINE else _address(host, network)), _PORT


def _given(server: str) -> tuple[str, int]:
    address, _, port = server.partition("#")
    try:
        return str(ip_address(address)), int(port or _PORT)
    except ValueError:
        raise UsageError(
            f"{server!r} is no name server", remedy="Write an address such as 203.0.113.53, or ADDRESS#PORT."
        ) from None


def _own_resolver() -> str:
    """The first name server of this machine's resolv.conf(5)."""
    try:
        return str(dns.resolver.Resolver().nameservers[0])
    except dns.resolver.NoResolverConfiguration:
        raise UsageError(
            "this machine has no resolver in /etc/resolv.conf", remedy="Name one: dns_answers(..., server=...)."
        ) from None


def _address(host: ProbeHost, network: str | None) -> str:
    chosen = [link.address for link in host.info.links if network in (None, link.network)]
    if not chosen:
        where = f"on network {network}" if network else "on any network"
        nets = ", ".join(link.network for link in host.info.links) or "none"
        raise UsageError(f"{host.info.name} has no address {where}", remedy=f"Its networks: {nets}.")
    return chosen[0]
