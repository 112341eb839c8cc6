"""The lab as a picture: hosts are rows grouped by region, networks are bars that their hosts hang from.

eu                 edge        eu
● client-eu ───────●.11
● lb-eu     ───────●.13────────●.3
● web-eu-1 ✕ ──────────────────●.11
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.report.charts.palette import Palette
from chaoskit.report.charts.panel import Key, legend
from chaoskit.report.markup import Markup, el, join

_ROW, _HEAD, _GAP, _NAME, _PITCH = 24, 36, 12, 150, 104
_MOST_ROWS = 60


@dataclass(frozen=True)
class _Row:
    """One host, or alike ones: their number is in the text."""

    host: HostInfo
    text: str
    hit: bool
    y: float


@dataclass(frozen=True)
class _Bar:
    network: Network
    x: float
    top: float
    bottom: float


def topology_picture(topology: Topology, hit: Mapping[str, str], palette: Palette) -> Markup:
    """The picture; `hit` names the hosts that faults changed, and the faults."""
    rows, heads, height = _rows(topology, hit)
    bars = _bars(topology, rows, heads)
    width = _NAME + _PITCH * (1 + max((round((bar.x - _NAME) / _PITCH) for bar in bars), default=0))
    drawn = [
        *(el("text", region, x=0, y=y, class_="region") for region, y in heads.items()),
        *(_bar(bar) for bar in bars),
        *(_host(row, bars, hit, palette) for row in rows),
    ]
    roles = list(dict.fromkeys(host.role for host in topology.hosts if host.role))
    keys = [Key(role, palette.role(role)) for role in roles]
    mark = el("span", el("b", "✕", class_="hit"), " hit by a fault", class_="legend") if hit else None
    label = (
        f"{len(topology.hosts)} hosts on {len(topology.networks)} networks; hit by faults: {', '.join(hit) or 'none'}"
    )
    svg = el(
        "svg",
        *drawn,
        viewBox=f"0 0 {width} {height:g}",
        role="img",
        aria_label=label,
        style=f"width:{width}px;min-width:{width * 3 // 4}px",
        class_="map",
    )
    caption = el("figcaption", el("b", f"Lab {topology.name}"), " ", legend(keys), mark)
    return el("figure", caption, el("div", svg, class_="scroll"), class_="topology")


def _rows(topology: Topology, hit: Mapping[str, str]) -> tuple[list[_Row], dict[str, float], float]:
    """Hosts by region from the top down, where each region's heading stands, and the height of it all."""
    regions: dict[str, list[HostInfo]] = {}
    for host in topology.hosts:
        regions.setdefault(host.region or "", []).append(host)
    rows: list[_Row] = []
    heads: dict[str, float] = {}
    y = 0.0
    for region in sorted(regions, key=lambda name: (name == "", name)):
        heads[region] = y + 13
        y += _HEAD
        for host, text, struck in _entries(regions[region], hit, fold=len(topology.hosts) > _MOST_ROWS):
            rows.append(_Row(host, text, struck, y + _ROW / 2))
            y += _ROW
        y += _GAP
    return rows, heads, y


def _entries(hosts: Sequence[HostInfo], hit: Mapping[str, str], *, fold: bool) -> Iterable[tuple[HostInfo, str, bool]]:
    """A row a host; in large labs a row for all hosts of one service on the same networks."""
    alike: dict[object, list[HostInfo]] = {}
    for host in hosts:
        key = (host.service, tuple(link.network for link in host.links)) if fold else host.name
        alike.setdefault(key, []).append(host)
    for group in alike.values():
        struck = sum(host.name in hit for host in group)
        text = group[0].name if len(group) == 1 else f"{group[0].service} × {len(group)}"
        yield group[0], text + (f" ({struck})" if struck and len(group) > 1 else ""), struck > 0


def _bars(topology: Topology, rows: Sequence[_Row], heads: Mapping[str, float]) -> list[_Bar]:
    """A bar a network, as long as its hosts' rows need; bars that do not meet share a column."""
    free: list[float] = []
    bars = []
    for network in topology.networks:
        at = [row.y for row in rows if any(link.network == network.name for link in row.host.links)]
        if not at:
            continue
        top = max((y for y in heads.values() if y <= at[0]), default=0) - 13
        column = next((i for i, bottom in enumerate(free) if bottom < top), len(free))
        free[column : column + 1] = [at[-1]]
        bars.append(_Bar(network, _NAME + 10 + column * _PITCH, top, at[-1] + 7))
    return bars


def _bar(bar: _Bar) -> Markup:
    return join(
        el("text", bar.network.name, x=bar.x - 2, y=bar.top + 13, class_="net"),
        el("text", bar.network.subnet, x=bar.x - 2, y=bar.top + 25, class_="subnet"),
        el("rect", x=bar.x - 2, y=bar.top + 30, width=4, height=bar.bottom - bar.top - 30, rx=2, class_="bar"),
    )


def own_part(link: Link) -> str:
    """What the subnet above the bar does not say of an address: `.10` on a /24, `.17.10` on a /23."""
    return "".join(f".{octet}" for octet in link.address.split(".")[min(3, link.prefix // 8) :])


def _host(row: _Row, bars: Sequence[_Bar], hit: Mapping[str, str], palette: Palette) -> Markup:
    by_network = {bar.network.name: bar for bar in bars}
    ends = [(by_network[link.network], own_part(link)) for link in row.host.links if link.network in by_network]
    colour = palette.role(row.host.role)
    reach = max((bar.x for bar, _ in ends), default=0)
    parts = [el("line", x1=_NAME - 6, x2=reach, y1=row.y, y2=row.y, class_="wire")] if ends else []
    for bar, address in ends:
        parts.append(el("circle", cx=bar.x, cy=row.y, r=4.5, fill=colour, class_="plug"))
        parts.append(el("text", address, x=bar.x + 8, y=row.y - 2, class_="address"))
    struck = "host hit" if row.hit else "host"
    about = f"{row.host.name}: {row.host.role or 'no role'}, {', '.join(row.host.addresses)}"
    title = about + (f"; hit by {hit[row.host.name]}" if row.host.name in hit else "")
    parts.append(el("circle", cx=6, cy=row.y, r=5, fill=colour))
    parts.append(el("text", row.text, el("tspan", " ✕") if row.hit else None, x=18, y=row.y + 4, class_=struck))
    return el("g", el("title", title), *parts)
