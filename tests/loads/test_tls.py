"""HTTP over TLS, against nginx and against servers that fail in one known way."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Connections
from chaoskit.core.request import HttpRequest, body, get, post
from chaoskit.core.tls import Tls
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.namings.fixed import fixed
from tests.loads.authority import Authority, Certificate, over_tls
from tests.loads.nginx import nginx
from tests.loads.servers import HELLO, answers, generate, job, outcomes, requests_on, serving, silent
from tests.support.ports import free_port

pytestmark = pytest.mark.usefixtures("each_transport")  # sockets under TLS are watched, whatever the loop

SERVER = """server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {certificate.file}; ssl_certificate_key {certificate.key}; ssl_protocols {protocol};
    ssl_session_cache shared:{protocol}:1m; default_type text/plain;
    add_header X-Instance "$ssl_session_reused $ssl_protocol $ssl_server_name";
    location / {{ return 200 "hello, world!\\n"; }}
    location /files/ {{ alias {folder}/files/; }}
  }}
"""
BIG = b"0123456789abcdef" * 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the files of this module's servers."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    """The lab's."""
    return Authority(folder)


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    """Of the server."""
    return authority.sign("DNS:shop.example.com", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def ports(folder: Path, certificate: Certificate) -> Iterator[dict[str, int]]:
    """Ports of one nginx, by the version of TLS that it speaks there."""
    found = {"TLSv1.2": free_port(), "TLSv1.3": free_port()}
    more = "\n".join(
        SERVER.format(port=port, certificate=certificate, protocol=protocol, folder=folder)
        for protocol, port in found.items()
    )
    with nginx(folder, more=more):
        (folder / "files" / "big").write_bytes(BIG)
        yield found


VERSIONS = ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("connections", list(Connections))
def test_a_server_of_the_labs_authority_is_trusted(
    ports: dict[str, int], authority: Authority, version: str, connections: Connections
) -> None:
    """By address, with new connections and kept ones; the handshakes of TCP and TLS are in `connect`."""
    request = get(f"https://127.0.0.1:{ports[version]}/", tls=Tls(ca=str(authority.file)))
    table, _ = generate(job(request, connections=connections, timeout=5 * NS))
    assert outcomes(table) == {"ok": 10}
    assert set(table.status.tolist()) == {200}
    assert table.instance[0].startswith(f". {version}")
    handshakes = table.connect[table.connect >= 0]
    assert len(handshakes) == 10 if connections is Connections.NEW else 1 <= len(handshakes) < 10
    assert int(handshakes.min()) > 200  # us: a signature takes longer than that of TCP alone
    assert np.all(table.sent >= table.connect)


def test_the_name_is_sent_and_verified(ports: dict[str, int], authority: Authority) -> None:
    """A host that is a name goes into SNI (RFC 6066 section 3), whatever address it is found at."""
    found = fixed(f"127.0.0.1:{ports['TLSv1.3']}")
    right = get("https://shop.example.com/", tls=Tls(ca=str(authority.file)))
    wrong = get("https://pay.example.com/", tls=Tls(ca=str(authority.file)))
    table, _ = generate(job(right, naming=found, name="right"), job(wrong, naming=found, name="wrong"))
    part = table.take(table.load.equals("right"))
    assert outcomes(part) == {"ok": 10}
    assert part.instance[0] == ". TLSv1.3 shop.example.com"
    assert outcomes(table.take(table.load.equals("wrong"))) == {"tls": 10}


def test_a_certificate_that_does_not_verify_is_an_outcome(ports: dict[str, int], tmp_path: Path) -> None:
    """Signed by nobody the system knows, or by another authority; unless whoever it is, is fine."""
    url = f"https://127.0.0.1:{ports['TLSv1.3']}/"
    another = Authority(tmp_path, "Another CA")
    table, _ = generate(
        job(get(url), name="system"),
        job(get(url, tls=Tls(ca=str(another.file))), name="another"),
        job(get(url, tls=Tls(verify=False)), name="anybody"),
    )
    for name, outcome in (("system", "tls"), ("another", "tls"), ("anybody", "ok")):
        part = table.take(table.load.equals(name))
        assert outcomes(part) == {outcome: 10}
    assert np.all(table.take(table.load.equals("another")).sent == -1)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resume", [False, True])
def test_sessions_are_resumed_when_asked_for(
    ports: dict[str, int], authority: Authority, version: str, resume: bool
) -> None:
    """All new connections but the first go on with what the last one left, by the server's own word."""
    url = f"https://127.0.0.1:{ports[version]}/"
    request = get(url, tls=Tls(ca=str(authority.file), resume=resume))
    table, _ = generate(job(request, arrivals=constant("20/s")), seconds=0.5)
    assert outcomes(table) == {"ok": 10}
    reused = [table.instance[row].split()[0] for row in range(len(table))]
    assert sorted(reused) == ["."] + ["r"] * 9 if resume else ["."] * 10


def test_a_file_of_authorities_that_is_none_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for name in (str(empty), str(tmp_path / "missing.pem")):
        with pytest.raises(UsageError, match="cannot read certificates from"):
            generate(job(get("https://127.0.0.1/", tls=Tls(ca=name))))


@pytest.mark.parametrize("connections", list(Connections))
def test_an_answer_of_many_records(ports: dict[str, int], authority: Authority, connections: Connections) -> None:
    """All of it is read, and searched."""
    url = f"https://127.0.0.1:{ports['TLSv1.3']}/files/big"
    request = get(url, ok=body(contains="def0123"), tls=Tls(ca=str(authority.file)))
    table, _ = generate(job(request, connections=connections, timeout=10 * NS))
    assert outcomes(table) == {"ok": 10}


@pytest.mark.parametrize("connections", list(Connections))
def test_a_request_that_the_kernel_does_not_take_at_once(
    certificate: Certificate, authority: Authority, connections: Connections
) -> None:
    """The rest of it is sent as the server reads, every byte once and in order."""
    sent = bytes(range(256)) * 24_000

    def behave(connection: socket.socket) -> None:
        while True:
            received = connection.recv(65536)
            if not received:
                return
            _, _, got = received.partition(b"\r\n\r\n")
            time.sleep(0.05)
            parts = [got]
            while sum(map(len, parts)) < len(sent):
                parts.append(connection.recv(1 << 20))
            code = b"200 OK" if b"".join(parts) == sent else b"400 Bad"
            connection.sendall(b"HTTP/1.1 " + code + b"\r\nContent-Length: 0\r\n\r\n")

    with serving(over_tls(certificate, behave)) as port:
        request = post(f"https://127.0.0.1:{port}/", sent, tls=Tls(ca=str(authority.file)))
        few = {"arrivals": constant("10/s"), "timeout": 20 * NS}
        table, _ = generate(job(request, connections=connections, **few), seconds=0.4)
    assert outcomes(table) == {"ok": 4}


def _tls(certificate: Certificate, port: int, authority: Authority) -> HttpRequest:
    return get(f"https://127.0.0.1:{port}/", tls=Tls(ca=str(authority.file)))


def test_records_may_come_in_any_pieces(certificate: Certificate, authority: Authority) -> None:
    """An answer in many records, the last of them a while later."""
    pieces = [HELLO[at : at + 9] for at in range(0, len(HELLO), 9)]
    with serving(over_tls(certificate, answers(*pieces))) as port:
        for connections in Connections:
            request = _tls(certificate, port, authority)
            table, _ = generate(job(request, connections=connections, timeout=5 * NS))
            assert outcomes(table) == {"ok": 10}


def test_an_answer_until_close_is_whole_only_if_tls_says_so(certificate: Certificate, authority: Authority) -> None:
    """Without an alert that ends it, it may have been cut off (RFC 9112 section 9.8)."""
    endless = b"HTTP/1.1 200 OK\r\n\r\nhello"

    def proper(connection: socket.socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        next(requests_on(connection))
        connection.sendall(endless)
        connection.unwrap()

    def cut(connection: socket.socket) -> None:
        next(requests_on(connection))
        connection.sendall(endless)
        connection.shutdown(socket.SHUT_RDWR)

    for behave, outcome in ((proper, "ok"), (cut, "reset")):
        with serving(over_tls(certificate, behave)) as port:
            table, _ = generate(job(_tls(certificate, port, authority)))
        assert outcomes(table) == {outcome: 10}


def test_what_goes_wrong_has_its_class(certificate: Certificate, authority: Authority) -> None:
    """No TLS at all, nobody there, an end or silence during the handshake, silence after it."""
    with serving(lambda connection: connection.recv(10) and connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")) as port:
        table, _ = generate(job(_tls(certificate, port, authority)))
    assert outcomes(table) == {"tls": 10}
    table, _ = generate(job(_tls(certificate, free_port(), authority)))
    assert outcomes(table) == {"refused": 10}
    with serving(lambda connection: connection.recv(10) and connection.shutdown(socket.SHUT_RDWR)) as port:
        table, _ = generate(job(_tls(certificate, port, authority)))
    assert outcomes(table) == {"reset": 10}
    with serving(silent) as port:
        table, _ = generate(job(_tls(certificate, port, authority), timeout=NS // 10))
    assert outcomes(table) == {"connect timeout": 10}
    with serving(over_tls(certificate, silent)) as port:
        table, _ = generate(job(_tls(certificate, port, authority), timeout=NS // 4))
    assert outcomes(table) == {"response timeout": 10}


def test_an_idle_connection_that_the_server_ends_is_not_used_again(
    certificate: Certificate, authority: Authority
) -> None:
    """Its end may come with the answer; further requests make connections of their own."""
    with serving(over_tls(certificate, answers(HELLO, close=True))) as port:
        request = _tls(certificate, port, authority)
        table, _ = generate(job(request, connections=Connections.KEEP_ALIVE))
    assert outcomes(table) == {"ok": 10}
    assert np.all(table.connect >= 0)


def test_an_address_is_not_sent_as_a_name(certificate: Certificate, authority: Authority) -> None:
    """RFC 6066 section 3: literal addresses are not permitted there."""
    names: list[str | None] = []
    with serving(over_tls(certificate, answers(HELLO), names=names)) as port:
        table, _ = generate(job(_tls(certificate, port, authority)))
    assert outcomes(table) == {"ok": 10}
    assert names == [None] * 10
