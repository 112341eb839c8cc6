"""A network interface in a namespace: its state, and what the kernel forgets when it goes down.

When an interface is set down the kernel drops its routes, its permanent neighbours and its IPv6 addresses, and
restores only what it had made itself when the interface is set up again (ip-route(8), ip-neighbour(8), the sysctl
keep_addr_on_down). Whoever takes a link down for a while has to put the rest back.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.netlink import Netlink, set_up
from chaoskit.kernel.tools import find_tool

_BY_HAND = ("unspec", "boot", "static")
"""Routes of these origins nobody else restores: the kernel makes its own again, a routing daemon its own."""

_METRICS = ("mtu", "advmss", "window", "cwnd", "initcwnd", "initrwnd", "hoplimit", "quickack")


@dataclass(frozen=True)
class LinkState:
    """One reading of an interface.

    Attributes:
        up: the flag IFF_UP: it has been set up.
        operstate: what the kernel makes of it (RFC 2863): `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN`, ...
    """

    up: bool
    operstate: str


def read_link(netns: Path, device: str) -> LinkState:
    """The state of an interface.

    Raises:
        LabError: there is no such interface.
    """
    (link,) = _ip_json(netns, ["link", "show", "dev", device])
    return LinkState("UP" in link["flags"], str(link["operstate"]))


def set_link(netns: Path, device: str, *, up: bool) -> None:
    """Set an interface up or down; by netlink, for several at nearly the same moment.

    Raises:
        LabError: there is no such interface, or the kernel refuses.
    """

    def change() -> None:
        with Netlink() as netlink:
            netlink.do([set_up(netlink.index(device), up=up)])

    try:
        in_network(netns, change)
    except OSError as error:
        raise LabError(f"{device} cannot be set {'up' if up else 'down'}: {error.strerror}") from error


def configured(netns: Path, device: str) -> tuple[str, ...]:
    """What would be lost if the interface went down, as the lines for `ip -batch` that put it back.

    Raises:
        LabError: it could not be read.
    """
    addresses = _ip_json(netns, ["-6", "address", "show", "dev", device, "scope", "global", "permanent"])
    routes = _ip_json(netns, ["-details", "route", "show", "table", "all", "dev", device])
    neighbours = _ip_json(netns, ["neighbour", "show", "dev", device, "nud", "permanent"])
    return (
        *_address_lines(addresses, device),
        *route_lines(routes, device),
        *(f"neighbour replace {n['dst']} lladdr {n['lladdr']} nud permanent dev {device}" for n in neighbours),
    )


def put_back(netns: Path, lines: Iterable[str]) -> None:
    """Run the lines that `configured` gave.

    Raises:
        LabError: the kernel refuses one; those before it are done.
    """
    batch = "\n".join(lines)
    if batch:
        _ip(netns, ["-batch", "-"], batch + "\n")


def route_lines(routes: Sequence[Mapping[str, Any]], device: str) -> tuple[str, ...]:
    """The commands that make these routes, read as JSON: on-link ones first, for gateways to be reachable by."""
    made_by_hand = [route for route in routes if route.get("protocol", "boot") in _BY_HAND]
    ordered = sorted(made_by_hand, key=lambda route: "gateway" in route or "via" in route)
    return tuple(" ".join(_route_words(route, device)) for route in ordered)


def _route_words(route: Mapping[str, Any], device: str) -> Iterator[str]:
    yield from ("route", "add", route.get("type", "unicast"), route["dst"])
    if "gateway" in route:
        yield from ("via", route["gateway"])
    if "via" in route:
        yield from ("via", route["via"]["family"], route["via"]["host"])
    yield from ("dev", device)
    for key, word in (("table", "table"), ("protocol", "proto"), ("scope", "scope"), ("prefsrc", "src")):
        if key in route:
            yield from (word, str(route[key]))
    if "metric" in route:
        yield from ("metric", str(route["metric"]))
    for metrics in route.get("metrics", []):
        for name in _METRICS:
            if name in metrics:
                yield from (name, str(metrics[name]))
    if "onlink" in route.get("flags", []):
        yield "onlink"


def _address_lines(links: Sequence[Mapping[str, Any]], device: str) -> Iterator[str]:
    for link in links:
        for address in link.get("addr_info", []):
            if "local" in address:
                yield f"address replace {address['local']}/{address['prefixlen']} dev {device} nodad"


def _ip_json(netns: Path, arguments: Sequence[str]) -> list[dict[str, Any]]:
    text = _ip(netns, ["-json", *arguments])
    listed: list[dict[str, Any]] = json.loads(text) if text.strip() else []
    return [item for item in listed if item]


def _ip(netns: Path, arguments: Sequence[str], stdin: str = "") -> str:
    try:
        done = run_in_network(netns, [find_tool("ip", "iproute2"), *arguments], stdin=stdin)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"ip {' '.join(arguments)} did not end within {error.timeout:g} s") from error
    if done.returncode != 0:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return done.stdout
