"""The gateway's client by itself: endpoints, patience, and connections that are not used again."""

from __future__ import annotations

import socket
import time
from base64 import b64encode

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.loads.gateway import Endpoint, Gateway, decoded, encoded, endpoints_of
from tests.loads.servers import answers, serving

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("etcd-a", Endpoint("etcd-a", 2379)),
        ("etcd-a:4001", Endpoint("etcd-a", 4001)),
        ("198.18.96.31:2379", Endpoint("198.18.96.31", 2379)),
    ],
)
def test_endpoints_are_read(text: str, endpoint: Endpoint) -> None:
    """Etcd's port unless another one is named; one endpoint is a list of one."""
    assert Endpoint.of(text) == endpoint
    assert endpoints_of(text) == (endpoint,)
    assert str(endpoint) == f"{endpoint.host}:{endpoint.port}"


def test_values_travel_whole() -> None:
    """Any text comes back as it was; bytes that are no text show as what they are."""
    assert decoded(encoded("größe/7")) == "größe/7"
    assert decoded(b64encode(b"\xff\x01a").decode()) == "\\xff\x01a"


def test_patience_is_for_the_whole_answer() -> None:
    """A member that sends a byte now and then does not hold a client longer than it is ready to wait."""

    def trickles(connection: socket.socket) -> None:
        connection.recv(65536)
        for byte in EMPTY:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    gateway, began = Gateway(), []
    with serving(trickles) as port:
        assert gateway.reach("127.0.0.1", port, 1.0)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            gateway.ask("/v3/kv/range", {}, 0.3, lambda: began.append(True))
        assert 0.25 < time.monotonic() - started < 1.0
        assert began == [True]
        gateway.close()


def test_a_connection_is_used_again_while_it_lives() -> None:
    """One for several questions; another one when the member has ended it, said that it will, or is another member."""
    closing = EMPTY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serving(answers(EMPTY)) as port, serving(answers(closing)) as other:
        gateway = Gateway()
        made = []
        for target in (port, port, other, other, port):
            made.append(gateway.reach("127.0.0.1", target, 1.0))
            assert gateway.ask("/v3/kv/range", {}, 1.0, lambda: None).outcome is Outcome.OK
        gateway.close()
    assert made == [True, False, True, True, True]


def test_what_is_no_endpoint() -> None:
    """A port that is no number from 1 to 65535 in ASCII, or no host."""
    for text in ("a:b", ":1", "a:", "a:²", "a:0", "a:65536", "a:99999", "a:" + "1" * 5000, "a:+1"):
        with pytest.raises(UsageError, match="is no endpoint of etcd"):
            Endpoint.of(text)
