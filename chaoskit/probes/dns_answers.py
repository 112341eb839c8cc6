"""`dns_answers`: what a resolver tells its clients, asked as they ask."""

from __future__ import annotations

import secrets
import socket
import time
import weakref
from collections.abc import Mapping

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.suggest import did_you_mean

_PORT = 53
_PAYLOAD = 1232
"""EDNS buffer size that fits every path without fragments (dnsflagday.net/2020)."""


@probe
def dns_answers(host: ProbeHost, name: str, record: str = "A", network: str | None = None) -> Reader:
    """What the resolver on the host answers: `{"addresses": ["198.18.1.30"], "ttl": 2, "rcode": "NOERROR"}`.

    It asks over UDP with EDNS, and again over TCP when the answer is truncated. The question goes to the
    host's own address through the resolver's cache, exactly as a client's does: the TTL counts down, and
    an answer that changed upstream shows when the cached one has expired, and asking fills the cache, as
    clients do. A resolver that does not answer in time, or refuses the packet, is an error reading; NXDOMAIN
    and SERVFAIL are answers.

    Args:
        host: where the resolver runs.
        name: what to ask for, taken as fully qualified.
        record: the record type.
        network: ask at the host's address on this network; by default at its first address.

    Raises:
        UsageError: there is no such record type, or the host is not on that network.
    """
    return _Asking(_address(host, network), name, _type(record), host.timeout).read


class _Asking:
    """One socket and one question, asked again and again."""

    def __init__(self, server: str, name: str, record: dns.rdatatype.RdataType, timeout: float) -> None:
        self.server = server
        self.timeout = timeout
        self.record = record
        self.query = dns.message.make_query(name, record, use_edns=0, payload=_PAYLOAD)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Connected: the kernel filters others' packets, and says at once when nobody listens.
        self.socket.connect((server, _PORT))
        weakref.finalize(self, self.socket.close)

    def read(self) -> Mapping[str, Json]:
        deadline = time.monotonic() + self.timeout
        self.query.id = secrets.randbelow(1 << 16)
        try:
            self.socket.send(self.query.to_wire())
            answer = self._receive(deadline)
            if answer.flags & dns.flags.TC:
                answer = dns.query.tcp(self.query, self.server, timeout=max(0.001, deadline - time.monotonic()))
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


def _address(host: ProbeHost, network: str | None) -> str:
    chosen = [link.address for link in host.info.links if network in (None, link.network)]
    if not chosen:
        where = f"on network {network}" if network else "on any network"
        nets = ", ".join(link.network for link in host.info.links) or "none"
        raise UsageError(f"{host.info.name} has no address {where}", remedy=f"Its networks: {nets}.")
    return chosen[0]
