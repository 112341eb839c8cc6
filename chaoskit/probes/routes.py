"""`routes`: which way a host sends packets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from ipaddress import IPv4Address, IPv4Network

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.kernel.routes import Route, exactly, towards


@probe
def routes(host: ProbeHost, to: str) -> Reader:
    """The route to an address or a prefix, from the kernel's table.

    `{"prefix": "198.18.84.0/24", "kind": "unicast", "device": "wg0", "via": "", "protocol": "static", "metric": 20}`

    Of an address it is the route that a packet of the host itself would take now, by whatever table and rule. Of a
    prefix it is the main table's route for exactly this prefix, the one with the smallest metric. `kind` is
    `unicast`, `unreachable`, `blackhole`, `prohibit` or `none`; the other fields are empty where there is none, and
    of a refusal that a look-up meets the kernel says no more than its kind. `protocol` is who made it, as in
    ip-route(8): `kernel`, `static`, `bgp`, ...

    Args:
        host: whose table.
        to: an address, `198.18.84.10`, or a prefix, `198.18.84.0/24`.

    Raises:
        UsageError: it is neither.
    """
    target = _target(to)

    def read() -> Mapping[str, Json]:
        return asdict(_found(target))

    return read


def _found(target: IPv4Address | IPv4Network) -> Route:
    if isinstance(target, IPv4Address):
        return towards(target)
    return next(iter(exactly(target)), Route(str(target), "none"))


def _target(text: str) -> IPv4Address | IPv4Network:
    try:
        return IPv4Network(text) if "/" in text else IPv4Address(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no address and no prefix: {error}", remedy="Write 198.18.84.10, or 198.18.84.0/24."
        ) from None
