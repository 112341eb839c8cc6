"""One question over HTTP and its answer, as it comes off a real socket."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from chaoskit.probes import http_exchange
from chaoskit.probes.http_exchange import Answer, Server
from tests.loads.servers import answers, serving

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def asked(port: int, seconds: float = 2.0) -> Answer:
    """What the server says."""
    return Server("127.0.0.1", port).ask("GET", "/", time.monotonic() + seconds)


@pytest.mark.parametrize(
    "said",
    [
        HEAD % 8 + b'{"a": 1}',
        b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"a": 1}',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n0\r\n\r\n',
    ],
)
def test_an_answer_is_read_whole_however_it_ends(said: bytes) -> None:
    """By its length, by the end of the connection, in chunks."""
    with serving(answers(said, close=b"close" in said)) as port:
        assert asked(port) == Answer(200, b'{"a": 1}')
        assert asked(port).object() == {"a": 1}


def test_the_deadline_is_that_of_the_whole_exchange() -> None:
    """A server that says a byte now and then holds nobody longer than that."""

    def trickles(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(HEAD % 100)
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.05)

    with serving(trickles) as port:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            asked(port, 0.3)
        assert 0.25 < time.monotonic() - began < 1


def test_an_answer_that_is_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither read to its end nor taken for what it begins with."""
    monkeypatch.setattr(http_exchange, "LONGEST", 9)
    with serving(answers(HEAD % 9 + b'{"a": 12}')) as port:
        assert asked(port).object() == {"a": 12}
    with serving(answers(HEAD % 10 + b'{"a": 12} ')) as port, pytest.raises(OSError, match="more than 9 bytes"):
        asked(port)


def test_what_is_no_http_is_an_error() -> None:
    """It names the server."""
    with serving(answers(b"SSH-2.0-x\r\n\r\n")) as port, pytest.raises(OSError, match=f"no HTTP from 127.0.0.1:{port}"):
        asked(port)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's, for 127.0.0.1, which this machine trusts for the time of the test."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    argv += ["-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(argv, check=True, capture_output=True, timeout=20)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_a_server_proves_its_name_by_tls(certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that this machine does not trust is an error."""

    def speaks(connection: socket.socket) -> None:
        with certificate.wrap_socket(connection, server_side=True) as secured:
            answers(HEAD % 2 + b"{}")(secured)

    with serving(speaks) as port:
        server = Server("127.0.0.1", port, tls=True)
        assert server.ask("GET", "/", time.monotonic() + 2).object() == {}
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(OSError, match="certificate verify failed"):
            server.ask("GET", "/", time.monotonic() + 2)
