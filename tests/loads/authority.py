"""A certificate authority for tests, made by openssl(1), and servers with certificates of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.loads.servers import Behaviour

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate and of its key."""

    file: Path
    key: Path


class Authority:
    """Signs certificates; `file` is what clients are to trust."""

    def __init__(self, folder: Path, name: str = "Lab CA") -> None:
        self._folder = folder
        self.file, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl("req", "-x509", *_KEY, "-keyout", self._key, "-out", self.file, "-subj", f"/CN={name}", "-days", 2)

    def sign(self, *names: str) -> Certificate:
        """A certificate for names (`DNS:shop.example.com`) and addresses (`IP:127.0.0.1`)."""
        file, key = self._folder / "server.pem", self._folder / "server.key"
        signed = ["-CA", self.file, "-CAkey", self._key, "-addext", f"subjectAltName={','.join(names)}"]
        signed += ["-addext", "basicConstraints=critical,CA:FALSE"]
        _openssl("req", "-x509", *signed, *_KEY, "-keyout", key, "-out", file, "-subj", "/CN=server", "-days", 2)
        return Certificate(file, key)


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def over_tls(
    certificate: Certificate,
    behave: Behaviour,
    *,
    names: list[str | None] | None = None,
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> Behaviour:
    """A behaviour, over TLS up to a version; notes the names (SNI) that clients ask for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, newest
    if names is not None:
        context.sni_callback = lambda _socket, name, _context: names.append(name)

    def shake(connection: socket.socket) -> None:
        # what a client makes of the certificate is no concern of the server's
        with suppress(ssl.SSLError), context.wrap_socket(connection.dup(), server_side=True) as sealed:
            behave(sealed)

    return shake
