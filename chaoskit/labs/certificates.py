"""A certificate authority of a lab, and a certificate for each of its services, made by openssl(1).

    ca.pem  SERVICE.pem  SERVICE.key  ...

The authority's key is gone as soon as all is signed: nobody can make another certificate that clients of the lab
would trust. Made again, everything is new.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.topology import Topology

AUTHORITY = "ca.pem"
DAYS = 7
"""How long certificates hold, unless told: a lab is made for an afternoon."""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_READABLE = 0o644
"""Of keys as well: a daemon that is not root reads its own through a bind mount that has only this machine's owners."""


def certify(topology: Topology, folder: Path, days: int = DAYS) -> tuple[Path, ...]:
    """Make an authority, and a certificate with its key for every service, replacing those of before.

    A service's certificate holds for its name, the names and aliases of all its instances and their addresses
    (subjectAltName, RFC 5280 section 4.2.1.6), so that it holds however a client was told of it.

    Args:
        topology: of the lab.
        folder: where the files go; made if need be.
        days: from now, how long they hold.

    Returns:
        The files.

    Raises:
        LabError: openssl is not there or fails, or the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            return _make(topology, Path(made), folder, days)
    except OSError as error:
        raise LabError(f"cannot write certificates to {folder}: {error.strerror}") from error


def names_of(topology: Topology, service: str) -> tuple[str, ...]:
    """Names and addresses of a service's instances, as subjectAltName has them."""
    hosts = [host for host in topology.hosts if host.service == service]
    links = [link for link in topology.links if link.host in {host.name for host in hosts}]
    names = [service, *(host.name for host in hosts), *(alias for link in links for alias in link.aliases)]
    addresses = [address for host in hosts for address in host.addresses]
    return (*dict.fromkeys(f"DNS:{name}" for name in names), *dict.fromkeys(f"IP:{one}" for one in addresses))


def _make(topology: Topology, made: Path, folder: Path, days: int) -> tuple[Path, ...]:
    ca, key = made / AUTHORITY, made / "ca.key"
    _openssl("req", "-x509", *_KEY, "-keyout", key, "-out", ca, "-subj", "/CN=lab authority", "-days", days)
    signed = ["-CA", ca, "-CAkey", key, "-addext", "basicConstraints=critical,CA:FALSE", "-days", days]
    for service in sorted({host.service for host in topology.hosts}):
        names = ["-subj", f"/CN={service[:64]}", "-addext", f"subjectAltName={','.join(names_of(topology, service))}"]
        files = ["-keyout", made / f"{service}.key", "-out", made / f"{service}.pem"]
        _openssl("req", "-x509", *signed, *_KEY, *files, *names)
    key.unlink()
    return tuple(_moved(file, folder / file.name) for file in sorted(made.iterdir()))


def _moved(file: Path, to: Path) -> Path:
    file.chmod(_READABLE)
    return file.replace(to)


def _openssl(*words: object) -> None:
    try:
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=30, check=False)
    except FileNotFoundError:
        raise LabError("openssl is not there, which makes certificates", remedy="apt-get install openssl") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise LabError(f"openssl could not make a certificate: {last}", remedy="It takes openssl 3.0 or newer.")
